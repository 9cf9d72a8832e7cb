import ZooKit

/// TI-pooling [Laptev et al. 2016, arXiv:1604.06318]: all rotated copies of the image through one network, and the
/// largest value of every feature over the copies before the classifier; trained so.
///
/// The features are those of the extractor's last stage, so they are pooled place by place. With quarter turns among the
/// copies they do not change when a square image is turned by one.
final class TIPooling: Architecture, Component {
    static let id = "ti-pooling"
    static let summary = "TI-pooling: the largest of every feature over rotated copies of the image, in training too"
    static let paper = "arXiv:1604.06318"
    static let slots = [Slot("extractor", .extractor, "the classification network")]
    static let wiring: Wiring? = Wiring(
        .input,
        """
        x ──→ {count} rotated copies of x ──→ stages of {extractor}, each ──→ maximum over copies ──→ classifier ──→ logits
        """)
    static let options = [
        Option.int("count", default: 8, in: 1...360, "number of copies, by multiples of 360° divided by it"),
        Option.bool("mirror", default: false, "also the mirror image of every copy"),
        PaddingMode.option(default: .border),
    ]

    private static let larger = Operator("aten::maximum")

    let parameters = Parameters()
    var traits: Traits { Traits(invariance: .movingPixels(among: count, mirror: mirrors)) }
    private let extractor: any FeatureExtractor
    private let count: Int
    private let mirrors: Bool
    private let paddingMode: PaddingMode

    init(_ build: Build) throws {
        count = try build.int("count")
        mirrors = try build.bool("mirror")
        paddingMode = try PaddingMode(build)
        extractor = try build.extractor("extractor", input: build.input, classes: build.outputs)
        try parameters["extractor"].adopt(extractor)
    }

    /// Logits; the trace gets the stages of the image as it is, the last one pooled.
    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor {
        let stages = extractor.stages.count
        if trace != nil { _ = try extractor.forward(x, stages: 0..<stages - 1, trace: trace) }
        var pooled: Tensor?
        for k in 0..<count {
            let copy = try x.rotated(degrees: 360 * Double(k) / Double(count), paddingMode: paddingMode)
            for image in mirrors ? [copy, try copy.flip(dims: [-1])] : [copy] {
                let features = try extractor.forward(image, stages: 0..<stages)
                pooled = try pooled.map { try Self.larger($0, features) } ?? features
            }
        }
        guard let pooled else { throw ZooError("there is no copy to pool over", .badArgument) }
        trace?.stage(stages, pooled)
        return try extractor.classify(pooled)
    }
}

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: TIPooling
    version: 1.0.0
    licence: Apache-2.0
    summary: Features pooled over rotated copies of the image
    authors: The STN Zoo authors
    papers: arXiv:1604.06318
    """, [TIPooling.self])

@c(libTIPooling_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
