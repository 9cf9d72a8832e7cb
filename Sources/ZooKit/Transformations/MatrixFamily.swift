/// A family whose transformations are matrices, `N×2×3` or `N×3×3`: they compose, have inverses, and are sampled by the
/// engine's own warp.
///
/// ``AffineFamily`` is the shorter way to a family within the affine maps.
public protocol MatrixFamily: SpatialTransformer, Component {
    /// What its users set: the values outside an image, and the size of the warped image.
    var settings: WarpSettings { get }
}

extension MatrixFamily {
    public static var options: [Option] { WarpSettings.options }
    public var parameterCount: Int { identity.count }
    public var composes: Bool { true }
    public var inverts: Bool { true }

    public func outputSize(height: Int, width: Int) -> (height: Int, width: Int) { settings.outputSize(height: height, width: width) }

    public func warp(_ images: Tensor, _ theta: Tensor, height: Int, width: Int) throws -> Tensor {
        try images.warp(theta, height: height, width: width, paddingMode: settings.paddingMode)
    }

    /// The K columns of parameters, each `N×1`.
    ///
    /// - Parameter parameters: `N×K`.
    /// - Throws: `badArgument` if `parameters` has another shape.
    public func columns(_ parameters: Tensor) throws(ZooError) -> [Tensor] {
        let shape = parameters.shape
        guard shape.count == 2, shape[1] == parameterCount else {
            throw ZooError("family '\(Self.id)' takes parameters of shape N×\(parameterCount), not \(shape)", .badArgument)
        }
        return try parameters.split(1, dim: 1)
    }
}
