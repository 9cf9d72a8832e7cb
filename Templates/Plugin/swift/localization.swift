import ZooKit

/// A localization net with squeeze and excitation.
///
/// Two strided convolutions look at the image. After each, a small network reads the mean of every channel ("squeeze")
/// and scales the channels by what it finds ("excitation") [Hu et al., arXiv:1709.01507]: which edges matter for the
/// pose may depend on what is in the picture. The last layer starts at zero, so that the transformer starts as the
/// identity.
final class {{TYPE}}: LocalizationNet, Component {
    static let id = "{{ID}}"
    static let summary = "Localization with squeeze and excitation: two strided convolutions, channels scaled by what they see"
    static let paper = "arXiv:1709.01507"
    // What a user can set in zoo.json. The host checks type and range, and fills in the defaults.
    static let options = [
        Option.int("width", default: 16, in: 1...1024, "channels of both convolutions"),
        Option.int("reduction", default: 4, in: 1...64, "channels per unit of the squeezed layer"),
    ]

    let parameters = Parameters()
    private let layers: Sequential

    init(_ build: Build) throws {
        let width = try build.int("width")
        let reduction = try build.int("reduction")
        let channels = build.input.channels
        let features = Sequential([
            try Conv2d(inChannels: channels, outChannels: width, kernelSize: 5, stride: 2, padding: 2, in: parameters["conv1"]), ReLU(),
            try SqueezeExcite(width, reduction: reduction, in: parameters["se1"]),
            try Conv2d(inChannels: width, outChannels: width, kernelSize: 3, stride: 2, padding: 1, in: parameters["conv2"]), ReLU(),
            try SqueezeExcite(width, reduction: reduction, in: parameters["se2"]),
            Flatten(),
        ])
        // The number of features follows from the layers. The last one starts at zero: no offset from the identity.
        let count = try features.outputShape(of: build.input).count
        let last = try Linear(inFeatures: count, outFeatures: build.outputs, zeroInit: true, in: parameters["theta"])
        layers = Sequential(features.layers + [last])
    }

    /// `N×C×H×W` to `N×outputs`.
    func forward(_ x: Tensor) throws -> Tensor { try layers(x) }
}

{{SQUEEZE}}