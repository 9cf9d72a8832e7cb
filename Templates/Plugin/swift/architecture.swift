import ZooKit

/// A spatial transformer that does not bet everything on its transformation.
///
/// The classifier sees the image twice, as it is and as the transformer aligned it, and the two answers (logits) are
/// averaged. At the beginning, when the transformation is the identity, this is exactly the plain classifier. In training
/// the two answers are also drawn towards each other, by a loss that stands beside the cross entropy.
final class {{TYPE}}: Architecture, Component {
    static let id = "{{ID}}"
    static let summary = "Two views: the mean of the classifier's logits for the image and for the aligned image"
    static let paper = "arXiv:1506.02025"
    // What an entry has to fill, with components of any plugin.
    static let slots = [
        Slot("localization", .localization, "predicts the transformation from the input"),
        Slot("transformer", .transformer, "family of the transformation, and how it samples"),
        Slot("extractor", .extractor, "the classification network, for both views"),
    ]
    // A recipe may weigh it otherwise: "losses": {"agreement": 0.1}.
    static let losses = [Loss("agreement", weight: 0.01, "mean squared difference between the logits of both views")]
    static let wiring: Wiring? = Wiring(
        .input,
        """
        x ─┬─→ {localization} ─→ θ ─┐
           ├──────→ {transformer} warp ──→ {extractor} ─┐
           └─────────────────────────────→ {extractor} ─┴─ mean ──→ logits
        """)

    let parameters = Parameters()
    private let localization: any LocalizationNet
    private let transformer: any SpatialTransformer
    private let extractor: any FeatureExtractor

    init(_ build: Build) throws {
        let input = build.input
        // A part is asked for with the size of what it will get.
        transformer = try build.transformer("transformer", input: input)
        let size = transformer.outputSize(height: input.height, width: input.width)
        guard size == (input.height, input.width) else {
            throw ZooError("{{ID}}: the transformer changes the image's size; both views go to one classifier", .badArgument)
        }
        extractor = try build.extractor("extractor", input: input, classes: build.outputs)
        localization = try build.localization("localization", input: input, outputs: transformer.parameterCount)
        try parameters["localization"].adopt(localization)
        try parameters["transformer"].adopt(transformer)
        try parameters["extractor"].adopt(extractor)
    }

    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor {
        let theta = try transformer.transformation(offset: localization.forward(x))
        let aligned = try transformer.warp(x, theta)
        // The harness measures poses by these.
        trace?.theta(1, theta)
        trace?.warped(aligned)
        let (plain, other) = (try extractor.logits(x), try extractor.logits(aligned))
        if parameters.isTraining {
            let difference = try plain - other
            trace?.loss("agreement", try (difference * difference).mean())
        }
        return try (plain + other) * 0.5
    }
}
