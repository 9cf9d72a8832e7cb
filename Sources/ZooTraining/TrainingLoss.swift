import ZooCore
import ZooData
import ZooHost
import ZooKit
import ZooManifest

/// What training minimises: the mean cross entropy of a batch, and the losses that the architecture declares, each with its weight.
struct TrainingLoss {
    private let network: Network
    private let weights: [Double]

    /// - Throws: `config` if the recipe weighs a loss that the architecture does not declare.
    init(_ network: Network, _ recipe: Recipe) throws(HostError) {
        self.network = network
        let known = network.losses.map(\.name)
        if let stray = (recipe.losses ?? [:]).keys.sorted().first(where: { !known.contains($0) }) {
            throw HostError(
                .config, file: network.entry.id, field: "recipe.losses.\(stray)",
                expected: known.isEmpty ? "none, as the architecture declares no loss" : "one of \(known.joined(separator: ", "))",
                found: "'\(stray)'\(suggestion(stray, known))")
        }
        weights = network.losses.map { recipe.losses?[$0.name] ?? $0.weight }
    }

    /// The losses of one batch.
    struct Value {
        /// The sum that is minimised.
        let total: Tensor
        let crossEntropy: Tensor
        /// In the order of the architecture's list.
        let others: [Tensor]
    }

    /// - Throws: `software` if the architecture does not report a loss that it declares, or not as one value.
    func callAsFunction(_ batch: Batch) throws -> Value {
        guard !network.losses.isEmpty else {
            let loss = try network.architecture.forward(batch.images).meanCrossEntropy(batch.labels)
            return Value(total: loss, crossEntropy: loss, others: [])
        }
        let names = network.losses.map { "loss.\($0.name)" }
        var found: [String: Tensor] = [:]
        let trace = Trace { name, tensor in if names.contains(name) { found[name] = tensor } }
        let crossEntropy = try network.architecture.forward(batch.images, trace: trace).meanCrossEntropy(batch.labels)
        var total = crossEntropy
        var others: [Tensor] = []
        for (name, weight) in zip(names, weights) {
            guard let value = found[name], value.count == 1 else {
                throw HostError(
                    .software, file: network.entry.id, field: name, expected: "a tensor of one value in the trace of every training step",
                    found: found[name].map { "shape \($0.shape)" } ?? "nothing")
            }
            let scalar = try value.reshape([])
            others.append(scalar)
            if weight != 0 { total = try total + scalar * weight }
        }
        return Value(total: total, crossEntropy: crossEntropy, others: others)
    }
}
