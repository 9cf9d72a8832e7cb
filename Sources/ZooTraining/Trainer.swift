import Foundation
import ZooCore
import ZooData
import ZooHost
import ZooKit
import ZooManifest
import ZooModelFiles
import ZooProbes

/// One training run, from the last checkpoint on or from the start.
///
/// After every epoch everything that the next one needs is on disk: weights, the optimizer's state, the history. Random
/// numbers need no state of their own: initial weights follow from the seed, an epoch's order and transformations from (seed,
/// epoch), and the engine's generator (dropout) is seeded anew before each. So an interrupted run ends in the same bits.
struct Trainer {
    let host: HostRuntime
    let entry: Entry
    let dataSet: DataSet
    let images: ImageSet
    let identity: RunIdentity
    let directory: RunDirectory
    let progress: any ProgressListener

    struct Outcome {
        let network: Network
        let history: [EpochRecord]
        let resumedFrom: Int
        let imagesPerEpoch: Int
        /// SHA-256 by file name of the libraries that it was trained with.
        let plugins: [String: String]
    }

    func run() throws -> Outcome {
        let recipe = identity.recipe
        var loader = try BatchLoader(images, of: dataSet, split: .train, batchSize: recipe.batch, seed: identity.seed)
        let network = try host.network(entry, input: loader.shape, classes: images.classes.count, seed: identity.seed)
        let plugins = try plugins(of: network)
        loader.drawsUpright = network.wantsUpright
        try network.parameters.convert(format: .channelsLast)
        let optimizer = try Optimizer(network.parameters, recipe)
        let objective = try TrainingLoss(network, recipe)
        var history = try resume(network, optimizer, plugins)
        let resumedFrom = history.count
        progress.begin(
            "\(entry.id) on \(dataSet.name), seed \(identity.seed)", total: (recipe.epochs - resumedFrom) * loader.imagesPerEpoch,
            unit: "images")
        defer { progress.finish() }
        for epoch in resumedFrom..<recipe.epochs {
            try EngineControl.seed(RandomStream(seed: identity.seed, "\(dataSet.name)/engine", UInt64(epoch)).key)
            let start = ContinuousClock.now
            let order = loader.order(epoch: epoch)
            var (total, others) = (0.0, [Double](repeating: 0, count: network.losses.count))
            for number in 0..<loader.batchCount {
                try Interrupt.check("\(epoch) of \(recipe.epochs) epochs of \(entry.id) are kept; the same command goes on from there")
                let fraction = (Double(epoch) + Double(number) / Double(loader.batchCount)) / Double(recipe.epochs)
                let batch = try loader.batch(number, epoch: epoch, order: order)
                let value = try Self.step(network, objective, optimizer, batch, learningRate: recipe.rate(progress: fraction))
                let loss = try value.crossEntropy.item()
                let sum = value.others.isEmpty ? loss : try value.total.item()
                guard sum.isFinite else {
                    throw HostError(
                        .config,
                        "diverged: the loss is \(sum.isNaN ? "NaN" : "infinite") in epoch \(epoch + 1), step \(number + 1); a smaller learning_rate or localization_rate helps"
                    )
                }
                total += loss * Double(batch.count)
                for (place, other) in value.others.enumerated() { others[place] += try other.item() * Double(batch.count) }
                progress.advance(batch.count)
                if number % 10 == 9 { progress.note("epoch \(epoch + 1)/\(recipe.epochs)  loss \(String(format: "%.4f", loss))") }
            }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            history.append(
                EpochRecord(
                    epoch: epoch + 1, trainLoss: total / Double(loader.imagesPerEpoch),
                    losses: others.isEmpty
                        ? nil
                        : Dictionary(
                            uniqueKeysWithValues: zip(network.losses.map(\.name), others.map { $0 / Double(loader.imagesPerEpoch) })),
                    learningRate: recipe.rate(progress: Double(epoch) / Double(recipe.epochs)),
                    seconds: seconds))
            try save(network, optimizer, history, plugins)
        }
        return Outcome(
            network: network, history: history, resumedFrom: resumedFrom, imagesPerEpoch: loader.imagesPerEpoch, plugins: plugins)
    }

