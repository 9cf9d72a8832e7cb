import Foundation
import TestSupport
import Testing
import ZooCore
import ZooHost
import ZooJobs
import ZooManifest
import ZooModelFiles
import ZooProbes
import ZooStore
import ZooTraining

/// What a result is filed under: what was found where it was loaded.
extension HarnessTests {
    private func jobs(
        _ laboratory: Laboratory, _ zoo: TinyZoo, weights: JobPlanner.Weights = .initial, seeds: [UInt64] = [0], images: Int? = nil
    ) throws -> [Job] {
        let plan = JobPlanner(laboratory: laboratory, store: nil, threads: EngineControl.threads).evaluation(
            of: [try zoo.manifest.entry("tiny")], on: ["mnist"], seeds: seeds, probes: [ErrorProbe()], weights: weights, images: images
        ).plan
        if let problem = plan.problems.first { throw problem }
        return plan.jobs
    }

    @Test func aResultSaysWhatItWasMadeWith() throws {
        let zoo = try TinyZoo()
        let data = zoo.folder.path + "/data"
        try DigitFiles.write(to: data, seed: 1)
        let runner = JobRunner(laboratory: try zoo.with(data: data))
        let job = try #require(try jobs(zoo.with(data: data), zoo).first)
        let found = try runner.run(job, progress: SilentProgress()).1
        #expect(found.plugins == job.conditions.plugins && found.plugins["libSTNInput.so"]?.count == 64)
        #expect(found.program.count == 64 && found.engineCode.count == 64 && found.engine.hasPrefix("libtorch"))
        #expect(found.data.count == 64 && found.images.count == 64 && found.data != found.images)
        #expect(try found.instructions == EngineControl.instructions())
        // The same images in other files are the same images; so are the same ones elsewhere. Fewer are not.
        let other = zoo.folder.path + "/other"
        try DigitFiles.write(to: other, seed: 1)
        let again = try #require(try jobs(zoo.with(data: other), zoo).first)
        #expect(again.id == job.id, "data are what is in the files")
        #expect(try JobRunner(laboratory: zoo.with(data: other)).run(again, progress: SilentProgress()).1.images == found.images)
        let part = try #require(try jobs(zoo.with(data: data), zoo, images: 20).first)
        #expect(try runner.run(part, progress: SilentProgress()).1.images != found.images)
        #expect(part.id != job.id)
    }

