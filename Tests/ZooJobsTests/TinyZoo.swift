import Foundation
import TestSupport
import Testing
import ZooCore
import ZooHost
import ZooJobs
import ZooManifest
import ZooPlugins
import ZooProbes
import ZooStore
import ZooTraining

/// A zoo with one tiny entry and a part of the drawn digits, so that a whole training run takes a fraction of a second.
struct TinyZoo {
    /// How many images `dataset` has in each of its splits.
    static let images = 3000
    static let dataset = "strokes-rotated?limit=\(images)"

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
              "recipes": {"default": {"epochs": 2, "batch": 300, "learning_rate": 0.05}}}]}
            """
        let path = folder.path + "/zoo.json"
        try change(text).write(toFile: path, atomically: true, encoding: .utf8)
        manifest = try Manifest(path: path)
        host = try HostRuntime(searchPath: SearchPath(environment: [:]), threads: threads)
        laboratory = try Laboratory(host: host, manifest: manifest, dataDirectory: data, runs: folder.path + "/runs")
    }

    /// The recipe of a zoo for data sets of a hundred images.
    static func smallBatches(_ text: String) -> String { text.replacingOccurrences(of: "\"batch\": 300", with: "\"batch\": 32") }

    /// The same with its data elsewhere, or its runs.
    func with(data: String? = nil, runs: String? = nil) throws -> Laboratory {
        try Laboratory(host: host, manifest: manifest, dataDirectory: data, runs: runs ?? folder.path + "/runs")
    }

    func train(_ progress: any ProgressListener = SilentProgress(), seed: UInt64 = 3, restart: Bool = false) throws -> TrainingResult {
        try laboratory.train(
            manifest.entry("tiny"), dataset: Self.dataset, seed: seed, epochs: nil, restart: restart, progress: progress)
    }

    func plan(weights: JobPlanner.Weights = .trained(on: nil), dataset: String = Self.dataset, threads: Int? = nil) throws -> Plan {
        try JobPlanner(laboratory: laboratory, store: nil, threads: threads ?? EngineControl.threads).evaluation(
            of: [manifest.entry("tiny")], on: [dataset], seeds: [3], probes: [ErrorProbe()], weights: weights
        ).plan
    }

    func evaluate(weights: JobPlanner.Weights = .trained(on: nil), dataset: String = Self.dataset) throws -> (
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

/// Remembers every advance of training.
final class Counting: ProgressListener {
    private(set) var steps: [Int] = []
    func begin(_ label: String, total: Int, unit: String) {}
    func advance(_ by: Int) { steps.append(by) }
    func note(_ text: String) {}
    func finish() {}
}

extension Laboratory {
    /// With the entry's own recipe, or so many epochs of it.
    func train(
        _ entry: Entry, dataset: String, seed: UInt64, epochs: Int?, restart: Bool, progress: any ProgressListener
    ) throws -> TrainingResult {
        try train(
            entry, dataset: dataset, seed: seed, recipe: recipe(of: entry, for: dataset, epochs: epochs), restart: restart,
            progress: progress)
    }
}
