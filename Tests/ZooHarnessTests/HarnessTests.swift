import Foundation
import Testing
import ZooData
import ZooHarness
import ZooHost
import ZooKit
import ZooStore

private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

/// A folder that is removed with its last user.
private final class Folder {
    let path: String
    init() throws {
        path = NSTemporaryDirectory() + "/zoo-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A zoo with one tiny entry, so that a whole training run takes a second or two.
private struct TinyZoo {
    let folder: Folder
    let manifest: Manifest
    let laboratory: Laboratory

    init(_ change: (String) -> String = { $0 }, threads: Int? = nil) throws {
        folder = try Folder()
        let text = """
            {"version": 1, "entries": [{"id": "tiny", "architecture": "stn-input",
              "parts": {"extractor": {"id": "mnist-cnn", "config": {"width": 2}}, "localization": {"id": "fcn", "config": {"hidden": [4]}},
                        "transformer": {"id": "affine", "config": {"padding": "border"}}},
              "recipes": {"default": {"epochs": 2, "batch": 2000, "learning_rate": 0.05}}}]}
            """
        let path = folder.path + "/zoo.json"
        try change(text).write(toFile: path, atomically: true, encoding: .utf8)
        manifest = try Manifest(path: path)
        let host = try HostRuntime(searchPath: SearchPath(environment: [:]), threads: threads)
        laboratory = Laboratory(host: host, manifest: manifest, dataDirectory: nil, runs: folder.path + "/runs")
    }

    func train(_ progress: any ProgressListener = SilentProgress(), seed: UInt64 = 3, restart: Bool = false) throws -> TrainingResult {
        try laboratory.train(
            manifest.entry("tiny"), dataset: "strokes-rotated", seed: seed, epochs: nil, restart: restart, progress: progress)
    }

    func evaluate(weights: String? = nil, seed: UInt64 = 3, trainedOn: String? = nil) throws -> Evaluation {
        try laboratory.evaluate(
            manifest.entry("tiny"), dataset: "strokes-rotated", seed: seed, trainedOn: trainedOn, weights: weights,
            progress: SilentProgress())
    }
}

/// Asks to stop after so many images, as a user would with Ctrl-C.
private final class Impatient: ProgressListener {
    private var left: Int
    init(images: Int) { left = images }
    func begin(_ label: String, total: Int, unit: String) {}
    func advance(_ by: Int) {
        left -= by
        if left <= 0 { Interrupt.request() }
    }
    func note(_ text: String) {}
    func finish() {}
}

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
        #expect(throws: Interrupted.self) { try third.train(Impatient(images: 24_000)) }
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

    private func tensors(_ path: String) throws -> [String: Data] {
        let file = try SafetensorsFile(path: path)
        return Dictionary(uniqueKeysWithValues: try file.entries.map { ($0.name, Data(try file.bytes(of: $0.name))) })
    }

    @Test func evaluationFindsTheRunAndRepeats() throws {
        let zoo = try TinyZoo()
        let missing = #expect(throws: HostError.self) { try zoo.evaluate() }
        #expect(missing?.kind == .noInput)
        #expect(missing?.message.contains("zoo train tiny") == true)
        let run = try zoo.train()
        let evaluation = try zoo.evaluate()
        #expect(evaluation.upright == run.upright && evaluation.transformed == run.transformed)
        #expect(evaluation.weights == run.weights)
        #expect(evaluation.plugins.contains("libSTNInput.so"))
        #expect(evaluation.warnings.isEmpty)
        let initial = try zoo.evaluate(weights: "initial")
        #expect(initial.upright.error > 0.5, "untrained weights cannot know the digits")
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
            let error = #expect(throws: HostError.self, "\(what)") { try zoo.evaluate(weights: path) }
            #expect(error?.kind == .data)
            #expect(error?.message.contains(path) == true)
        }
        #expect(throws: HostError.self) { try zoo.evaluate(weights: path + ".missing") }

        // Weights of another network.
        let other = try TinyZoo { $0.replacingOccurrences(of: "\"width\": 2", with: "\"width\": 3") }
        let misfit = #expect(throws: HostError.self) { try other.evaluate(weights: run.weights) }
        #expect(misfit?.message.contains("extractor.conv1.weight") == true)

        // A manifest whose checksum is not that of the file.
        let tampered = try TinyZoo {
            $0.replacingOccurrences(
                of: "\"recipes\"",
                with:
                    "\"weights\": [{\"dataset\": \"strokes-rotated\", \"seed\": 3, \"file\": \"\(run.weights)\", \"sha256\": \"\(String(repeating: "0", count: 64))\"}], \"recipes\""
            )
        }
        let changed = #expect(throws: HostError.self) { try tampered.evaluate() }
        #expect(changed?.kind == .data)
        #expect(changed?.message.contains("checksum") == true)
    }

    @Test func aRunDirectoryThatCannotBeMadeIsSaidAtOnce() throws {
        let zoo = try TinyZoo()
        let laboratory = Laboratory(
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
        let error = #expect(throws: DataError.self) {
            try zoo.laboratory.evaluate(
                zoo.manifest.entry("tiny"), dataset: "stroks", seed: 0, trainedOn: nil, weights: "initial", progress: SilentProgress())
        }
        #expect(error?.description.contains("strokes") == true)
    }
}
