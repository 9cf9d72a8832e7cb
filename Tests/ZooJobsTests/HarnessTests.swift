import Foundation
import TestSupport
import Testing
import ZooCore
import ZooHost
import ZooJobs
import ZooKit
import ZooManifest
import ZooModelFiles
import ZooPlugins
import ZooProbes
import ZooStore
import ZooTraining

@Suite(.serialized) struct HarnessTests {
    @Test func trainingIsDeterministicAndAnInterruptedRunEndsInTheSameBits() throws {
        let (first, second, third) = (try TinyZoo(), try TinyZoo(), try TinyZoo())
        let whole = try first.train()
        #expect(whole.history.count == 2 && whole.resumedFrom == 0)
        #expect(whole.history[1].trainLoss < whole.history[0].trainLoss)
        let again = try second.train()
        let a = try Data(contentsOf: URL(fileURLWithPath: whole.weights))
        #expect(try tensors(whole.weights) == tensors(again.weights), "two runs of the same seed differ")

        // The stop comes in the second of two epochs.
        #expect(throws: Interrupted.self) { try third.train(Impatient(images: 3 * TinyZoo.images / 2)) }
        Interrupt.clear()
        let resumed = try third.train()
        #expect(resumed.resumedFrom == 1)
        #expect(try tensors(resumed.weights) == tensors(whole.weights), "the interrupted run ended in other bits")
        #expect(resumed.upright == whole.upright && resumed.transformed == whole.transformed)

        // Finished: nothing is done again. Another seed: another result.
        #expect(try first.train().seconds == whole.seconds)
        #expect(try Data(contentsOf: URL(fileURLWithPath: whole.weights)) == a)
        #expect(try tensors(first.train(seed: 4).weights) != tensors(whole.weights))
    }

