import Foundation
import TestSupport
import Testing
import ZooData
import ZooHarness
import ZooHost
import ZooStore

/// A zoo with one tiny entry, so that a whole training run takes a second or two.
struct TinyZoo {
    let folder: TemporaryDirectory
    let manifest: Manifest
    let laboratory: Laboratory
    let host: HostRuntime

    init(_ change: (String) -> String = { $0 }, threads: Int? = nil, data: String? = nil) throws {
        folder = try TemporaryDirectory()
        let text = """
            {"version": 1, "entries": [{"id": "tiny", "architecture": "stn-input",
              "parts": {"extractor": {"id": "mnist-cnn", "config": {"width": 2}}, "localization": {"id": "fcn", "config": {"hidden": [4]}},
                        "transformer": {"id": "affine", "config": {"padding": "border"}}},
              "recipes": {"default": {"epochs": 2, "batch": 2000, "learning_rate": 0.05}}}]}
            """
        let path = folder.path + "/zoo.json"
        try change(text).write(toFile: path, atomically: true, encoding: .utf8)
        manifest = try Manifest(path: path)
        host = try HostRuntime(searchPath: SearchPath(environment: [:]), threads: threads)
        laboratory = try Laboratory(host: host, manifest: manifest, dataDirectory: data, runs: folder.path + "/runs")
    }

    /// The same with its data elsewhere, or its runs.
    func with(data: String? = nil, runs: String? = nil) throws -> Laboratory {
        try Laboratory(host: host, manifest: manifest, dataDirectory: data, runs: runs ?? folder.path + "/runs")
    }

    func train(_ progress: any ProgressListener = SilentProgress(), seed: UInt64 = 3, restart: Bool = false) throws -> TrainingResult {
        try laboratory.train(
            manifest.entry("tiny"), dataset: "strokes-rotated", seed: seed, epochs: nil, restart: restart, progress: progress)
    }

    func plan(weights: JobPlanner.Weights = .trained(on: nil), dataset: String = "strokes-rotated", threads: Int? = nil) throws -> Plan {
        try JobPlanner(laboratory: laboratory, store: nil, threads: threads ?? EngineControl.threads).evaluation(
            of: [manifest.entry("tiny")], on: [dataset], seeds: [3], probes: [ErrorProbe()], weights: weights
        ).plan
    }

    func evaluate(weights: JobPlanner.Weights = .trained(on: nil), dataset: String = "strokes-rotated") throws -> (
        Job, ZooStore.Measurement
    ) {
        let plan = try plan(weights: weights, dataset: dataset)
        if let problem = plan.problems.first { throw problem }
        let job = try #require(plan.jobs.first)
        return (job, try JobRunner(laboratory: laboratory).run(job, progress: SilentProgress()).0)
    }
}

/// Asks to stop after so many images, as a user would with Ctrl-C.
final class Impatient: ProgressListener {
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
