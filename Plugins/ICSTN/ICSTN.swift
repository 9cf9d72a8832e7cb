import ZooKit

/// IC-STN: a recurrent predictor looks at the image as warped so far, and its update is composed from the left,
/// M(p) ← M(Δp) · M(p); the final warp of the original image feeds the classifier [LL17, arXiv:1612.03897].
final class ICSTN: Architecture, Component {
    static let id = "ic-stn"
    static let summary = "IC-STN: inverse compositional alignment of the input by a recurrent predictor"
    static let paper = "arXiv:1612.03897"
    static let options = [IterativeTransformer.option(default: 4)]
    static let slots = [
        Slot("localization", .localization, "the predictor, used in every iteration: an update from the image as warped so far"),
        Slot("transformer", .transformer, "family of the transformation, which must compose, and how it samples"),
        Slot("extractor", .extractor, "the classification network, on the transformed image"),
    ]
    static let wiring: Wiring? = Wiring(
        .input,
        """
        x ──→ {transformer} warp by θ ─→ {localization} ─→ Δp,  θ ← M(Δp) · θ      {iterations} ×, one net
        x ──→ {transformer} warp by the last θ ──→ {extractor} ──→ logits
        """)

    let parameters = Parameters()
    private let predictor: any LocalizationNet
    private let spatial: IterativeTransformer
    private let extractor: any FeatureExtractor

    init(_ build: Build) throws {
        let input = build.input
        let transformer = try build.transformer("transformer", input: input)
        spatial = try IterativeTransformer(transformer, iterations: build.int("iterations"), order: .left)
        let size = transformer.outputSize(height: input.height, width: input.width)
        extractor = try build.extractor(
            "extractor", input: ImageShape(input.channels, size.height, size.width), classes: build.outputs)
        predictor = try build.localization("localization", input: input, outputs: transformer.parameterCount)
        try parameters["extractor"].adopt(extractor)
        try parameters["localization"].adopt(predictor)
        try parameters["transformer"].adopt(transformer)
    }

    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor {
        try extractor.logits(spatial(x, trace: trace) { try predictor.forward($0) }, trace: trace)
    }
}

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: ICSTN
    version: 1.0.0
    licence: Apache-2.0
    summary: Inverse compositional spatial transformer networks
    authors: The STN Zoo authors
    papers: arXiv:1612.03897
    """, [ICSTN.self])

@c(libICSTN_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
