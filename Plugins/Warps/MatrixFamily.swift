import ZooKit

/// A family whose transformations are matrices: they compose, invert, and are sampled by the engine's own warp.
protocol MatrixFamily: SpatialTransformer, Component {
    var sampling: Sampling { get }
}

extension MatrixFamily {
    static var options: [Option] { Sampling.options }
    var composes: Bool { true }
    var inverts: Bool { true }

    func outputSize(height: Int, width: Int) -> (height: Int, width: Int) { sampling.outputSize(height: height, width: width) }

    func warp(_ images: Tensor, _ theta: Tensor, height: Int, width: Int) throws -> Tensor {
        try images.warped(theta, height: height, width: width, padding: sampling.padding)
    }

    /// `parameters` N×K as its K columns, each N×1.
    ///
    /// - Throws: `badArgument` if the shape is another.
    func columns(_ parameters: Tensor) throws -> [Tensor] {
        let shape = parameters.shape
        guard shape.count == 2, shape[1] == parameterCount else {
            throw ZooError("family '\(Self.id)' takes parameters of shape N×\(parameterCount), not \(shape)", .badArgument)
        }
        return try parameters.split(1, dimension: 1)
    }

    func zeros(like column: Tensor) throws -> Tensor { try zerosLike(column) }
}

private let zerosLike = Operator("aten::zeros_like")

/// A matrix family within the affine maps: θ is N×2×3.
protocol AffineFamily: MatrixFamily {}

extension AffineFamily {
    func compose(_ first: Tensor, _ second: Tensor) throws -> Tensor {
        try first.homogeneous().matmul(second.homogeneous()).narrowed(1, from: 0, count: 2)
    }

    func invert(_ theta: Tensor) throws -> Tensor { try theta.homogeneous().inverse().narrowed(1, from: 0, count: 2) }

    /// θ N×2×3 from its six entries, row by row, each N×1.
    func matrix(_ entries: [Tensor]) throws -> Tensor { try Tensor.cat(entries, dimension: 1).reshaped([-1, 2, 3]) }
}

/// What makes a rotation one of the pixels: coordinates are [-1, 1] along both sides of an image, also where it is not square.
struct Aspect {
    private let ratio: Double

    init(_ input: ImageShape) { ratio = Double(input.height) / Double(input.width) }

    /// The two entries off the diagonal of θ's linear part, from what they are where a pixel's sides are equally long.
    func skewed(_ upper: Tensor, _ lower: Tensor) throws -> (upper: Tensor, lower: Tensor) {
        ratio == 1 ? (upper, lower) : try (upper * ratio, lower * (1 / ratio))
    }
}
