import ZooKit

/// The upper bound of alignment: the classifier sees the image with its known transformation undone.
///
/// The transformation comes in through the buffer "truth.theta", N×2×3 or N×3×3: the sampling matrices (output to
/// input, coordinates [-1, 1]) that made the batch from the untransformed images. The harness, which knows them, replaces the
/// buffer's contents before each forward pass; one matrix serves a whole batch. The input is resampled with the
/// inverse. Until then it holds the identity, and this is the plain CNN; a warning says so once.
final class Oracle: Architecture, Component {
    static let id = "oracle"
    static let summary = "The input aligned by its known transformation, then the CNN: the upper bound of what aligning can give"
    static let paper = "arXiv:2004.14716"
    static let slots = [Slot("extractor", .extractor, "the classification network, on the aligned image")]
    static let wiring: Wiring? = Wiring(
        .input,
        """
        x ──→ warp by the inverse of the known θ ──→ {extractor} ──→ logits
        """)
    static let options = [
        Option.ints("size", default: [], in: 1...4096, "height and width of the aligned image in pixels; empty: as the input"),
        PaddingMode.option(default: .border),
    ]

    let parameters = Parameters()
    private let extractor: any FeatureExtractor
    private let truth: Tensor
    private let height, width: Int
    private let paddingMode: PaddingMode
    private var hasWarned = false

    init(_ build: Build) throws {
        let size = try build.ints("size")
        guard size.isEmpty || size.count == 2 else {
            throw ZooError("oracle: 'size' is height and width; \(size.count) numbers were given", .badArgument)
        }
        (height, width) = size.count == 2 ? (size[0], size[1]) : (build.input.height, build.input.width)
        paddingMode = try PaddingMode(build)
        extractor = try build.extractor("extractor", input: ImageShape(build.input.channels, height, width), classes: build.outputs)
        truth = try parameters["truth"].buffer("theta", Tensor([1, 0, 0, 0, 1, 0] as [Float], [1, 2, 3]))
        try parameters["extractor"].adopt(extractor)
    }

    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor {
        let theta = try inverse(count: x.size(0)).to(device: x.device, dtype: x.dtype)
        trace?.theta(1, theta)
        let aligned = try x.warp(theta.contiguous(), height: height, width: width, paddingMode: paddingMode)
        trace?.warped(aligned)
        return try extractor.logits(aligned, trace: trace)
    }

    /// The inverses of the known transformations, N×2×3 or N×3×3, in float64: a product of close to equal numbers in
    /// float32 would show.
    private func inverse(count: Int) throws -> Tensor {
        let shape = truth.shape
        guard shape.count == 3, shape == [shape[0], 2, 3] || shape == [shape[0], 3, 3], shape[0] == 1 || shape[0] == count else {
            throw ZooError("oracle: truth.theta has shape \(shape); for this batch it must be \(count)×2×3 or \(count)×3×3", .badArgument)
        }
        let matrix = try truth.detach().to(dtype: .float64)
        if !hasWarned, shape[0] == 1, count > 1, try matrix.narrow(dim: 1, start: 0, length: 2).doubles() == [1, 0, 0, 0, 1, 0] {
            Engine.log(.warning, "oracle: nobody has set truth.theta, so the image is classified as it is")
            hasWarned = true
        }
        let isAffine = shape[1] == 2
        let inverse = try matrix.homogeneous().inverse()
        return try (isAffine ? inverse.narrow(dim: 1, start: 0, length: 2) : inverse).expand([count, isAffine ? 2 : 3, 3])
    }
}

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: Oracle
    version: 1.0.0
    licence: Apache-2.0
    summary: The upper bound: the input aligned by its known transformation
    authors: The STN Zoo authors
    papers: arXiv:2004.14716
    """, [Oracle.self])

@c(libOracle_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
