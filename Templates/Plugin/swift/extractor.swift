import ZooKit

/// A small classification network with squeeze and excitation.
///
/// Two stages of convolution 3×3, ReLU and max-pool 2, each followed by a gate per channel that is computed from the
/// channels' means [Hu et al., arXiv:1709.01507]; then one linear layer.
final class {{TYPE}}: StagedExtractor, Component {
    static let id = "{{ID}}"
    static let summary = "Classifier with squeeze and excitation: two stages of conv 3×3, ReLU and max-pool 2; linear"
    static let paper = "arXiv:1709.01507"
    // What a user can set in zoo.json. The host checks type and range, and fills in the defaults.
    static let options = [
        Option.int("width", default: 16, in: 1...1024, "channels of both stages"),
        Option.int("reduction", default: 4, in: 1...64, "channels per unit of the squeezed layer"),
    ]

    let parameters = Parameters()
    let chain: StageChain
    let classifier: Sequential?

    init(_ build: Build) throws {
        let width = try build.int("width")
        let reduction = try build.int("reduction")
        // Sizes follow from the layers, and from the resamplings between stages that an architecture announces.
        var chain = StageChain(build)
        for number in 1...2 {
            try chain.add(
                [
                    Conv2d(
                        inChannels: chain.shape.channels, outChannels: width, kernelSize: 3, padding: 1, in: parameters["conv\(number)"]),
                    ReLU(), MaxPool2d(kernelSize: 2), SqueezeExcite(width, reduction: reduction, in: parameters["se\(number)"]),
                ], name: "se\(number)")
        }
        self.chain = chain
        // An architecture may want features only.
        classifier = try chain.linearClassifier(build, in: parameters["classifier"])
    }
}

{{SQUEEZE}}