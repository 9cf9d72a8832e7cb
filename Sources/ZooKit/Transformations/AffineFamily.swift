/// A family within the affine maps: it says how θ, `N×2×3`, comes from its parameters, and everything else follows.
///
///     final class Shear: AffineFamily {
///         static let id = "shear"
///         static let summary = "Shears along x: 1 parameter, the shift of the lower edge in half sides"
///         let parameters = Parameters()
///         let identity: [Double] = [0]
///         let settings: WarpSettings
///         init(_ build: Build) throws { settings = try WarpSettings(build) }
///         func transformation(_ parameters: Tensor) throws -> Tensor {
///             let shear = try columns(parameters)[0]
///             let zero = try Tensor.zerosLike(shear)
///             return try matrix([zero + 1, shear, zero, zero, zero + 1, zero])
///         }
///     }
///
/// Transformations compose and have inverses as matrices do; whether they stay within the family is the family's
/// affair.
public protocol AffineFamily: MatrixFamily {}

extension AffineFamily {
    public func compose(_ first: Tensor, _ second: Tensor) throws -> Tensor {
        try first.homogeneous().matmul(second.homogeneous()).narrow(dim: 1, start: 0, length: 2)
    }

    public func invert(_ theta: Tensor) throws -> Tensor { try theta.homogeneous().inverse().narrow(dim: 1, start: 0, length: 2) }

    /// θ, `N×2×3`, from its six entries a, b, tx, c, d, ty of [a b tx; c d ty], each `N×1`.
    ///
    /// - Throws: ``ZooError`` if there are not six, or their shapes differ.
    public func matrix(_ entries: [Tensor]) throws(ZooError) -> Tensor { try Tensor.cat(entries, dim: 1).reshape([-1, 2, 3]) }
}
