import ZooHost
public import ZooKit
import ZooPlugins

extension ProbeSubject {
    /// The slot of the classification network: the first that an extractor fills.
    var slot: String? {
        get throws {
            let resolved = try host.resolve(network.entry)
            return resolved.architecture.slots.first { $0.kind == .extractor && resolved.parts[$0.name] != nil }?.name
        }
    }

    /// Whether an extractor fills one of the entry's slots.
    var hasExtractor: Bool { get throws { try slot != nil } }

    /// Those of the stages of the entry's extractor; nil without one.
    package var strides: [Double]? { try? extractor().stages.map(\.stride) }

    /// The entry's extractor on its own, features only, with the network's weights, in evaluation mode; for images of `input`, which
    /// may be larger than the network's own.
    ///
    /// Its tensors are those that the network keeps under the name of its slot, as the plugin contract says.
    ///
    /// - Throws: `NotApplicable` if the entry has no extractor, or its network does not keep all of the extractor's tensors.
    public func extractor(input: ImageShape? = nil) throws -> any FeatureExtractor {
        guard let slot = try slot, let component = try host.resolve(network.entry).parts[slot] else {
            throw NotApplicable("the entry has no slot that an extractor fills")
        }
        let extractor = try ForeignExtractor(
            host.part(filling: slot, of: network.entry, input: input ?? network.input, outputs: 0))
        for entry in extractor.parameters.entries {
            guard let own = network.parameters[tensor: "\(slot).\(entry.name)"] else {
                throw NotApplicable("the network keeps no tensor '\(slot).\(entry.name)' of its extractor '\(component.id)'")
            }
            guard own.shape == entry.tensor.shape else {
                throw NotApplicable(
                    "the extractor's '\(entry.name)' has shape \(entry.tensor.shape) on its own, \(own.shape) in the network")
            }
            try entry.tensor.copy_(own.detach())
        }
        try extractor.parameters.setTraining(false)
        try extractor.parameters.settle()
        return extractor
    }
}