    /// Wherever in an epoch it stops: with batch norm, whose statistics follow every step, and dropout, which draws in each.
    @Test(arguments: [1, 3, 9, 10, 14]) func aRunThatStopsWithinAnEpochGoesOnThere(_ steps: Int) throws {
        func zoo() throws -> TinyZoo {
            try TinyZoo {
                $0.replacingOccurrences(
                    of: #"{"id": "mnist-cnn", "config": {"width": 2}}"#,
                    with: #"{"id": "small-cnn", "config": {"widths": [2, 2, 2, 2], "hidden": 8, "dropout": 0.5}}"#)
            }
        }
        let (first, second) = (try zoo(), try zoo())
        let whole = try first.train()
        #expect(throws: Interrupted.self) { try second.train(Impatient(images: steps * 300)) }
        Interrupt.clear()
        let count = Counting()
        let resumed = try second.train(count)
        #expect(try tensors(resumed.weights) == tensors(whole.weights), "stopped after \(steps) steps, it ended in other bits")
        #expect(resumed.history.map(\.trainLoss) == whole.history.map(\.trainLoss))
        // What was trained before the stop is passed over in one go.
        #expect(count.steps.filter { $0 == 300 }.count >= 20 - steps)
        #expect(count.steps.first == (steps % 10 == 0 ? 300 : steps % 10 * 300))
    }

    /// So that `zoo train --jobs` may share out the cores as it likes.
    @Test func trainingEndsInTheSameBitsWithOneThreadAndWithTwo() throws {
        try EngineControl.start()
        let before = EngineControl.threads
        defer { try? EngineControl.start(threads: before) }
        let weights = try (1...2).map { threads in
            let zoo = try TinyZoo(threads: threads)
            return try tensors(zoo.train().weights)
        }
        #expect(weights[0] == weights[1])
    }

    private func tensors(_ path: String) throws -> [String: Data] {
        let file = try SafetensorsFile(path: path)
        return Dictionary(uniqueKeysWithValues: try file.entries.map { ($0.name, Data(try file.bytes(of: $0.name))) })
    }

    @Test func evaluationFindsTheRunAndRepeats() throws {
        let zoo = try TinyZoo()
        let missing = #expect(throws: HostError.self) { try zoo.evaluate() }
        #expect(missing?.kind == .noInput)
        #expect(missing?.message.contains("train 'tiny' on") == true)
        let run = try zoo.train()
        let (job, measured) = try zoo.evaluate()
        #expect(measured["error.upright"] == run.upright.error && measured["loss.upright"] == run.upright.loss)
        #expect(measured["error.transformed"] == run.transformed?.error && measured["loss.transformed"] == run.transformed?.loss)
        #expect(job.subject.weights == run.weights)
        #expect(job.conditions.plugins.keys.contains("libSTNInput.so"))
        #expect(measured.warnings.isEmpty)
        guard case .integers(let right)? = measured.samples("transformed.correct") else { return #expect(Bool(false), "no samples") }
        #expect(right.count == TinyZoo.images)
        #expect(measured["error.transformed"] == Double(right.count { $0 == 0 }) / Double(TinyZoo.images))
        let initial = try zoo.evaluate(weights: .initial).1
        #expect((initial["error.upright"] ?? 0) > 0.5, "untrained weights cannot know the digits")
    }

    @Test func aJobIsNamedAfterAllThatDecidesIt() throws {
        let zoo = try TinyZoo()
        let plain = try zoo.plan(weights: .initial).jobs.map(\.id)
        #expect(plain.count == 1 && plain[0].count == 64)
        #expect(try TinyZoo().plan(weights: .initial).jobs.map(\.id) == plain, "the same in another folder")
        // A default written out is the same network, but not the same definition; a changed one is another network.
        let changed = try TinyZoo { $0.replacingOccurrences(of: "\"width\": 2", with: "\"width\": 3") }
        #expect(try changed.plan(weights: .initial).jobs.map(\.id) != plain)
        #expect(try zoo.plan(weights: .initial, dataset: "strokes").jobs.map(\.id) != plain)
        #expect(try zoo.plan(weights: .initial, threads: 7).jobs.map(\.id) != plain)
        let run = try zoo.train()
        let trained = try zoo.plan()
        #expect(trained.jobs.map(\.id) != plain)
        // Weights that change after the plan was made are not what the job is about.
        try Data("other".utf8).write(to: URL(fileURLWithPath: run.weights))
        let error = #expect(throws: HostError.self) {
            try JobRunner(laboratory: zoo.laboratory).run(trained.jobs[0], progress: SilentProgress())
        }
        #expect(error?.kind == .data && error?.message.contains("changed") == true)
    }

    @Test func partsOfAPlanAreThePlan() throws {
        let zoo = try TinyZoo()
        let plan = try JobPlanner(laboratory: zoo.laboratory, store: nil, threads: 1).evaluation(
            of: [zoo.manifest.entry("tiny")], on: ["strokes", "strokes-rotated"], seeds: Array(0..<5), probes: [ErrorProbe()],
            weights: .initial
        ).plan
        #expect(Set(plan.jobs.map(\.id)).count == 10)
        let parts = (1...3).map { plan.shard($0, of: 3).jobs.map(\.id) }
        #expect(parts.allSatisfy { (3...4).contains($0.count) })
        #expect(parts.flatMap { $0 }.sorted() == plan.jobs.map(\.id).sorted())
    }

    @Test func wrongWeightsAreRefused() throws {
        let zoo = try TinyZoo()
        let run = try zoo.train()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: run.weights))
        let path = zoo.folder.path + "/weights.safetensors"
        for (what, data) in [
            ("cut", bytes.prefix(bytes.count / 2)), ("empty", Data()), ("a text", Data("hello".utf8)),
            ("a lying header", Data([255, 255, 255, 255, 255, 255, 255, 127]) + bytes.dropFirst(8)),
        ] {
            try data.write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: HostError.self, "\(what)") { try zoo.evaluate(weights: .file(path)) }
            #expect(error?.kind == .data)
            #expect(error?.message.contains(path) == true)
        }
        #expect(throws: HostError.self) { try zoo.evaluate(weights: .file(path + ".missing")) }

        // Weights of another network.
        let other = try TinyZoo { $0.replacingOccurrences(of: "\"width\": 2", with: "\"width\": 3") }
        let misfit = #expect(throws: HostError.self) { try other.evaluate(weights: .file(run.weights)) }
        #expect(misfit?.message.contains("extractor.conv1.weight") == true)

        // A manifest whose checksum is not that of the file.
        let tampered = try TinyZoo {
            $0.replacingOccurrences(
                of: "\"recipes\"",
                with:
                    "\"weights\": [{\"dataset\": \"\(TinyZoo.dataset)\", \"seed\": 3, \"file\": \"\(run.weights)\", \"sha256\": \"\(String(repeating: "0", count: 64))\"}], \"recipes\""
            )
        }
        let changed = #expect(throws: HostError.self) { try tampered.evaluate() }
        #expect(changed?.kind == .data)
        #expect(changed?.message.contains("checksum") == true)
    }

    @Test func aRunDirectoryThatCannotBeMadeIsSaidAtOnce() throws {
        let zoo = try TinyZoo()
        let laboratory = try Laboratory(
            host: try HostRuntime(searchPath: SearchPath(environment: [:])), manifest: zoo.manifest, dataDirectory: nil,
            runs: "/proc/nowhere")
        let error = #expect(throws: HostError.self) {
            try laboratory.train(
                zoo.manifest.entry("tiny"), dataset: "strokes", seed: 0, epochs: nil, restart: false, progress: SilentProgress())
        }
        #expect(error?.kind == .cantCreate)
    }

    @Test func unknownDataSetsAreNamed() throws {
        let zoo = try TinyZoo()
        let error = #expect(throws: HostError.self) {
            try zoo.evaluate(weights: .initial, dataset: "stroks")
        }
        #expect(error?.description.contains("strokes") == true)
    }
}