    @Test func dataReplacedAfterThePlanFailTheJob() throws {
        let zoo = try TinyZoo()
        let data = zoo.folder.path + "/data"
        try DigitFiles.write(to: data, seed: 1)
        let planned = try jobs(zoo.with(data: data), zoo)
        try DigitFiles.changeUnseen(data + "/t10k-images-idx3-ubyte")
        let error = #expect(throws: HostError.self) {
            try JobRunner(laboratory: zoo.with(data: data)).run(planned[0], progress: SilentProgress())
        }
        #expect(error?.kind == .data && error?.message.contains("as planned") == true, "\(error?.message ?? "")")
        let after = try jobs(zoo.with(data: data), zoo)
        #expect(after[0].id != planned[0].id)
        // Touched, and not changed: the same job.
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1e9)], ofItemAtPath: data + "/t10k-images-idx3-ubyte")
        #expect(try jobs(zoo.with(data: data), zoo)[0].id == after[0].id)
    }

    /// Remembered from one process to the next, and never by size and time alone.
    @Test func fingerprintsAreRememberedInTheStore() throws {
        let zoo = try TinyZoo()
        let data = zoo.folder.path + "/data"
        try DigitFiles.write(to: data, seed: 1)
        let store = try ResultStore(path: zoo.folder.path + "/results.sqlite")
        func plan() throws -> Job {
            let planner = JobPlanner(laboratory: try zoo.with(data: data), store: store, threads: 1)
            return try #require(
                planner.evaluation(
                    of: zoo.manifest.entries, on: ["mnist"], seeds: [0], probes: [ErrorProbe()], weights: .initial
                ).plan.jobs.first)
        }
        let before = try plan()
        try DigitFiles.changeUnseen(data + "/t10k-images-idx3-ubyte")
        let after = try plan()
        #expect(before.conditions.data != after.conditions.data && before.id != after.id)
    }

    @Test func aFileOfWeightsIsTakenAtItsWord() throws {
        let zoo = try TinyZoo {
            var text = TinyZoo.smallBatches($0)
            guard let end = text.range(of: "]}", options: .backwards) else { return text }
            text.replaceSubrange(
                end,
                with: """
                    , {"id": "twin", "architecture": "stn-input",
                      "parts": {"extractor": {"id": "mnist-cnn", "config": {"width": 2}}, "localization": {"id": "fcn", "config": {"hidden": [4]}},
                                "transformer": {"id": "affine", "config": {"padding": "border"}}}}]}
                    """)
            return text
        }
        let data = zoo.folder.path + "/data"
        try DigitFiles.write(to: data, seed: 1)
        let laboratory = try zoo.with(data: data)
        let file = try laboratory.train(
            zoo.manifest.entry("tiny"), dataset: "strokes?limit=64", seed: 3, epochs: 1, restart: false, progress: SilentProgress()
        ).weights
        func evaluate(_ entry: String, _ weights: JobPlanner.Weights) throws -> (subject: ResultSubject, warnings: [String]) {
            let plan = JobPlanner(laboratory: laboratory, store: nil, threads: EngineControl.threads).evaluation(
                of: [try zoo.manifest.entry(entry)], on: ["mnist"], seeds: [0], probes: [ErrorProbe()], weights: weights
            ).plan
            if let problem = plan.problems.first { throw problem }
            let job = try #require(plan.jobs.first)
            return (job.subject, try JobRunner(laboratory: laboratory).run(job, progress: SilentProgress()).0.warnings)
        }
        // Its metadata say on what it was trained, and from which seed.
        let own = try evaluate("tiny", .file(file))
        #expect(own.subject.trainedOn == "strokes?limit=64" && own.subject.seed == 3 && own.subject.origin == .given)
        #expect(own.warnings.contains { $0.contains("trained on strokes?limit=64, not on mnist") }, "\(own.warnings)")
        #expect(!own.warnings.contains { $0.contains("entry") })
        let stated = try evaluate("tiny", .file(file, trainedOn: "strokes?limit=64", seed: 3))
        #expect(!stated.warnings.contains { $0.contains(file) }, "what the user says, too, is no mismatch")
        // Of another entry: they fit, so they are measured, but not without a word.
        let twin = try evaluate("twin", .file(file))
        #expect(twin.warnings.contains { $0.contains("of the entry 'tiny', not 'twin'") }, "\(twin.warnings)")
        // The user is wrong.
        for wrong: JobPlanner.Weights in [.file(file, trainedOn: "mnist"), .file(file, seed: 4)] {
            let error = #expect(throws: HostError.self) { try evaluate("tiny", wrong) }
            #expect(error?.kind == .usage && error?.file == file, "\(error?.message ?? "")")
        }
        // It says nothing: neither does the zoo.
        let mute = zoo.folder.path + "/mute.safetensors"
        let tensors = try SafetensorsFile(path: file)
        try SafetensorsFile.write(
            tensors: tensors.entries.map { ($0.name, try tensors.tensor($0.name)) }, metadata: [:], to: mute)
        let silent = try evaluate("tiny", .file(mute))
        #expect(silent.subject.trainedOn == "unknown" && silent.subject.seed == 0)
        #expect(silent.warnings.count { $0.contains("do not say") } == 2, "\(silent.warnings)")
        #expect(try evaluate("tiny", .file(mute, trainedOn: "mnist")).subject.trainedOn == "mnist")
    }
}
