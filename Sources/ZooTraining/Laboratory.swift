import Foundation
public import ZooCore
public import ZooData
public import ZooHost
import ZooKit
public import ZooManifest
import ZooModelFiles
import ZooProbes

/// Where entries are trained and timed, all in the same way, and where their weights are found.
public struct Laboratory {
    package let host: HostRuntime
    package let manifest: Manifest
    /// The data sets that the manifest knows.
    public let dataSets: DataSetCatalogue
    package let dataDirectory: String?
    package let runs: String
    package let fingerprints = Fingerprints()
    /// A directory for events that TensorBoard reads; nil: none are written.
    public var tensorBoard: String?

    /// - Parameters:
    ///   - dataDirectory: the directory of data sets; nil for the environment's `ZOO_DATA` or a usual place.
    ///   - runs: the directory of training runs.
    /// - Throws: `config` if the manifest describes a data set wrongly.
    public init(host: HostRuntime, manifest: Manifest, dataDirectory: String?, runs: String) throws {
        self.host = host
        self.manifest = manifest
        dataSets = try DataSetCatalogue(manifest)
        self.dataDirectory = dataDirectory
        self.runs = runs
        EngineControl.flushDenormals()
    }

    /// The data set that is taken where none is named.
    public func defaultDataSet() throws -> DataSet { try dataSets.defaultDataSet(in: dataDirectory) }

    /// The names that are given, or the default's where none is.
    public func names(_ given: [String]) throws -> [String] { given.isEmpty ? [try defaultDataSet().name] : given }

    // MARK: Training

