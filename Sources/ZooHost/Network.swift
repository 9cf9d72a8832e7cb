public import ZooKit
public import ZooManifest

/// An entry built from its parts: a network ready to be trained or evaluated.
public final class Network {
    public let entry: Entry
    public let input: ImageShape
    public let classes: Int
    public let architecture: any Architecture
    /// What its architecture lets training minimise beside the cross entropy.
    public let losses: [Loss]
    /// Paths of the libraries that its parts come from, without repetition: those of its slots, then those that the architecture
    /// asked for by `kind:id`.
    public let libraries: [String]
    /// File names of the libraries.
    public var files: [String] { libraries.map { String($0.split(separator: "/").last ?? "") } }

    init(entry: Entry, input: ImageShape, classes: Int, architecture: any Architecture, losses: [Loss], libraries: [String]) {
        self.entry = entry
        self.input = input
        self.classes = classes
        self.architecture = architecture
        self.losses = losses
        self.libraries = libraries
    }

    public var parameters: Parameters { architecture.parameters }

    /// Names of the buffers of an architecture that wants to know how a batch was made: the matrices that posed it, N×2×3
    /// or N×3×3, output to input, and the images before they were posed, N×C×H×W.
    private static let (truth, upright) = ("truth.theta", "truth.images")

    /// Whether the architecture wants the images of a batch as they were before they were posed.
    public var wantsUpright: Bool { parameters[tensor: Self.upright] != nil }

    /// Tells an architecture that asks for it how the next batch was made; others ignore it.
    public func tell(truth theta: Tensor, upright: Tensor? = nil) throws(ZooError) {
        try replace(Self.truth, with: theta)
        if let upright { try replace(Self.upright, with: upright) }
    }

    /// Puts back what these buffers hold when the network is made, the identity and no images; so that the state can be kept.
    public func forgetTruth() throws(ZooError) {
        try tell(
            truth: Tensor([1, 0, 0, 0, 1, 0] as [Float], [1, 2, 3]),
            upright: Tensor.zeros([0, input.channels, input.height, input.width]))
    }

    private func replace(_ name: String, with value: Tensor) throws(ZooError) {
        guard let buffer = parameters[tensor: name] else { return }
        try buffer.replaceContents(with: value.to(device: buffer.device, dtype: buffer.dtype))
    }
}
