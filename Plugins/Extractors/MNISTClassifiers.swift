import ZooKit

/// `CNN_batchnorm` of the authors' code for [FJL20, arXiv:2004.11678]: the MNIST classifier with batch norm after each ReLU.
final class MNISTBatchNorm: ChainedExtractor, Component {
    static let id = "mnist-cnn-bn"
    static let summary = "MNIST classifier with batch norm: conv 9×9 and 7×7 of 64 channels, max-pool 2, ReLU, batch norm; linear"
    static let paper = "arXiv:2004.11678"
    static let options = [Option.int("width", default: 64, in: 1...1024, "channels of both convolutions")]

    init(_ build: Build) throws {
        let parameters = Parameters()
        let width = try build.int("width")
        var chain = StageChain(build, id: Self.id)
        for (index, kernel) in [9, 7].enumerated() {
            try chain.add(width, kernel: kernel, pool: (2, 2, 0)) { channels in
                [
                    try Conv2d(channels, width, kernel: kernel, in: parameters["conv\(index + 1)"]), MaxPool2d(2), ReLU(),
                    try BatchNorm2d(width, in: parameters["bn\(index + 1)"]),
                ]
            }
        }
        let classifier = build.outputs == 0 ? nil : [try Linear(chain.features, build.outputs, in: parameters["classifier"])]
        super.init(chain, parameters, classifier: classifier)
    }
}

/// A small network that strides instead of pooling, of the authors' code for [FJL20, arXiv:2004.11678]: four 3×3
/// convolutions, the second and fourth with stride 2, each followed by ReLU and batch norm; linear 100, ReLU, dropout, linear.
final class SmallCNN: ChainedExtractor, Component {
    static let id = "small-cnn"
    static let summary = "Small strided classifier: conv 3×3 of 16, 16 (stride 2), 32, 32 (stride 2) with batch norm; linear 100, dropout"
    static let paper = "arXiv:2004.11678"
    static let options = [
        Option.ints("widths", default: [16, 16, 32, 32], in: 1...1024, "channels of the four convolutions"),
        Option.int("hidden", default: 100, in: 1...8192, "size of the hidden linear layer"),
        Option.double("dropout", default: 0.15, in: 0...0.95, "probability of dropout before the last layer"),
    ]

    init(_ build: Build) throws {
        let parameters = Parameters()
        var chain = StageChain(build, id: Self.id)
        for (index, width) in try build.ints("widths", count: 4, of: Self.id).enumerated() {
            let stride = index % 2 + 1
            try chain.add(width, kernel: 3, stride: stride) { channels in
                [
                    try Conv2d(channels, width, kernel: 3, stride: stride, in: parameters["conv\(index + 1)"]), ReLU(),
                    try BatchNorm2d(width, in: parameters["bn\(index + 1)"]),
                ]
            }
        }
        var classifier: [any Layer]?
        if build.outputs > 0 {
            let hidden = try build.int("hidden")
            classifier = [
                try Linear(chain.features, hidden, in: parameters["fc1"]), ReLU(),
                Dropout(try build.double("dropout"), in: parameters.root),
                try Linear(hidden, build.outputs, in: parameters["classifier"]),
            ]
        }
        super.init(chain, parameters, classifier: classifier)
    }
}
