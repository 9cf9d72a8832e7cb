import ZooKit

/// Canonicalization in closed form.
///
/// The image is turned about its centre so that its centre of brightness lies to the right, and the classifier sees the
/// turned image. Nothing is learned for it, and it follows every rotation. It differs from what other architectures
/// promise, so it says so in its traits: its pose is not the identity before training, and no gradient goes through it.
/// It also promises more: logits that do not change under quarter turns.
final class {{TYPE}}: Architecture, Component {
    static let id = "{{ID}}"
    static let summary = "Canonicalization in closed form: the centre of brightness is turned to the right"
    static let paper = "arXiv:2211.06489"
    static let slots = [Slot("extractor", .extractor, "the classification network, on the turned image")]
    static let wiring: Wiring? = Wiring(
        .input,
        """
        x ─┬─→ direction of the centre of brightness ─┐
           └──────→ x turned back by it ──→ {extractor} ──→ logits
        """)

    private static let smallest = Operator("aten::amin")
    private static let arctangent = Operator("aten::atan2")

    let parameters = Parameters()
    // What 'zoo plugin check' holds it to.
    let traits = Traits(isPosedAtFirst: true, isPoseDetached: true, invariance: .init(rotations: 4, mirror: false))
    private let input: ImageShape
    private let extractor: any FeatureExtractor
    /// (H·W)×2: how far every pixel is to the right of the centre, and above it.
    private let places: Tensor

    init(_ build: Build) throws {
        input = build.input
        extractor = try build.extractor("extractor", input: input, classes: build.outputs)
        try parameters["extractor"].adopt(extractor)
        let (middleX, middleY) = (Double(input.width - 1) / 2, Double(input.height - 1) / 2)
        var list: [Double] = []
        for y in 0..<input.height {
            for x in 0..<input.width { list += [Double(x) - middleX, middleY - Double(y)] }
        }
        places = try Tensor(list, [input.height * input.width, 2])
    }

    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor {
        guard x.ndim == 4, try x.size(2) == input.height, try x.size(3) == input.width else {
            throw ZooError("{{ID}} was built for images of \(input); got shape \(x.shape)", .badArgument)
        }
        let theta = try noGrad { try undo(direction(x)).to(dtype: x.dtype) }
        let turned = try x.warp(theta, height: input.height, width: input.width, paddingMode: .border)
        trace?.theta(1, theta)
        trace?.warped(turned)
        return try extractor.logits(turned, trace: trace)
    }

    /// The angle of the centre of brightness, `N`, in radians, anticlockwise from the right. In float64, as what is left and right of
    /// the centre nearly cancels.
    private func direction(_ x: Tensor) throws -> Tensor {
        let plane = try x.to(dtype: .float64).mean(dim: [1]).flatten()
        let centre = try (plane - Self.smallest(plane, [1], true)).matmul(places.to(device: x.device))
        return try Self.arctangent(centre.select(dim: 1, index: 1), centre.select(dim: 1, index: 0))
    }

    /// θ, `N×2×3`, which turns an image clockwise by an angle. A pixel is as long as its side is short in coordinates of
    /// [-1, 1].
    private func undo(_ angle: Tensor) throws -> Tensor {
        let aspect = Double(input.height) / Double(input.width)
        let (cosine, sine, zero) = (try angle.cos(), try angle.sin(), try angle * 0)
        let rows = [cosine, try sine * aspect, zero, try sine * (-1 / aspect), cosine, zero]
        return try Tensor.stack(rows, dim: 1).reshape([-1, 2, 3])
    }
}
