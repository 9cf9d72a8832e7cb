import ZooKit

/// STN-SLX: θ = loc(f₁..X(x)) with f the classifier's own stages, and the classifier sees ST(x; θ) [FJL20,
/// arXiv:2004.11678].
///
/// The shared stages exist once and are trained by both of their uses.
final class STNShared: Architecture, Component {
    static let id = "stn-shared"
    static let summary = "STN-SLX: transforms the input; localization on the classifier's own first stages, shared"
    static let paper = "arXiv:2004.11678"
    static let options = [
        Option.int("depth", default: 1, in: 1...64, "X, the number of shared stages that the localization net stands on"),
        IterativeTransformer.option(),
    ]
    static let slots = [
        Slot("localization", .localization, "predicts the transformation from the shared stages' features"),
        Slot("transformer", .transformer, "family of the transformation of the input, and how it samples"),
        Slot("extractor", .extractor, "the classification network, on the transformed image; its first stages serve localization too"),
    ]
    static let wiring: Wiring? = Wiring(
        .input,
        """
        x ─┬─→ {extractor} stages 1..{depth} ─→ {localization} ─→ θ ─┐
           └────────────────→ {transformer} warp ──→ {extractor} ──→ logits
        the stages are the classifier's own, weights shared; {iterations} × with θ ← θ · M(…)
        """)

    let parameters = Parameters()
    private let classifier: AlignedClassifier

    init(_ build: Build) throws {
        let input = build.input
        let depth = try build.int("depth")
        classifier = try AlignedClassifier(build, in: parameters) { extractor, aligned in
            // Localization sees features of the whole input, which are larger than the classifier's where warping shrinks the image.
            let sizes = aligned == input ? extractor : try build.extractor("extractor", input: input, classes: 0)
            return .features(of: extractor, depth: depth, shape: try sizes.shape(after: depth, input: input, option: "depth"))
        }
    }

    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor { try classifier(x, trace: trace) }
}

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: STNShared
    version: 1.0.0
    licence: Apache-2.0
    summary: Spatial transformer on the input, localization on the classifier's own stages (STN-SLX)
    authors: The STN Zoo authors
    papers: arXiv:2004.11678
    """, [STNShared.self])

@c(libSTNShared_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
