import ZooKit

/// The MNIST classifier of [JSZK15, arXiv:1506.02025] and [FJL20, arXiv:2004.11678]: convolution 9×9, max-pool 2, ReLU,
/// convolution 7×7, max-pool 2, ReLU, linear.
final class MNISTClassifier: FeatureExtractor, Component {
    static let id = "mnist-cnn"
    static let summary = "MNIST classifier: conv 9×9 and 7×7 of 64 channels, each with max-pool 2 and ReLU; linear"
    static let paper = "arXiv:2004.11678"
    static let options = [Option.int("width", default: 64, in: 1...1024, "channels of both convolutions")]

    let parameters = Parameters()
    let stages: [Stage]
    private let layers: [Sequential]
    private let classifier: Linear?

    init(_ build: Build) throws {
        let width = try build.int("width")
        var channels = build.input.channels
        var (height, rows) = (build.input.height, build.input.width)
        var layers: [Sequential] = []
        var stages: [Stage] = []
        for (index, kernel) in [9, 7].enumerated() {
            for resize in build.resamplings where resize.stage == index { (height, rows) = (resize.height, resize.width) }
            guard height >= kernel + 1, rows >= kernel + 1 else {
                throw ZooError(
                    "mnist-cnn: stage \(index + 1) gets \(height)×\(rows), too small for a \(kernel)×\(kernel) convolution and pooling by 2",
                    .badArgument)
            }
            let conv = try Conv2d(channels, width, kernel: kernel, in: parameters["conv\(index + 1)"])
            layers.append(Sequential([conv, MaxPool2d(2), ReLU()]))
            channels = width
            (height, rows) = ((height - kernel + 1) / 2, (rows - kernel + 1) / 2)
            stages.append(
                Stage("conv\(index + 1)", channels: width, height: height, width: rows, stride: index == 0 ? 2 : 4))
        }
        for resize in build.resamplings where resize.stage == 2 { (height, rows) = (resize.height, resize.width) }
        self.layers = layers
        self.stages = stages
        classifier = build.outputs == 0 ? nil : try Linear(channels * height * rows, build.outputs, in: parameters["classifier"])
    }

    func forward(_ x: Tensor, stages range: Range<Int>) throws -> Tensor {
        var y = x
        for layer in layers[range] { y = try layer(y) }
        return y
    }

    func classify(_ features: Tensor) throws -> Tensor {
        guard let classifier else { throw ZooError("mnist-cnn was built for features only", .unsupported) }
        return try classifier(features.flattened())
    }
}

/// An extractor and its classifier, nothing else: the baseline.
final class CNN: Architecture, Component {
    static let id = "cnn"
    static let summary = "The classifier alone: the baseline without a spatial transformer"
    static let paper = "arXiv:2004.11678"
    static let slots = [Slot("extractor", .extractor, "the classification network")]
    static let wiring: Wiring? = Wiring(
        .nothing,
        """
        x ──→ {extractor} ──→ logits
        """)

    let parameters = Parameters()
    private let extractor: any FeatureExtractor

    init(_ build: Build) throws {
        extractor = try build.extractor("extractor", input: build.input, classes: build.outputs)
        try parameters["extractor"].adopt(extractor)
    }

    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor { try extractor.logits(x, trace: trace) }
}

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: BaselineCNN
    version: 1.0.0
    licence: Apache-2.0
    summary: The MNIST classifier of the seed papers and the plain CNN
    authors: The STN Zoo authors
    papers: arXiv:2004.11678; arXiv:1506.02025
    """, [MNISTClassifier.self, CNN.self])

@c(libBaselineCNN_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
