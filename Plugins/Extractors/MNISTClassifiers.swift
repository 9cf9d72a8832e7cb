import ZooKit

/// `CNN_batchnorm` of the authors' code for [FJL20, arXiv:2004.11678]: the MNIST classifier with batch norm after each
/// ReLU.
final class MNISTBatchNorm: StagedExtractor, Component {
    static let id = "mnist-cnn-bn"
    static let summary = "MNIST classifier with batch norm: conv 9×9 and 7×7 of 64 channels, max-pool 2, ReLU, batch norm; linear"
    static let paper = "arXiv:2004.11678"
    static let options = [Option.int("width", default: 64, in: 1...1024, "channels of both convolutions")]

    let parameters = Parameters()
    let chain: StageChain
    let classifier: Sequential?

    init(_ build: Build) throws {
        let width = try build.int("width")
        var chain = StageChain(build)
        for (index, kernel) in [9, 7].enumerated() {
            try chain.add([
                Conv2d(
                    inChannels: chain.shape.channels, outChannels: width, kernelSize: kernel, in: parameters["conv\(index + 1)"]),
                MaxPool2d(kernelSize: 2), ReLU(), BatchNorm2d(numFeatures: width, in: parameters["bn\(index + 1)"]),
            ])
        }
        self.chain = chain
        classifier = try chain.linearClassifier(build, in: parameters["classifier"])
    }
}

/// A small network that strides instead of pooling, of the authors' code for [FJL20, arXiv:2004.11678]: four 3×3
/// convolutions, the second and fourth with stride 2, each followed by ReLU and batch norm; linear 100, ReLU, dropout,
/// linear.
final class SmallCNN: StagedExtractor, Component {
    static let id = "small-cnn"
    static let summary = "Small strided classifier: conv 3×3 of 16, 16 (stride 2), 32, 32 (stride 2) with batch norm; linear 100, dropout"
    static let paper = "arXiv:2004.11678"
    static let options = [
        Option.ints("widths", default: [16, 16, 32, 32], in: 1...1024, "channels of the four convolutions"),
        Option.int("hidden", default: 100, in: 1...8192, "size of the hidden linear layer"),
        Option.double("dropout", default: 0.15, in: 0...0.95, "probability of dropout before the last layer"),
    ]

    let parameters = Parameters()
    let chain: StageChain
    let classifier: Sequential?

    init(_ build: Build) throws {
        var chain = StageChain(build)
        for (index, width) in try build.ints("widths", count: 4).enumerated() {
            try chain.add([
                Conv2d(
                    inChannels: chain.shape.channels, outChannels: width, kernelSize: 3, stride: index % 2 + 1,
                    in: parameters["conv\(index + 1)"]),
                ReLU(), BatchNorm2d(numFeatures: width, in: parameters["bn\(index + 1)"]),
            ])
        }
        self.chain = chain
        let hidden = try build.int("hidden")
        let dropout = try build.double("dropout")
        classifier =
            build.outputs == 0
            ? nil
            : Sequential([
                Flatten(), try Linear(inFeatures: chain.shape.count, outFeatures: hidden, in: parameters["fc1"]), ReLU(),
                Dropout(p: dropout, in: parameters.root),
                try Linear(inFeatures: hidden, outFeatures: build.outputs, in: parameters["classifier"]),
            ])
    }
}
