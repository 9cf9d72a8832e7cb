/// A family of spatial transformations: from K parameters to a transformation θ, and the warp that applies it [JSZK15,
/// arXiv:1506.02025, section 3.2].
///
/// Coordinates are [-1, 1] from edge to edge of the image (`align_corners = false`), x to the right, y down. θ maps
/// output to input coordinates; it is `N×2×3` for families of affine maps, `N×3×3` for projective ones, and any other
/// tensor that the family's own ``warp(_:_:height:width:)`` takes. ``AffineFamily`` and ``MatrixFamily`` write a family
/// of matrices with less code.
public protocol SpatialTransformer: Module {
    /// The number of parameters, K.
    var parameterCount: Int { get }
    /// The parameters of the identity, K numbers.
    var identity: [Double] { get }
    /// Whether ``compose(_:_:)`` works.
    var composes: Bool { get }
    /// Whether ``invert(_:)`` works.
    var inverts: Bool { get }
    /// The size in pixels that an image of `height×width` has after the warp; the same by default.
    func outputSize(height: Int, width: Int) -> (height: Int, width: Int)
    /// The transformations of some parameters.
    ///
    /// - Parameter parameters: `N×K`.
    /// - Returns: θ.
    /// - Throws: `badArgument` if `parameters` has another shape.
    func transformation(_ parameters: Tensor) throws -> Tensor
    /// The matrix product first · second: it samples where `first` maps the places that `second` names.
    ///
    /// - Throws: `unsupported` if transformations of this family do not compose.
    func compose(_ first: Tensor, _ second: Tensor) throws -> Tensor
    /// The inverses of transformations.
    ///
    /// - Throws: `unsupported` if transformations of this family have no inverses.
    func invert(_ theta: Tensor) throws -> Tensor
    /// Samples images bilinearly at transformed places. Differentiable in both.
    ///
    /// - Parameters:
    ///   - images: `N×C×H×W`.
    ///   - theta: `N` transformations.
    ///   - height: Of the output, in pixels.
    ///   - width: Of the output, in pixels.
    /// - Returns: `N×C×height×width`.
    /// - Throws: ``ZooError`` if the numbers of images and transformations differ, or a shape is another.
    func warp(_ images: Tensor, _ theta: Tensor, height: Int, width: Int) throws -> Tensor
}

extension SpatialTransformer {
    public func outputSize(height: Int, width: Int) -> (height: Int, width: Int) { (height, width) }
    public func compose(_ first: Tensor, _ second: Tensor) throws -> Tensor { throw ZooError("this family does not compose", .unsupported) }
    public func invert(_ theta: Tensor) throws -> Tensor { throw ZooError("this family has no inverse", .unsupported) }

    /// The transformations of parameters = identity + offset.
    ///
    /// - Parameter offset: `N×K`, the output of a localization net.
    public func transformation(offset: Tensor) throws -> Tensor {
        let start = try Tensor(identity, [1, parameterCount]).to(device: offset.device, dtype: offset.dtype)
        return try transformation(offset + start)
    }

    /// Samples images at transformed places, to the size that ``outputSize(height:width:)`` says.
    public func warp(_ images: Tensor, _ theta: Tensor) throws -> Tensor {
        let size = try outputSize(height: images.size(-2), width: images.size(-1))
        return try warp(images, theta, height: size.height, width: size.width)
    }

    /// The shape `C×H×W` that one image of shape `input` has after the warp.
    public func outputShape(of input: ImageShape) -> ImageShape {
        let size = outputSize(height: input.height, width: input.width)
        return ImageShape(input.channels, size.height, size.width)
    }
}
