import ZooKit

/// The plankton classifier of [FJL20, arXiv:2004.11678]: ten 3×3 convolutions with padding 1 and leaky ReLU of slope
/// 1/3, max-pool 3 with stride 2 after 2, 4, 7 and 10, then dropout and linear 512, twice, and the classes.
final class PlanktonClassifier: StagedExtractor, Component {
    static let id = "plankton-cnn"
    static let summary = "Plankton classifier: ten conv 3×3 of 32 to 256 channels, leaky ReLU, max-pool 3/2, linear 512, 512"
    static let paper = "arXiv:2004.11678"
    static let options = [
        Option.ints("widths", default: [32, 32, 64, 64, 128, 128, 128, 256, 256, 256], in: 1...512, "channels of the ten convolutions"),
        Option.ints("hidden", default: [512, 512], in: 1...4096, "sizes of the hidden linear layers"),
        Option.double("dropout", default: 0.5, in: 0...0.95, "probability of dropout before each linear layer"),
        Option.int(
            "pool_padding", default: 0, in: 0...1, "of the max-pooling; 1 halves even sides exactly and lets images under 31×31 through"),
    ]

    let parameters = Parameters()
    let chain: StageChain
    let classifier: Sequential?

    init(_ build: Build) throws {
        let padding = try build.int("pool_padding")
        let dropout = Dropout(p: try build.double("dropout"), in: parameters.root)
        let activation = LeakyReLU(negativeSlope: 1.0 / 3)
        var chain = StageChain(build)
        for (index, width) in try build.ints("widths", count: 10).enumerated() {
            var layers: [any Layer] = [
                try Conv2d(
                    inChannels: chain.shape.channels, outChannels: width, kernelSize: 3, padding: 1, in: parameters["conv\(index + 1)"]),
                activation,
            ]
            if [1, 3, 6, 9].contains(index) { layers.append(MaxPool2d(kernelSize: 3, stride: 2, padding: padding)) }
            try chain.add(layers)
        }
        self.chain = chain
        guard build.outputs > 0 else {
            classifier = nil
            return
        }
        let hidden = try HiddenLayers(build.ints("hidden"), inFeatures: chain.shape.count, in: parameters) { [dropout, $0, activation] }
        let linear = try Linear(inFeatures: hidden.features, outFeatures: build.outputs, in: parameters["classifier"])
        classifier = Sequential(hidden.layers + [dropout, linear])
    }
}
