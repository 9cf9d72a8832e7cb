import ZooKit

/// The attention family of spatial transformers [Jaderberg et al., arXiv:1506.02025, equation 2].
///
/// Three parameters, isotropic scale s and translation (x, y): θ = [s 0 x; 0 s y]. It crops, zooms and shifts, and
/// cannot rotate. Composition, inverses and the warp are those of all affine maps; gradients come by themselves.
final class {{TYPE}}: AffineFamily {
    static let id = "{{ID}}"
    static let summary = "Attention: isotropic scale and translation, 3 parameters"
    static let paper = "arXiv:1506.02025"

    let parameters = Parameters()
    let identity: [Double] = [1, 0, 0]
    // What a user can set in zoo.json: "padding", "scale" and "size", as for every family of affine maps.
    let settings: WarpSettings

    init(_ build: Build) throws { settings = try WarpSettings(build) }

    /// `N×3` to θ, `N×2×3`.
    func transformation(_ parameters: Tensor) throws -> Tensor {
        let p = try columns(parameters)
        let zero = try Tensor.zerosLike(p[0])
        return try matrix([p[0], zero, p[1], zero, p[0], p[2]])
    }
}
