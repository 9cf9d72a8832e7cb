import ZooCore
import ZooHost
import ZooKit

/// Runs an imported network as training and evaluation will, and says what will not go well.
struct ModelTrial {
    private let network: Network
    private let model: String
    private let types: [String: Int]
    private let images: Tensor

    /// Numbers of images of the trials: the last batch of a data set may have any size, a single image among them.
    private static let batches = 1...3

    /// - Parameters:
    ///   - model: what errors call the network.
    ///   - types: element types of the tensors in its file.
    init(_ network: Network, of model: String, types: [String: Int]) throws {
        (self.network, self.model, self.types) = (network, model, types)
        try EngineControl.seed(0)
        let input = network.input
        images = try Tensor.randn([Self.batches.upperBound, input.channels, input.height, input.width])
    }

    /// - Throws: `config` if it does not give logits for every number of images, `data` if they are not finite.
    func warnings() throws -> [String] {
        try network.parameters.setTraining(false)
        var warnings = [conversion()].compactMap { $0 }
        let byCount = try noGrad { try Self.batches.map { try logits(of: images.narrow(dim: 0, start: 0, length: $0)) } }
        guard let all = byCount.last, let single = byCount.first else { return warnings }
        let values = try all.doubles()
        guard values.allSatisfy(\.isFinite) else {
            throw HostError(.data, "\(model): its logits for random images are not all finite numbers")
        }
        if let warning = try probabilities(byCount) { warnings.append(warning) }
        let again = try noGrad { try network.architecture.forward(images) }
        if try values != again.doubles() { warnings.append("two evaluations of the same images differ: results will not repeat") }
        let scale = values.reduce(1e-6) { max($0, abs($1)) }
        if zip(try single.doubles(), values).contains(where: { abs($0 - $1) > 1e-3 * scale }) {
            warnings.append("an image's logits depend on the others in its batch: was it traced with one batch size, or in training mode?")
        }
        return try warnings + gradients()
    }

    private func logits(of images: Tensor) throws -> Tensor {
        let count = images.shape[0]
        let many = count == 1 ? "one image" : "\(count) images"
        let shape: [Int]
        let result: Tensor
        do {
            result = try network.architecture.forward(images)
            shape = result.shape
        } catch {
            throw HostError(.config, "\(model): it fails for a batch of \(many): \(error)")
        }
        guard shape.count == 2 || shape.count == 3, shape.first == count, shape.last == network.classes else {
            let hint = count == 1 ? "; does it squeeze() its result? a data set's last batch may be a single image" : ""
            throw HostError(
                .config, file: model, field: "logits of a batch of \(many)",
                expected: "shape [\(count), \(network.classes)] or [\(count), heads, \(network.classes)]", found: "\(shape)\(hint)")
        }
        return result
    }

    private func conversion() -> String? {
        let others = types.keys.filter { ["float64", "float16", "bfloat16"].contains($0) }.sorted()
        guard !others.isEmpty, types["float32"] == nil else { return nil }
        return "its tensors are \(others.joined(separator: " and ")): the zoo computes in float32, to which it converts them"
    }

    /// Whether it gives probabilities, which the zoo would take for logits: softmax's sum to one in every batch, and sigmoid's stay
    /// between 0 and 1 however far the images are from ordinary ones. Logits do neither.
    private func probabilities(_ byCount: [Tensor]) throws -> String? {
        guard network.classes > 1 else { return nil }
        let large = try noGrad { try [10.0, 100].map { try network.architecture.forward(images * $0) } }
        var (sumToOne, areFractions) = (true, true)
        for result in byCount + large {
            let values = try result.doubles()
            guard values.allSatisfy({ $0 >= 0 && $0 <= 1 + 1e-6 }) else { return nil }
            for start in stride(from: 0, to: values.count, by: network.classes) {
                sumToOne = sumToOne && abs(values[start..<start + network.classes].reduce(0, +) - 1) < 1e-3
            }
            areFractions = areFractions && values.contains { $0 > 0 }
        }
        let harm = "loss, calibration and training will be wrong: save the network without it"
        if sumToOne {
            return "its outputs are probabilities (every image's sum to one), where logits are expected: is there a softmax? \(harm)"
        }
        if areFractions { return "its outputs are all between 0 and 1, where logits are expected: is there a sigmoid? \(harm)" }
        return nil
    }

    private func gradients() throws -> [String] {
        try network.parameters.setTraining(true)
        let trained = network.parameters.entries.filter { $0.role == .parameter }
        guard !trained.isEmpty else {
            return ["it has no parameters, being compiled or frozen (torch.jit.freeze): it can be evaluated, not trained"]
        }
        try network.architecture.forward(images).sum().backward()
        let idle = try trained.filter { try $0.tensor.grad == nil }.map(\.name)
        return idle.isEmpty ? [] : ["no gradient reaches \(idle.joined(separator: ", ")): training will leave them as they are"]
    }
}
