import ZooKit

/// STN-CX: z = f₁..X(x), θ = loc(z), and the rest of the classifier sees ST(z; θ) [JSZK15, arXiv:1506.02025]. What it
/// does to invariance is the subject of [FJL20, arXiv:2004.11678].
///
/// With `placements`, one such transformer at each of several depths, each with a localization net of its own, as in
/// the code of [FJL20]; depth 0 is the input image. Their parameters are localization.1.… and so on, in the order of
/// depth; a single one's are localization.….
final class STNFeatureMap: Architecture, Component {
    static let id = "stn-featuremap"
    static let summary = "STN-CX: transforms the feature map after X stages, predicted from that map; or at several depths"
    static let paper = "arXiv:1506.02025"
    static let options = [
        Option.int("depth", default: 1, in: 1...64, "X, the number of stages before the transformer"),
        Option.ints("placements", default: [], in: 0...64, "several depths, ascending, instead of 'depth'; 0 is the input"),
    ]
    static let slots = [
        Slot("localization", .localization, "predicts the transformation from the feature map"),
        Slot("transformer", .transformer, "family of the transformation of the feature map, and how it samples"),
        Slot("extractor", .extractor, "the classification network, whose feature maps are transformed"),
    ]
    static let wiring: Wiring? = Wiring(
        .features,
        """
        x ──→ {extractor} stages 1..X ─┬─→ {localization} ─→ θ ─┐
                                       └────→ {transformer} warp ──→ the other stages ──→ logits
        X = {depth}, or each of {placements} if that is not empty; 0 is the input
        """)

    private struct Placement {
        let depth: Int
        let transformer: any SpatialTransformer
        let localization: any LocalizationNet
    }

    let parameters = Parameters()
    private let extractor: any FeatureExtractor
    private let placements: [Placement]

    init(_ build: Build) throws {
        let input = build.input
        let list = try build.ints("placements")
        let name = list.isEmpty ? "depth" : "placements"
        let depths = try list.isEmpty ? [build.int("depth")] : list
        guard zip(depths, depths.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw ZooError("'placements' must be ascending depths without repetition, not \(depths)", .badArgument)
        }
        // A resampling changes the sizes of the stages after it, so the extractor is made anew once it is known.
        var resamplings: [Resampling] = []
        var extractor = try build.extractor("extractor", input: input, classes: build.outputs)
        var sites: [(depth: Int, shape: ImageShape, transformer: any SpatialTransformer)] = []
        for depth in depths {
            let shape = try extractor.shape(after: depth, input: input, option: name)
            let transformer = try build.transformer("transformer", input: shape)
            sites.append((depth, shape, transformer))
            let warped = transformer.outputShape(of: shape)
            guard warped != shape else { continue }
            resamplings.append(Resampling(after: depth, height: warped.height, width: warped.width))
            extractor = try build.extractor("extractor", input: input, classes: build.outputs, resamplings: resamplings)
        }
        self.extractor = extractor
        placements = try sites.map { site in
            Placement(
                depth: site.depth, transformer: site.transformer,
                localization: try build.localization("localization", input: site.shape, outputs: site.transformer.parameterCount))
        }
        try parameters["extractor"].adopt(extractor)
        for (index, placement) in placements.enumerated() {
            func scope(_ slot: String) -> Scope { placements.count == 1 ? parameters[slot] : parameters[slot]["\(index + 1)"] }
            try scope("localization").adopt(placement.localization)
            try scope("transformer").adopt(placement.transformer)
        }
    }

    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor {
        var features = x
        var depth = 0
        for (index, placement) in placements.enumerated() {
            features = try extractor.forward(features, stages: depth..<placement.depth, trace: trace)
            depth = placement.depth
            let theta = try placement.transformer.transformation(offset: placement.localization.forward(features))
            trace?.theta(index + 1, theta)
            features = try placement.transformer.warp(features, theta)
            trace?.warped(features)
        }
        features = try extractor.forward(features, stages: depth..<extractor.stages.count, trace: trace)
        return try extractor.classify(features)
    }
}

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: STNFeatureMap
    version: 1.0.0
    licence: Apache-2.0
    summary: Spatial transformers of feature maps (STN-CX), at one depth or several
    authors: The STN Zoo authors
    papers: arXiv:1506.02025; arXiv:2004.11678
    """, [STNFeatureMap.self])

@c(libSTNFeatureMap_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
