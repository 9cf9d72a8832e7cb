import ZooHost
import ZooKit
import ZooModelFiles

/// The stages of a network's extractor as the whole network sees them: behind whatever it does to the image first.
final class WholeNetwork: FeatureExtractor {
    let parameters = Parameters()
    let stages: [Stage]
    private let network: Network
    /// Says what its stages are.
    private let extractor: any FeatureExtractor

    /// - Parameters:
    ///   - extractor: the network's own, features only, for images of the same size.
    ///   - weights: a file of trained weights, which may be those for another size as far as the stages do not depend on it; nil: untrained.
    ///   - slot: that which the extractor fills.
    /// - Throws: `NotApplicable` if weights that the stages depend on are for images of another size.
    init(_ network: Network, extractor: any FeatureExtractor, slot: String, weights: String?) throws {
        self.network = network
        self.extractor = extractor
        stages = extractor.stages
        if let weights {
            let file = try SafetensorsFile(path: weights)
            let features = Set(extractor.parameters.entries.map { "\(slot).\($0.name)" })
            for entry in network.parameters.entries where file.entry(entry.name) != nil || !SafetensorsFile.isCounter(entry.name) {
                let value = try file.tensor(entry.name)
                if value.shape == entry.tensor.shape {
                    try entry.tensor.copy_(value)
                } else if features.contains(entry.name) || !entry.name.hasPrefix("\(slot).") {
                    throw NotApplicable(
                        "'\(entry.name)' of \(weights) has shape \(value.shape), for \(network.input) images it is \(entry.tensor.shape)"
                    )
                }
            }
        }
        try network.parameters.setTraining(false)
        try network.parameters.settle()
    }

    /// The maps of all stages for images `N×C×H×W`.
    func maps(_ x: Tensor) throws -> [Tensor] {
        let recording = Recording()
        _ = try network.architecture.forward(x, trace: recording.trace)
        return try stages.indices.map { index in
            guard let map = recording["stage.\(index + 1)"] else {
                throw NotApplicable("the network's trace has no stage.\(index + 1), so its features cannot be seen")
            }
            return map
        }
    }

    func forward(_ x: Tensor, stages range: Range<Int>) throws -> Tensor {
        guard range.lowerBound == 0 else { throw ZooError("a whole network begins with the image", .unsupported) }
        return range.isEmpty ? x : try maps(x)[range.upperBound - 1]
    }

    func classify(_ features: Tensor) throws -> Tensor { throw ZooError("a whole network gives features only here", .unsupported) }

    func permutation(stage: Int, rotation: Int, mirror: Bool) throws -> [Int] {
        try extractor.permutation(stage: stage, rotation: rotation, mirror: mirror)
    }

    func scaling(stage: Int, steps: Int) throws -> [Int] { try extractor.scaling(stage: stage, steps: steps) }
}
