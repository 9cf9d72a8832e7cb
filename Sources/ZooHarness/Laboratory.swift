import Foundation
import ZooData
public import ZooHost
import ZooKit
import ZooStore

/// Where entries are trained and timed, all in the same way, and where their weights are found.
public struct Laboratory {
    /// Seed of the test images' transformations: one for all, so that every entry, trained from any seed, sees the same images.
    public static let testSeed: UInt64 = 0

    let host: HostRuntime
    let manifest: Manifest
    let dataDirectory: String?
    let runs: String

    /// - Parameters:
    ///   - dataDirectory: where MNIST's files are; nil for the environment's `ZOO_DATA`.
    ///   - runs: the directory of training runs.
    public init(host: HostRuntime, manifest: Manifest, dataDirectory: String?, runs: String) {
        self.host = host
        self.manifest = manifest
        self.dataDirectory = dataDirectory
        self.runs = runs
        EngineControl.flushDenormals()
    }

    // MARK: Training

    /// Trains an entry, going on from the last checkpoint of the same run if there is one; a finished run returns at once.
    ///
    /// - Parameters:
    ///   - epochs: instead of the recipe's.
    ///   - restart: forget the checkpoints and results of this very run.
    /// - Throws: `Interrupted` if asked to stop, `HostError` if the data are not there, `unavailable` if another process trains the same
    ///   run, `HostError` otherwise.
    public func train(
        _ entry: Entry, dataset: String, seed: UInt64, epochs: Int?, restart: Bool, progress: any ProgressListener
    ) throws -> TrainingResult {
        let dataSet = try DataSet.named(dataset)
        let identity = identity(entry, dataset: dataset, seed: seed, epochs: epochs)
        let recipe = identity.recipe
        let directory = try RunDirectory(root: runs, identity)
        if !restart, let result = finished(directory) { return result }
        let claim = try directory.claim()
        defer { withExtendedLifetime(claim) {} }
        if restart { try directory.remove() } else if let result = finished(directory) { return result }
        let images = try dataSet.load(.train, from: dataDirectory)
        let trainer = Trainer(
            host: host, entry: entry, dataSet: dataSet, images: images, identity: identity, directory: directory, progress: progress)
        let outcome = try trainer.run()
        let test = try dataSet.load(.test, from: dataDirectory)
        let evaluator = Evaluator(network: outcome.network, progress: progress)
        let upright = try evaluator.read(test, as: dataSet.upright)
        let transformed = dataSet.upright == dataSet ? nil : try evaluator.read(test, as: dataSet)
        let warnings = test.warnings + upright.warnings + (transformed?.warnings ?? [])
        let seconds = outcome.history.reduce(0) { $0 + $1.seconds }
        let errors = ["upright": upright.score.error, "transformed": transformed?.score.error].compactMapValues { $0 }
        try SafetensorsFile.write(
            tensors: outcome.network.parameters.entries.map { ($0.name, $0.tensor) },
            metadata: [
                "format": "stn-zoo weights 1", "entry": entry.id, "dataset": dataset, "seed": "\(seed)", "run": try identity.text(),
                "engine": EngineControl.described, "zoo": ZooVersion.current,
                "input": "\(ImageSize(shape: outcome.network.input))", "classes": "\(outcome.network.classes)",
                "error": errors.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "),
            ], to: directory.weights)
        let result = TrainingResult(
            entry: entry.id, dataset: dataset, seed: seed, epochs: recipe.epochs, recipe: recipe,
            trainLoss: outcome.history.last?.trainLoss ?? .nan,
            upright: upright.score, transformed: transformed?.score, seconds: seconds,
            imagesPerSecond: Double(outcome.imagesPerEpoch * outcome.history.count) / max(seconds, 1e-9), weights: directory.weights,
            resumedFrom: outcome.resumedFrom, plugins: outcome.network.files, warnings: warnings, history: outcome.history)
        try FileBytes.writeAtomically([try ResultCoding.encoder.encode(result)], to: directory.result)
        return result
    }