    /// Forward, loss, backward, update. Gives the batch's losses.
    static func step(
        _ network: Network, _ objective: TrainingLoss, _ optimizer: Optimizer, _ batch: Batch, learningRate: Double
    ) throws -> TrainingLoss.Value {
        try optimizer.clearGradients()
        try network.tell(truth: batch.theta, upright: batch.upright)
        let value = try objective(batch)
        try value.total.backward()
        try optimizer.step(learningRate: learningRate)
        return value
    }

    // MARK: Checkpoints

    /// - Throws: `data` if one was replaced since the run was planned.
    private func plugins(of network: Network) throws -> [String: String] {
        let found = host.checksums(of: network)
        guard try EntryCode(entry, host: host).settings == identity.settings else {
            throw HostError(
                .data, file: entry.id, field: "files that its settings name", expected: "what they held when the run was planned",
                found: "others: they were replaced since; run the command again")
        }
        for (name, planned) in (identity.plugins ?? [:]).sorted(by: { $0.key < $1.key }) where found[name] != planned {
            throw HostError(
                .data, file: name, field: "SHA-256", expected: "\(planned), as when the run was planned",
                found: "\(found[name] ?? "none"): it was replaced since; run the command again")
        }
        return found
    }

    private func save(_ network: Network, _ optimizer: Optimizer, _ history: [EpochRecord], _ plugins: [String: String]) throws {
        try network.forgetTruth()
        let tensors = network.parameters.entries.map { (name: $0.name, tensor: $0.tensor) } + optimizer.state
        try SafetensorsFile.write(
            tensors: tensors,
            metadata: [
                "format": "stn-zoo checkpoint 1", "run": try identity.text(),
                "history": String(decoding: try JSONEncoder().encode(history), as: UTF8.self), "engine": Engine.name,
                "plugins": String(decoding: try CanonicalJSON.encode(plugins), as: UTF8.self),
            ], to: directory.checkpoint)
    }

    /// Loads the last checkpoint, if there is one. Gives the history so far.
    private func resume(_ network: Network, _ optimizer: Optimizer, _ plugins: [String: String]) throws -> [EpochRecord] {
        guard FileManager.default.fileExists(atPath: directory.checkpoint) else { return [] }
        let file = try SafetensorsFile(path: directory.checkpoint)
        guard file.metadata["run"] == (try identity.text()), let text = file.metadata["history"],
            let history = try? JSONDecoder().decode([EpochRecord].self, from: Data(text.utf8)), history.count <= identity.recipe.epochs
        else {
            throw HostError(
                .data, "\(directory.checkpoint): not a checkpoint of this run; train with \(ProgramOption.restart) to begin anew")
        }
        let before = file.metadata["plugins"].flatMap { try? JSONDecoder().decode([String: String].self, from: Data($0.utf8)) } ?? [:]
        // Those of its slots are the run's identity; this is about what the architecture asks for by `kind:id`.
        if let name = Set(before.keys).union(plugins.keys).sorted().first(where: { before[$0] != plugins[$0] }) {
            throw HostError(
                .data, file: directory.checkpoint, field: name, expected: "SHA-256 \(plugins[name] ?? "none"), as the plugin is now",
                found: "\(before[name] ?? "none"): it was trained with another one; train with \(ProgramOption.restart) to begin anew")
        }
        try file.load(into: network.parameters, ignoring: ["optimizer."])
        for (name, tensor) in optimizer.state { try tensor.copy_(file.tensor(name)) }
        return history
    }
}

extension Tensor {
    /// Mean cross entropy of N×classes logits with N labels; over all heads of N×heads×classes with N×heads.
    func meanCrossEntropy(_ labels: Tensor) throws -> Tensor {
        ndim == 3 ? try flattenedHeads().crossEntropy(labels.reshape([-1])) : try crossEntropy(labels)
    }
}
