import ZooKit

/// STN-DLX: θ = loc(f′₁..X(x)) with f′ an unshared copy of the classifier's first stages, and the classifier sees ST(x;
/// θ) [FJL20, arXiv:2004.11678].
///
/// f′ is of the same kind as the classification network and draws initial weights of its own; they are named
/// localization.features.….
final class STNDeep: Architecture, Component {
    static let id = "stn-deep"
    static let summary = "STN-DLX: transforms the input; localization on an own copy of the classifier's first stages"
    static let paper = "arXiv:2004.11678"
    static let options = [
        Option.int("depth", default: 1, in: 1...64, "X, the number of stages, not shared, that the localization net stands on"),
        IterativeTransformer.option(),
    ]
    static let slots = [
        Slot("localization", .localization, "predicts the transformation from the features of the unshared stages"),
        Slot("transformer", .transformer, "family of the transformation of the input, and how it samples"),
        Slot(
            "extractor", .extractor,
            "the classification network, on the transformed image; localization stands on a copy of its first stages"),
    ]
    static let wiring: Wiring? = Wiring(
        .input,
        """
        x ─┬─→ copy of {extractor} stages 1..{depth} ─→ {localization} ─→ θ ─┐
           └────────────────────→ {transformer} warp ──→ {extractor} ──→ logits
        weights of the copy are its own; {iterations} × with θ ← θ · M(…)
        """)

    let parameters = Parameters()
    private let classifier: AlignedClassifier

    init(_ build: Build) throws {
        let input = build.input
        let depth = try build.int("depth")
        let scope = parameters["localization"]["features"]
        classifier = try AlignedClassifier(build, in: parameters) { _, _ in
            let copy = try build.extractor("extractor", input: input, classes: 0)
            let shape = try copy.shape(after: depth, input: input, option: "depth")
            try scope.adopt(copy, firstStages: depth, input: input)
            return .features(of: copy, depth: depth, shape: shape)
        }
    }

    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor { try classifier(x, trace: trace) }
}

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: STNDeep
    version: 1.0.0
    licence: Apache-2.0
    summary: Spatial transformer on the input, localization as deep as the classifier (STN-DLX)
    authors: The STN Zoo authors
    papers: arXiv:2004.11678
    """, [STNDeep.self])

@c(libSTNDeep_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
