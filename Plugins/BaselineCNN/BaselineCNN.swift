import ZooKit

/// The MNIST classifier of [JSZK15, arXiv:1506.02025] and [FJL20, arXiv:2004.11678]: convolution 9×9, max-pool 2, ReLU,
/// convolution 7×7, max-pool 2, ReLU, linear.
final class MNISTClassifier: StagedExtractor, Component {
    static let id = "mnist-cnn"
    static let summary = "MNIST classifier: conv 9×9 and 7×7 of 64 channels, each with max-pool 2 and ReLU; linear"
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
                MaxPool2d(kernelSize: 2), ReLU(),
            ])
        }
        self.chain = chain
        classifier = try chain.linearClassifier(build, in: parameters["classifier"])
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
