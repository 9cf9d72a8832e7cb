import Foundation
import ZooData
public import ZooHost
import ZooKit
import ZooStore

/// Where entries are trained and measured, all in the same way.
public struct Laboratory {
    /// Seed of the test images' transformations: one for all, so that every entry, trained from any seed, sees the same images.
    public static let testSeed: UInt64 = 0

    private let host: HostRuntime
    private let manifest: Manifest
    private let dataDirectory: String?
    private let runs: String
    private let cache: EvaluationCache

    /// - Parameters:
    ///   - dataDirectory: where MNIST's files are; nil for the environment's `ZOO_DATA`.
    ///   - runs: the directory of training runs.
    ///   - results: the directory where evaluations are remembered.
    public init(host: HostRuntime, manifest: Manifest, dataDirectory: String?, runs: String, results: String = "results") {
        self.host = host
        self.manifest = manifest
        self.dataDirectory = dataDirectory
        self.runs = runs
        cache = EvaluationCache(directory: results)
        EngineControl.flushDenormals()
    }

    // MARK: Training

    /// Trains an entry, going on from the last checkpoint of the same run if there is one; a finished run returns at once.
    ///
    /// - Parameters:
    ///   - epochs: instead of the recipe's.
    ///   - restart: forget the checkpoints and results of this very run.
    /// - Throws: `Interrupted` if asked to stop, `DataError` if the data are not there, `HostError` otherwise.
    public func train(
        _ entry: Entry, dataset: String, seed: UInt64, epochs: Int?, restart: Bool, progress: any ProgressListener
    ) throws -> TrainingResult {
        let dataSet = try DataSet.named(dataset)
        var recipe = entry.recipe(for: dataset)
        if let epochs { recipe.epochs = epochs }
        let identity = RunIdentity(entry: entry.id, definition: entry.definition, dataset: dataset, seed: seed, recipe: recipe)
        let directory = try RunDirectory(root: runs, identity)
        if restart { try directory.remove() }
        if let data = FileManager.default.contents(atPath: directory.result),
            let result = try? ResultCoding.decoder.decode(TrainingResult.self, from: data),
            FileManager.default.fileExists(atPath: result.weights)
        {
            return result
        }
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
                "engine": Engine.name, "zoo": ZooVersion.current,
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

    // MARK: Evaluation

    /// Measures an entry on the upright and the transformed test images of a data set.
    ///
    /// - Parameters:
    ///   - seed: of the training run whose weights are wanted.
    ///   - trainedOn: the data set of that run; nil for `dataset` itself.
    ///   - weights: a file, or "initial" for untrained weights; nil for the newest finished run, else those of the manifest.
    ///   - fresh: measure even what is remembered.
    /// - Throws: `noInput` if there are no weights, `data` if they are not as the manifest says or do not fit.
    public func evaluate(
        _ entry: Entry, dataset: String, seed: UInt64, trainedOn: String?, weights: String?, fresh: Bool = false,
        progress: any ProgressListener
    ) throws -> Evaluation {
        let dataSet = try DataSet.named(dataset)
        let source = try DataSet.named(trainedOn ?? dataset).name
        let file = try weights ?? findWeights(entry, dataset: source, seed: seed)
        let key = try cacheKey(entry, dataSet, seed: seed, trainedOn: source, weights: file)
        if !fresh, let key, var known = try cache.find(key) {
            known.remembered = true
            return known
        }
        let test = try dataSet.load(.test, from: dataDirectory)
        let network = try host.network(
            entry, input: dataSet.shape(of: test), classes: test.classes.count, seed: seed)
        if file != "initial" { try SafetensorsFile(path: file).load(into: network.parameters) }
        try network.parameters.convert(format: .channelsLast)
        let evaluator = Evaluator(network: network, progress: progress)
        let start = ContinuousClock.now
        let upright = try evaluator.read(test, as: dataSet.upright)
        let transformed = dataSet.upright == dataSet ? nil : try evaluator.read(test, as: dataSet)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let images = upright.score.count + (transformed?.score.count ?? 0)
        let warnings = test.warnings + upright.warnings + (transformed?.warnings ?? [])
        let evaluation = Evaluation(
            entry: entry.id, dataset: dataset, seed: seed, trainedOn: source, weights: file, upright: upright.score,
            transformed: transformed?.score,
            parameters: network.parameters.count, imagesPerSecond: Double(images) / max(seconds, 1e-9), plugins: network.files,
            threads: EngineControl.threads, engine: Engine.name, warnings: warnings)
        if let key { try cache.keep(evaluation, key) }
        return evaluation
    }

    /// nil where not everything that decides the result is known: the contents of data that lie outside the program.
    private func cacheKey(_ entry: Entry, _ dataSet: DataSet, seed: UInt64, trainedOn: String, weights: String) throws -> EvaluationCache
        .Key?
    {
        guard dataSet.source == .strokes else { return nil }
        let trained = weights == "initial" ? [] : [try Checksum.sha256(ofFile: weights)]
        let loaded = try (host.resolve(entry).files + ["/proc/self/exe", EngineControl.enginePath]).map(cache.checksum(ofLoaded:))
        return EvaluationCache.Key(
            entry: entry.id, definition: entry.definition, dataset: dataSet.name, trainedOn: trainedOn, weights: weights,
            engine: Engine.name,
            seed: seed, threads: EngineControl.threads, contents: trained + loaded)
    }

    /// Whether there are weights of that entry, from a finished run or shipped.
    public func hasWeights(_ entry: Entry, dataset: String, seed: UInt64) -> Bool {
        RunDirectory.newestWeights(root: runs, dataset: dataset, entry: entry.id, seed: seed) != nil
            || entry.weights.contains { $0.dataset == dataset && $0.seed == seed }
    }

    private func findWeights(_ entry: Entry, dataset: String, seed: UInt64) throws -> String {
        if let run = RunDirectory.newestWeights(root: runs, dataset: dataset, entry: entry.id, seed: seed) { return run }
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
        return path
    }

    // MARK: Timing

    /// Times training steps and evaluations of one batch, untrained weights, after `warmup` rounds of each.
    public func benchmark(_ entry: Entry, dataset: String, batch: Int, rounds: Int, warmup: Int) throws -> Timing {
        let dataSet = try DataSet.named(dataset)
        let images = try dataSet.load(.train, from: dataDirectory)
        let network = try host.network(
            entry, input: dataSet.shape(of: images), classes: images.classes.count, seed: 0)
        try network.parameters.convert(format: .channelsLast)
        var recipe = entry.recipe(for: dataset)
        recipe.batch = batch
        let optimizer = try Optimizer(network.parameters, recipe)
        let sample = try BatchLoader(images, of: dataSet, split: .train, batchSize: batch, seed: 0).batch(0)
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
