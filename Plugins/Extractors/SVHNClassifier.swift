import ZooKit

/// The house-number classifier of [JSZK15, arXiv:1506.02025, section 4.2] as in [FJL20, arXiv:2004.11678].
///
/// Eight 5×5 convolutions with padding 2 and ReLU; max-pool 2 after 1, 3, 5 and 7; whole channels dropped from the
/// second on; three linear layers of 3072 with ReLU and dropout; then one linear layer per head. With `heads` 1 the
/// logits are N×classes, otherwise N×heads×classes: five heads of eleven classes (ten digits and none) read a whole
/// number.
final class SVHNClassifier: StagedExtractor, Component {
    static let id = "svhn-cnn"
    static let summary = "House-number classifier: eight conv 5×5 of 48 to 192 channels, three linear layers, one head per digit"
    static let paper = "arXiv:2004.11678"
    static let options = [
        Option.int("heads", default: 1, in: 1...16, "things read at once; 5 for house numbers, with 11 classes each"),
        Option.ints("widths", default: [48, 64, 128, 160, 192, 192, 192, 192], in: 1...512, "channels of the eight convolutions"),
        Option.ints("hidden", default: [3072, 3072, 3072], in: 1...4096, "sizes of the hidden linear layers"),
        Option.double("dropout", default: 0.5, in: 0...0.95, "probability of dropout, from the second convolution on"),
    ]

    let parameters = Parameters()
    let chain: StageChain
    let classifier: Sequential?

    init(_ build: Build) throws {
        let dropout = try build.double("dropout")
        var chain = StageChain(build)
        for (index, width) in try build.ints("widths", count: 8).enumerated() {
            var layers: [any Layer] = [
                try Conv2d(
                    inChannels: chain.shape.channels, outChannels: width, kernelSize: 5, padding: 2, in: parameters["conv\(index + 1)"]),
                ReLU(),
            ]
            if index % 2 == 0 { layers.append(MaxPool2d(kernelSize: 2)) }
            if index > 0 { layers.append(ChannelDropout(p: dropout, parameters: parameters)) }
            try chain.add(layers)
        }
        self.chain = chain
        guard build.outputs > 0 else {
            classifier = nil
            return
        }
        let scope = parameters.root
        let hidden = try HiddenLayers(build.ints("hidden"), inFeatures: chain.shape.count, in: parameters) {
            [$0, ReLU(), Dropout(p: dropout, in: scope)]
        }
        let heads = try Heads(inFeatures: hidden.features, heads: build.int("heads"), classes: build.outputs, in: parameters["heads"])
        classifier = Sequential(hidden.layers + [heads])
    }
}

/// Zeroes whole channels of N×C×H×W in training: neighbouring pixels are too alike for single ones to be missed.
private struct ChannelDropout: Layer {
    private static let dropout = Operator("aten::feature_dropout")
    let p: Double
    let parameters: Parameters
    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor { try Self.dropout(x, p, parameters.isTraining) }
}

/// Several linear layers side by side as one matrix: N×i to N×classes for one head, N×heads×classes for more.
private struct Heads: Layer {
    private let linear: Linear
    private let heads, classes: Int

    init(inFeatures: Int, heads: Int, classes: Int, in scope: Scope) throws(ZooError) {
        linear = try Linear(inFeatures: inFeatures, outFeatures: heads * classes, in: scope)
        self.heads = heads
        self.classes = classes
    }

    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        let logits = try linear(x)
        return heads == 1 ? logits : try logits.reshape([-1, heads, classes])
    }
}
