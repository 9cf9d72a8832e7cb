/// A classifier that aligns its input first: θ = loc(features(x)), and the extractor classifies ST(x; θ), once or
/// iteratively.
///
/// This is what STN-C0 [JSZK15, arXiv:1506.02025], STN-SLX and STN-DLX [FJL20, arXiv:2004.11678] and IC-STN [LL17,
/// arXiv:1612.03897] have in common; they differ in what the localization net looks at and in how transformations are
/// composed. The parts come from the slots "localization", "transformer" and "extractor" and are named so among the
/// parameters; the number of iterations is the option "iterations" (``IterativeTransformer/option(default:)``).
///
///     init(_ build: Build) throws { classifier = try AlignedClassifier(build, in: parameters) }
///     func forward(_ x: Tensor, trace: Trace?) throws -> Tensor { try classifier(x, trace: trace) }
public struct AlignedClassifier {
    /// What a localization net looks at.
    public struct View {
        let shape: ImageShape
        let features: (Tensor) throws -> Tensor

        /// The image itself.
        public static func image(_ shape: ImageShape) -> View { View(shape: shape) { $0 } }

        /// The output of an extractor's first stages.
        ///
        /// - Parameters:
        ///   - extractor: Whose stages are used.
        ///   - depth: The number of stages.
        ///   - shape: The shape `C×H×W` of what the stages give for an image of the size that is to be aligned.
        public static func features(of extractor: any FeatureExtractor, depth: Int, shape: ImageShape) -> View {
            View(shape: shape) { try extractor.forward($0, stages: 0..<depth) }
        }
    }

    /// The family of transformations, and how often it is applied.
    public let spatial: IterativeTransformer
    /// The classification network, built for aligned images.
    public let extractor: any FeatureExtractor
    /// Predicts the transformation.
    public let localization: any LocalizationNet
    private let view: View

    /// Makes the parts and takes them in.
    ///
    /// - Parameters:
    ///   - build: The architecture's.
    ///   - parameters: The architecture's.
    ///   - order: How iterations are composed.
    ///   - view: What the localization net looks at, from the classification network and the shape `C×H×W` of the
    ///     aligned images that it was built for; the image unless given.
    /// - Throws: `badArgument` if a part or setting does not fit.
    public init(
        _ build: Build, in parameters: Parameters, order: IterativeTransformer.Order = .right,
        view: ((_ extractor: any FeatureExtractor, _ aligned: ImageShape) throws -> View)? = nil
    ) throws {
        let input = build.input
        let transformer = try build.transformer("transformer", input: input)
        spatial = try IterativeTransformer(transformer, iterations: build.int("iterations"), order: order)
        let aligned = transformer.outputShape(of: input)
        extractor = try build.extractor("extractor", input: aligned, classes: build.outputs)
        try parameters["extractor"].adopt(extractor)
        self.view = try view?(extractor, aligned) ?? .image(input)
        localization = try build.localization("localization", input: self.view.shape, outputs: transformer.parameterCount)
        try parameters["localization"].adopt(localization)
        try parameters["transformer"].adopt(transformer)
    }

    /// Aligns and classifies images. The trace gets "theta.1", …, "warped" and the output of every stage.
    ///
    /// - Parameters:
    ///   - x: `N×C×H×W`.
    ///   - origin: Where alignment does not start from the identity: the images that are sampled, and the
    ///     transformation that made `x` of them.
    ///   - trace: Gets what happens on the way, if there is one.
    /// - Returns: Logits, `N×classes` or `N×heads×classes`.
    /// - Throws: What the parts throw.
    public func callAsFunction(_ x: Tensor, from origin: (image: Tensor, theta: Tensor)? = nil, trace: Trace?) throws -> Tensor {
        let aligned = try spatial(x, from: origin, trace: trace) { try localization.forward(view.features($0)) }
        return try extractor.logits(aligned, trace: trace)
    }
}
