import Foundation
import TestSupport
import Testing
import ZooCore
import ZooData
import ZooHost
import ZooJobs
import ZooManifest
import ZooStore
import ZooTraining

/// A training run answers for what it was trained on, and for nothing else.
extension HarnessTests {
    private func train(_ laboratory: Laboratory, _ zoo: TinyZoo, dataset: String = "mnist", epochs: Int = 1) throws -> TrainingResult {
        try laboratory.train(
            zoo.manifest.entry("tiny"), dataset: dataset, seed: 0, epochs: epochs, restart: false, progress: SilentProgress())
    }

    @Test func dataOfTheSameNameAreOtherRuns() throws {
        let zoo = try TinyZoo(TinyZoo.smallBatches)
        let (a, b) = (zoo.folder.path + "/a", zoo.folder.path + "/b")
        try DigitFiles.write(to: a, seed: 1)
        try DigitFiles.write(to: b, seed: 2)
        let onA = try train(zoo.with(data: a), zoo)
        let onB = try train(zoo.with(data: b), zoo)
        #expect(onA.weights != onB.weights && onB.resumedFrom == 0 && onA.trainLoss != onB.trainLoss)
        let again = try train(zoo.with(data: a), zoo)
        #expect(again.weights == onA.weights && again.seconds == onA.seconds, "a finished run is found, not repeated")
        // Weights are those of a run on the data that are there.
        for (folder, run) in [(a, onA), (b, onB), (a, onA)] {
            let found = try zoo.with(data: folder).weights(zoo.manifest.entry("tiny"), dataset: "mnist", seed: 0)
            #expect(found.path == run.weights && found.checksum == run.conditions?.weights)
            #expect(!found.trainingData.isEmpty && found.trainingData == run.conditions?.trainingData)
        }
        // The same files elsewhere are the same data.
        let c = zoo.folder.path + "/c"
        try FileManager.default.copyItem(atPath: a, toPath: c)
        #expect(try train(zoo.with(data: c), zoo).weights == onA.weights)
        // On a third set nobody has trained: that is said, with the file that may have been meant.
        let d = zoo.folder.path + "/d"
        try DigitFiles.write(to: d, seed: 4)
        let error = #expect(throws: HostError.self) {
            try zoo.with(data: d).weights(zoo.manifest.entry("tiny"), dataset: "mnist", seed: 0)
        }
        #expect(error?.kind == .noInput && error?.message.contains("on other data of that name") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("\(SuggestedCommand.train("tiny", dataset: "mnist", seed: 0))") == true)
    }

    @Test func aRunThatWasInterruptedDoesNotGoOnOnOtherData() throws {
        let zoo = try TinyZoo(TinyZoo.smallBatches)
        let (a, b) = (zoo.folder.path + "/a", zoo.folder.path + "/b")
        try DigitFiles.write(to: a, seed: 1)
        try DigitFiles.write(to: b, seed: 2)
        #expect(throws: Interrupted.self) {
            try zoo.with(data: a).train(
                zoo.manifest.entry("tiny"), dataset: "mnist", seed: 0, epochs: 4, restart: false, progress: Impatient(images: 200))
        }
        Interrupt.clear()
        #expect(try train(zoo.with(data: b), zoo, epochs: 4).resumedFrom == 0)
        #expect(try train(zoo.with(data: a), zoo, epochs: 4).resumedFrom > 0)
    }

    @Test func dataThatChangeMakeAnotherRun() throws {
        let zoo = try TinyZoo(TinyZoo.smallBatches)
        let data = zoo.folder.path + "/data"
        try DigitFiles.write(to: data, seed: 1)
        var weights: Set<String> = [try train(zoo.with(data: data), zoo).weights]
        // More images, then other images in a file of the same size and time; then other test images.
        try DigitFiles.write(to: data, seed: 1, train: 128)
        #expect(weights.insert(try train(zoo.with(data: data), zoo).weights).inserted, "grown")
        try DigitFiles.changeUnseen(data + "/train-images-idx3-ubyte")
        #expect(weights.insert(try train(zoo.with(data: data), zoo).weights).inserted, "changed, with size and time as they were")
        try DigitFiles.changeUnseen(data + "/t10k-images-idx3-ubyte")
        #expect(weights.insert(try train(zoo.with(data: data), zoo).weights).inserted, "scores are of other test images")
        // One laboratory that lives on notices it, too.
        let laboratory = try zoo.with(data: data)
        let before = try train(laboratory, zoo)
        try DigitFiles.write(to: data, seed: 9)
        #expect(try train(laboratory, zoo).weights != before.weights)
    }

    @Test func runsCanBeMovedAndCopied() throws {
        let zoo = try TinyZoo(TinyZoo.smallBatches)
        let data = zoo.folder.path + "/data"
        try DigitFiles.write(to: data, seed: 1)
        let run = try train(zoo.with(data: data), zoo)
        let text = try String(contentsOfFile: (run.weights as NSString).deletingLastPathComponent + "/result.json", encoding: .utf8)
        #expect(!text.contains("/runs"), "nothing in the directory says where it lies")
        for index in 0..<2 {
            let place = zoo.folder.path + "/elsewhere-\(index)"
            if index == 0 {
                try FileManager.default.copyItem(atPath: zoo.folder.path + "/runs", toPath: place)
            } else {
                try FileManager.default.moveItem(atPath: zoo.folder.path + "/runs", toPath: place)
            }
            let found = try train(zoo.with(data: data, runs: place), zoo)
            #expect(found.weights.hasPrefix(place + "/") && found.seconds == run.seconds && found.trainLoss == run.trainLoss)
        }
        // Weights that are not the ones that the run ended with do not pass for them.
        let place = zoo.folder.path + "/elsewhere-1"
        let weights = try train(zoo.with(data: data, runs: place), zoo).weights
        try Data("short".utf8).write(to: URL(fileURLWithPath: weights))
        let error = #expect(throws: HostError.self) { try train(zoo.with(data: data, runs: place), zoo) }
        #expect(error?.kind == .data && error?.file == weights && error?.message.contains("\(ProgramOption.restart)") == true)
    }

    /// Of a run from before runs knew their data: its weights are taken where the data can have been no other, and refused elsewhere.
    @Test func earlierRunsAreTakenOrRefusedWithAWord() throws {
        let zoo = try TinyZoo()
        let (runs, data) = (zoo.folder.path + "/runs", zoo.folder.path + "/data")
        try FileManager.default.copyItem(atPath: Repository.fixture("earlier/runs").path, toPath: runs)
        try DigitFiles.write(to: data, seed: 1)
        let manifest = try Manifest(path: Repository.fixture("earlier/zoo.json").path)
        let laboratory = try Laboratory(host: zoo.host, manifest: manifest, dataDirectory: data, runs: runs)
        let entry = try manifest.entry("tiny")
        let drawn = try laboratory.weights(entry, dataset: "strokes?limit=64", seed: 0)
        #expect(drawn.path.hasPrefix(runs + "/strokes"))
        #expect(laboratory.hasWeights(entry, dataset: "mnist", seed: 0))
        let error = #expect(throws: HostError.self) { try laboratory.weights(entry, dataset: "mnist", seed: 0) }
        #expect(error?.kind == .noInput && error?.message.contains("from before runs knew their data") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(runs + "/mnist/tiny/seed-0-949bf95a/weights.safetensors") == true, "nothing is lost")
        // Training begins anew beside it, and says that it does.
        let planner = JobPlanner(laboratory: laboratory, store: nil, threads: EngineControl.threads)
        let plan = planner.training(of: [entry], on: ["mnist"], seeds: [0]) { try laboratory.recipe(of: $0, for: $1.name) }
        let said = planner.otherRuns(than: plan.jobs)
        #expect(said.count == 1 && said[0].contains("seed-0-949bf95a") && said[0].contains("from before"), "\(said)")
        let run = try laboratory.train(entry, dataset: "mnist", seed: 0, epochs: nil, restart: false, progress: SilentProgress())
        #expect(run.resumedFrom == 0 && !run.weights.contains("949bf95a"))
        #expect(FileManager.default.fileExists(atPath: runs + "/mnist/tiny/seed-0-949bf95a/weights.safetensors"))
        #expect(try laboratory.weights(entry, dataset: "mnist", seed: 0).path == run.weights)
    }

    /// However a data set is named, it is one: in training, in the store, in the search for weights.
    @Test func dataSetsHaveOneName() throws {
        let zoo = try TinyZoo(TinyZoo.smallBatches)
        let pictures = zoo.folder.path + "/pictures"
        let typed = "folder:\(pictures)?size=28&color=grey"
        let canonical = try DataSet.named(typed).name
        #expect(canonical != typed, "the test is of a name that is not canonical")
        try DigitFiles.pictures(to: pictures)
        let run = try train(zoo.with(), zoo, dataset: typed)
        #expect(run.dataset == canonical)
        #expect(try train(zoo.with(), zoo, dataset: canonical).seconds == run.seconds)
        for name in [typed, canonical] {
            #expect(try zoo.with().weights(zoo.manifest.entry("tiny"), dataset: name, seed: 0).path == run.weights)
        }
        let planner = JobPlanner(laboratory: try zoo.with(), store: nil, threads: EngineControl.threads)
        let jobs = [typed, canonical].map { name in
            planner.training(of: zoo.manifest.entries, on: [name], seeds: [0]) {
                try zoo.laboratory.recipe(of: $0, for: $1.name, epochs: 1)
            }.jobs[0]
        }
        #expect(jobs[0].id == jobs[1].id && jobs[0].subject.dataset == canonical && jobs[0].subject.trainedOn == canonical)
        let error = #expect(throws: HostError.self) {
            try zoo.with(runs: zoo.folder.path + "/none").weights(zoo.manifest.entry("tiny"), dataset: typed, seed: 5)
        }
        #expect(error?.message.contains("\(SuggestedCommand.train("tiny", dataset: canonical, seed: 5))") == true)
    }
}
