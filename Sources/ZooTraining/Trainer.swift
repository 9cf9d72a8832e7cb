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
/// After every epoch, and after the step at which it is asked to stop, everything that the next one needs is on disk: weights, the
/// optimizer's state, the history. Random numbers need no state of their own: initial weights follow from the seed, an epoch's order and
/// transformations from (seed, epoch), and the engine's generator (dropout) is seeded anew before each; within an epoch the generator is
/// brought to where it was by the draws of the steps that are done. So an interrupted run ends in the same bits.
struct Trainer {
    let host: HostRuntime
    let entry: Entry
    let dataSet: DataSet
    let images: ImageSet
    let identity: RunIdentity
    let directory: RunDirectory
    let progress: any ProgressListener
    /// Where events for TensorBoard go; nil: nowhere.
    var tensorBoard: String?

    struct Outcome {
        let network: Network
        let history: [EpochRecord]
        let resumedFrom: Int
        let imagesPerEpoch: Int
        let log: TensorBoardLog?
        /// SHA-256 by file name of the libraries that it was trained with.
        let plugins: [String: String]
    }

    func run() throws -> Outcome {
        let recipe = identity.recipe
        var loader = try BatchLoader(
            images, of: dataSet, split: .train, batchSize: recipe.batch, seed: identity.seed, device: EngineControl.device)
        let network = try host.network(entry, input: loader.shape, classes: images.classes.count, seed: identity.seed)
        let plugins = try plugins(of: network)
        loader.drawsUpright = network.wantsUpright
        try network.parameters.settle()
        let optimizer = try Optimizer(network.parameters, recipe)
        let objective = try TrainingLoss(network, recipe)
        let checkpoint = try Checkpoint(directory, of: identity, plugins: plugins, losses: network.losses.count)
        var history = checkpoint.history
        let resumedFrom = history.count
        let log = try tensorBoard.map {
            let order = loader.order(epoch: 0)
            return try TensorBoardLog(
                below: $0, dataset: dataSet.name, entry: entry.id, seed: identity.seed, history: history, loader: &loader, order: order)
        }
        if checkpoint.part.steps > 0 {
            try draw(checkpoint.part.steps, of: resumedFrom, network, objective, loader)
        }
        try checkpoint.load(into: network, optimizer)
        progress.begin(
            "\(entry.id) on \(dataSet.name), seed \(identity.seed)", total: (recipe.epochs - resumedFrom) * loader.imagesPerEpoch,
            unit: "images")
        defer { progress.finish() }
        for epoch in resumedFrom..<recipe.epochs {
            var part = epoch == resumedFrom ? checkpoint.part : EpochPart(losses: network.losses.count)
            if part.steps == 0 { try seedEngine(epoch) } else { progress.advance(part.steps * recipe.batch) }
            let start = ContinuousClock.now
            let before = part.seconds
            let order = loader.order(epoch: epoch)
            for number in part.steps..<loader.batchCount {
                if Interrupt.isRequested {
                    part.seconds = before + (ContinuousClock.now - start) / .seconds(1)
                    try save(network, optimizer, history, part, plugins)
                    throw Interrupted(
                        hint: """
                            \(entry.id) is kept after \(epoch) of \(recipe.epochs) epochs and \(number) of \(loader.batchCount) steps; \
                            the same command goes on from there
                            """)
                }
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
                try part.add(loss, value.others.map { try $0.item() }, images: batch.count)
                progress.advance(batch.count)
                if number % 10 == 9 { progress.note("epoch \(epoch + 1)/\(recipe.epochs)  loss \(String(format: "%.4f", loss))") }
            }
            part.seconds = before + (ContinuousClock.now - start) / .seconds(1)
            history.append(
                part.record(
                    epoch: epoch + 1, images: loader.imagesPerEpoch, losses: network.losses.map(\.name),
                    learningRate: recipe.rate(progress: Double(epoch) / Double(recipe.epochs))))
            try save(network, optimizer, history, nil, plugins)
            if let record = history.last { try log?.add(record, of: network) }
        }
        return Outcome(
            network: network, history: history, resumedFrom: resumedFrom, imagesPerEpoch: loader.imagesPerEpoch, log: log, plugins: plugins)
    }

    private func seedEngine(_ epoch: Int) throws {
        try EngineControl.seed(RandomStream(seed: identity.seed, "\(dataSet.name)/engine", UInt64(epoch)).key)
    }

    /// Seeds the engine for an epoch, and lets it draw what its first steps draw. Only their forward passes are taken, which change
    /// statistics of the network: its state has to be loaded after that.
    private func draw(_ steps: Int, of epoch: Int, _ network: Network, _ objective: TrainingLoss, _ loader: BatchLoader) throws {
        let order = loader.order(epoch: epoch)
        func forward(_ number: Int) throws {
            let batch = try loader.batch(number, epoch: epoch, order: order)
            try network.tell(truth: batch.theta, upright: batch.upright)
            _ = try objective(batch).crossEntropy.item()
        }
        try seedEngine(epoch)
        // Dropout draws from the generator of the device.
        func next() throws -> Double {
            let number = try Tensor.zeros([1]).to(device: EngineControl.device)
            try number.uniform_(0, 1)
            return try number.item()
        }
        let untouched = try next()
        try seedEngine(epoch)
        try forward(0)
        // Most networks draw nothing, and need no second look at the images.
        if try next() == untouched { return try seedEngine(epoch) }
        try seedEngine(epoch)
        for number in 0..<steps {
            try Interrupt.check("\(entry.id) has not gone on yet; the same command does")
            try forward(number)
        }
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

    /// - Parameter part: of the epoch after those of the history.
    private func save(
        _ network: Network, _ optimizer: Optimizer, _ history: [EpochRecord], _ part: EpochPart?, _ plugins: [String: String]
    ) throws {
        try network.forgetTruth()
        let tensors = network.parameters.entries.map { (name: $0.name, tensor: $0.tensor) } + optimizer.state
        try SafetensorsFile.write(
            tensors: tensors,
            metadata: [
                "format": "stn-zoo checkpoint 1", "run": try identity.text(),
                "history": String(decoding: try JSONEncoder().encode(history), as: UTF8.self), "engine": Engine.name,
                "plugins": String(decoding: try CanonicalJSON.encode(plugins), as: UTF8.self),
                "part": try part.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) } ?? "",
            ], to: directory.checkpoint)
    }
}

extension Tensor {
    /// Mean cross entropy of N×classes logits with N labels; over all heads of N×heads×classes with N×heads.
    func meanCrossEntropy(_ labels: Tensor) throws -> Tensor {
        ndim == 3 ? try flattenedHeads().crossEntropy(labels.reshape([-1])) : try crossEntropy(labels)
    }
}
