import ZooKit

/// Rotations with scaling and translation: θ = [1 + a, -b, tx; b, 1 + a, ty], as in [LL17, arXiv:1612.03897].
///
/// Scale s and angle α are (1 + a, b) = s · (cos α, sin α): every similarity without reflection has parameters, and the
/// identity has none but zeros.
final class Similarity: AffineFamily {
    static let id = "similarity"
    static let summary = "Rotation, scaling and translation: 4 parameters a, b, tx, ty of [1+a -b tx; b 1+a ty]"
    static let paper = "arXiv:1612.03897"

    let parameters = Parameters()
    let identity: [Double] = [0, 0, 0, 0]
    let settings: WarpSettings
    private let aspect: PixelAspect

    init(_ build: Build) throws {
        settings = try WarpSettings(build)
        aspect = PixelAspect(build.input)
    }

    func transformation(_ parameters: Tensor) throws -> Tensor {
        let p = try columns(parameters)
        let diagonal = try p[0] + 1
        let skew = try aspect.skewed(-p[1], p[1])
        return try matrix([diagonal, skew.upper, p[2], skew.lower, diagonal, p[3]])
    }
}