    /// What a finished run of that recipe says; nil if there is none.
    public func finishedRun(_ entry: Entry, dataset: String, seed: UInt64, epochs: Int?) throws -> TrainingResult? {
        try finished(RunDirectory(root: runs, identity(entry, dataset: dataset, seed: seed, epochs: epochs)))
    }

    private func finished(_ directory: RunDirectory) -> TrainingResult? {
        guard let data = FileManager.default.contents(atPath: directory.result),
            let result = try? ResultCoding.decoder.decode(TrainingResult.self, from: data),
            FileManager.default.fileExists(atPath: result.weights)
        else { return nil }
        return result
    }

    func identity(_ entry: Entry, dataset: String, seed: UInt64, epochs: Int?) -> RunIdentity {
        var recipe = entry.recipe(for: dataset)
        if let epochs { recipe.epochs = epochs }
        return RunIdentity(
            entry: entry.id, definition: entry.definition, dataset: dataset, seed: seed, recipe: recipe,
            precision: EngineControl.precision == .fp32 ? nil : EngineControl.precision)
    }

    // MARK: Weights

    /// Whether there are weights of that entry, from a finished run or shipped.
    public func hasWeights(_ entry: Entry, dataset: String, seed: UInt64) -> Bool {
        RunDirectory.newestWeights(root: runs, dataset: dataset, entry: entry.id, seed: seed) != nil
            || entry.weights.contains { $0.dataset == dataset && $0.seed == seed }
    }

    /// The weights of the newest finished run, else those of the manifest, with their SHA-256.
    ///
    /// - Throws: `noInput` if there are none, `data` if they are not as the manifest says.
    public func weights(_ entry: Entry, dataset: String, seed: UInt64) throws -> (path: String, checksum: String) {
        if let run = RunDirectory.newestWeights(root: runs, dataset: dataset, entry: entry.id, seed: seed) {
            return (run, try Checksum.sha256(ofFile: run))
        }
        guard let shipped = entry.weights.first(where: { $0.dataset == dataset && $0.seed == seed }) else {
            throw HostError(
                .noInput,
                "entry '\(entry.id)' has no weights for \(dataset), seed \(seed): train it with 'zoo train \(entry.id) --dataset \(dataset) --seed \(seed)'"
            )
        }
        let path = manifest.resolve(shipped.file)
        let found = try Checksum.sha256(ofFile: path)
        guard found == shipped.sha256 else {
            throw HostError(
                .data, "\(path): the checksum is \(found), \(manifest.path) says \(shipped.sha256): the file was changed or cut")
        }
        return (path, found)
    }

    // MARK: Timing

    /// Times training steps and evaluations of one batch, untrained weights, after `warmup` rounds of each.
    public func benchmark(_ entry: Entry, on subject: BenchmarkSubject, batch: Int, rounds: Int, warmup: Int) throws -> Timing {
        let (shape, classes, sample) = try subject.batch(batch, dataDirectory: dataDirectory)
        let network = try host.network(entry, input: shape, classes: classes, seed: 0)
        try network.parameters.convert(format: .channelsLast)
        var recipe = entry.recipe(for: subject.name)
        recipe.batch = batch
        let optimizer = try Optimizer(network.parameters, recipe)
        func time(_ body: () throws -> Void) throws -> [Double] {
            var list: [Double] = []
            for round in 0..<(warmup + rounds) {
                try Interrupt.check("the timing is incomplete")
                let start = ContinuousClock.now
                try body()
                if round >= warmup { list.append((ContinuousClock.now - start) / .milliseconds(1)) }
            }
            return list
        }
        try network.parameters.setTraining(true)
        let steps = try time { _ = try Trainer.step(network, optimizer, sample, learningRate: 1e-4) }
        try network.parameters.setTraining(false)
        let evaluations = try time { try withoutGradients { _ = try network.architecture.forward(sample.images).argmax(-1).integers() } }
        return Timing(entry: entry.id, batch: batch, threads: EngineControl.threads, trainStepMs: steps, evaluateMs: evaluations)
    }
}

/// The version of this code.
public enum ZooVersion {
    public static let current = "0.1.0"
}