    /// Trains an entry, going on from the last checkpoint of the same run if there is one; a finished run returns at once.
    ///
    /// - Parameters:
    ///   - recipe: how it is trained; see `recipe(of:for:epochs:)`.
    ///   - restart: forget the checkpoints and results of this very run.
    /// - Throws: `Interrupted` if asked to stop, `unavailable` if another process trains the same run, `data` if what
    ///   it is made with changes meanwhile or is not what its checkpoint was made with; otherwise what went wrong.
    public func train(
        _ entry: Entry, dataset: String, seed: UInt64, recipe: Recipe, restart: Bool, progress: any ProgressListener
    ) throws -> TrainingResult {
        let dataSet = try dataSets.named(dataset)
        let identity = try identity(entry, on: dataSet, seed: seed, recipe: recipe)
        let directory = try RunDirectory(root: runs, identity)
        if !restart, let result = try finished(directory, identity) { return result }
        let claim = try directory.claim()
        defer { withExtendedLifetime(claim) {} }
        if restart { try directory.remove() } else if let result = try finished(directory, identity) { return result }
        let images = try load(dataSet, .train, sealed: identity.data)
        let trainer = Trainer(
            host: host, entry: entry, dataSet: dataSet, images: images, identity: identity, directory: directory, progress: progress,
            tensorBoard: tensorBoard)
        let outcome = try trainer.run()
        let test = try load(dataSet, .test, sealed: identity.testData)
        let evaluator = Evaluator(network: outcome.network, progress: progress)
        let upright = try evaluator.read(test, as: dataSet.upright)
        let transformed = dataSet.upright == dataSet ? nil : try evaluator.read(test, as: dataSet)
        let ofImages = images.warnings + test.warnings.filter { !images.warnings.contains($0) }
        let warnings = ofImages + upright.warnings + (transformed?.warnings ?? [])
        let seconds = outcome.history.reduce(0) { $0 + $1.seconds }
        let errors = ["upright": upright.score.error, "transformed": transformed?.score.error].compactMapValues { $0 }
        try SafetensorsFile.write(
            tensors: outcome.network.parameters.entries.map { ($0.name, $0.tensor) },
            metadata: [
                "format": "stn-zoo weights 1", "entry": entry.id, "dataset": dataSet.name, "seed": "\(seed)", "run": try identity.text(),
                "engine": EngineControl.described, "zoo": ZooVersion.current,
                "input": "\(ImageSize(shape: outcome.network.input))", "classes": "\(outcome.network.classes)",
                "error": errors.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "),
            ], to: directory.weights)
        var conditions = try Conditions.here(fingerprints)
        conditions.plugins = outcome.plugins
        conditions.weights = try Checksum.sha256(ofFile: directory.weights)
        (conditions.data, conditions.trainingData) = (identity.testData ?? "", identity.data ?? "")
        conditions.images = try dataSet.fingerprint(of: test, split: .test, seed: TestImages.seed)
        let result = TrainingResult(
            entry: entry.id, dataset: dataSet.name, seed: seed, epochs: recipe.epochs, recipe: recipe,
            trainLoss: outcome.history.last?.trainLoss ?? .nan,
            upright: upright.score, transformed: transformed?.score, seconds: seconds,
            imagesPerSecond: Double(outcome.imagesPerEpoch * outcome.history.count) / max(seconds, 1e-9), weights: directory.weights,
            resumedFrom: outcome.resumedFrom, plugins: outcome.network.files, warnings: warnings, history: outcome.history,
            run: try identity.text(), conditions: conditions,
            date: Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        try FileBytes.writeAtomically([try ResultCoding.encoder.encode(result.withoutPlace)], to: directory.result)
        try outcome.log?.add(result)
        return result
    }

    /// The images of a split, which must be those that the run is about.
    ///
    /// - Throws: `data` if the files behind them are not, or change while they are read.
    private func load(_ dataSet: DataSet, _ split: Split, sealed content: String?) throws -> ImageSet {
        try fingerprints.loading(dataSet, split, in: dataDirectory, content: content ?? "") {
            try dataSet.load(split, from: dataDirectory)
        }
    }

    /// The result of a finished run of that recipe; nil if there is none.
    ///
    /// - Parameter threads: the number of threads of the engine in the process that trains.
    public func finishedRun(
        _ entry: Entry, dataset: String, seed: UInt64, recipe: Recipe, threads: Int? = nil
    ) throws -> TrainingResult? {
        let identity = try identity(entry, on: dataSets.named(dataset), seed: seed, recipe: recipe, threads: threads)
        return try finished(RunDirectory(root: runs, identity), identity)
    }

    /// - Throws: `data` if its weights are not the ones that it ended with.
    private func finished(_ directory: RunDirectory, _ identity: RunIdentity) throws -> TrainingResult? {
        guard let result = directory.finished, result.run == (try identity.text()), let conditions = result.conditions,
            conditions.plugins.allSatisfy({ identity.plugins?[$0.key] ?? host.checksum(named: $0.key) == $0.value })
        else { return nil }
        let found = try Checksum.sha256(ofFile: directory.weights)
        guard found == conditions.weights else {
            throw HostError(
                .data, file: directory.weights, field: "SHA-256", expected: "\(conditions.weights), as when the run ended",
                found: "\(found); train with \(ProgramOption.restart) to begin anew")
        }
        return result
    }

    package func identity(_ entry: Entry, on dataSet: DataSet, seed: UInt64, recipe: Recipe, threads: Int? = nil) throws -> RunIdentity {
        RunIdentity(
            entry, try EntryCode(entry, host: host), dataset: dataSet.name,
            data: try fingerprints.seal(of: dataSet, [.train], in: dataDirectory),
            testData: try fingerprints.seal(of: dataSet, [.test], in: dataDirectory), seed: seed, recipe: recipe,
            conditions: try Conditions.here(fingerprints, threads: threads))
    }

    /// Other runs of the same entry, data set and seed, and in what they differ from one that is about to begin.
    package func otherRuns(than identity: RunIdentity) throws -> [(path: String, differences: [String])] {
        let own = try RunDirectory(root: runs, identity).path
        return RunDirectory.all(root: runs, dataset: identity.dataset, of: dataSets, entry: identity.entry, seed: identity.seed).compactMap
        { run in
            guard run.path != own, let other = run.identity else { return nil }
            let differences = identity.differences(from: other)
            return differences.isEmpty ? nil : (run.path, differences)
        }
    }

    // MARK: Timing

    /// Times training steps and evaluations of one batch, untrained weights, after `warmup` rounds of each.
    public func benchmark(_ entry: Entry, on subject: BenchmarkSubject, batch: Int, rounds: Int, warmup: Int) throws -> Timing {
        let (shape, classes, sample) = try subject.batch(batch, of: dataSets, dataDirectory: dataDirectory)
        let network = try host.network(entry, input: shape, classes: classes, seed: 0)
        try network.parameters.settle()
        var recipe = try subject.dataSet(of: dataSets).map { self.recipe(of: entry, for: $0) } ?? entry.recipe(for: "default")
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
        let objective = try TrainingLoss(network, recipe)
        let steps = try time { _ = try Trainer.step(network, objective, optimizer, sample, learningRate: 1e-4).crossEntropy.item() }
        try network.parameters.setTraining(false)
        let evaluations = try time { try noGrad { _ = try network.architecture.forward(sample.images).argmax(dim: -1).integers() } }
        return Timing(entry: entry.id, batch: batch, threads: EngineControl.threads, trainStepMs: steps, evaluateMs: evaluations)
    }
}
