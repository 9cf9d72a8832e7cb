import ZooKit

/// STN-C0: θ = loc(x), and the classifier sees ST(x; θ) [JSZK15, arXiv:1506.02025]; with `iterations`, θ is refined on
/// the transformed image [FJL20, arXiv:2004.11678].
final class STNInput: Architecture, Component {
    static let id = "stn-input"
    static let summary = "STN-C0: transforms the input image before the classifier sees it"
    static let paper = "arXiv:1506.02025"
    static let options = [IterativeTransformer.option()]
    static let slots = [
        Slot("localization", .localization, "predicts the transformation from the input"),
        Slot("transformer", .transformer, "family of the transformation, and how it samples"),
        Slot("extractor", .extractor, "the classification network, on the transformed image"),
    ]
    static let wiring: Wiring? = Wiring(
        .input,
        """
        x ─┬─→ {localization} ─→ θ ─┐
           └──────→ {transformer} warp ──→ {extractor} ──→ logits
        {iterations} × : θ ← θ · M({localization}(warped x)), always sampling x
        """)

    let parameters = Parameters()
    private let classifier: AlignedClassifier

    init(_ build: Build) throws { classifier = try AlignedClassifier(build, in: parameters) }

    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor { try classifier(x, trace: trace) }
}

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: STNInput
    version: 1.1.0
    licence: Apache-2.0
    summary: Spatial transformer on the input (STN-C0), once or several times
    authors: The STN Zoo authors
    papers: arXiv:1506.02025; arXiv:2004.11678
    """, [STNInput.self])

@c(libSTNInput_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
