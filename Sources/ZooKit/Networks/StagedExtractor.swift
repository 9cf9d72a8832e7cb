/// A feature extractor whose stages and classifier are layers: it only has to make them.
///
///     final class TinyCNN: StagedExtractor, Component {
///         static let id = "tiny-cnn"
///         static let summary = "One convolution 5×5 of 16 channels, max-pool 2, ReLU; linear"
///         let parameters = Parameters()
///         let chain: StageChain
///         let classifier: Sequential?
///
///         init(_ build: Build) throws {
///             var chain = StageChain(build)
///             try chain.add([
///                 Conv2d(inChannels: build.input.channels, outChannels: 16, kernelSize: 5, in: parameters["conv1"]),
///                 MaxPool2d(kernelSize: 2), ReLU(),
///             ])
///             self.chain = chain
///             classifier = try chain.linearClassifier(build, in: parameters["classifier"])
///         }
///     }
public protocol StagedExtractor: FeatureExtractor {
    /// The stages with their layers.
    var chain: StageChain { get }
    /// From the last stage's output, `N×C×H×W`, to logits; nil if the extractor was built for features only.
    var classifier: Sequential? { get }
}

extension StagedExtractor {
    public var stages: [Stage] { chain.stages }

    public func forward(_ x: Tensor, stages range: Range<Int>) throws -> Tensor {
        var y = x
        for stage in chain.layers[range] { y = try stage(y) }
        return y
    }

    public func classify(_ features: Tensor) throws -> Tensor {
        guard let classifier else { throw ZooError("\(chain.id) was built for features only", .unsupported) }
        return try classifier(features)
    }
}
