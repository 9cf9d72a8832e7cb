import ZooKit

/// Projective maps: M(p) = I + [p1 p2 p3; p4 p5 p6; p7 p8 0], N×3×3 [LL17, arXiv:1612.03897].
///
/// A homography is its matrix up to a factor; products and inverses are divided by their lower right element.
final class Homography: MatrixFamily {
    static let id = "homography"
    static let summary = "Projective maps: 8 parameters, added to the 3×3 identity"
    static let paper = "arXiv:1612.03897"

    let parameters = Parameters()
    let identity = [Double](repeating: 0, count: 8)
    let settings: WarpSettings

    init(_ build: Build) throws { settings = try WarpSettings(build) }

    func transformation(_ parameters: Tensor) throws -> Tensor {
        let p = try columns(parameters)
        let offset = try Tensor.cat([parameters, Tensor.zerosLike(p[0])], dim: 1).reshape([-1, 3, 3])
        return try offset + Tensor.eye(3).to(device: parameters.device, dtype: parameters.dtype)
    }

    func compose(_ first: Tensor, _ second: Tensor) throws -> Tensor { try normalised(first.matmul(second)) }

    func invert(_ theta: Tensor) throws -> Tensor { try normalised(theta.inverse()) }

    private func normalised(_ theta: Tensor) throws -> Tensor {
        try theta / theta.narrow(dim: 1, start: 2, length: 1).narrow(dim: 2, start: 2, length: 1)
    }
}
