import ZooKit

/// All affine maps: the six numbers of θ = [a b tx; c d ty], row by row [JSZK15, arXiv:1506.02025, equation 1].
final class Affine: AffineFamily {
    static let id = "affine"
    static let summary = "Affine maps: 6 parameters, the 2×3 matrix itself"
    static let paper = "arXiv:1506.02025"

    let parameters = Parameters()
    let identity: [Double] = [1, 0, 0, 0, 1, 0]
    let settings: WarpSettings

    init(_ build: Build) throws { settings = try WarpSettings(build) }

    func transformation(_ parameters: Tensor) throws -> Tensor { try matrix(columns(parameters)) }
}
