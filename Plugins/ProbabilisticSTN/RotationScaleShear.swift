import Glibc
import ZooKit

/// Rotation, scaling and shearing about the centre, each within bounds [SS25, arXiv:2509.11218]: θ = R(α) · [1 m; 0 1] · diag(s, t).
///
/// The parameters are α in radians, ln s, ln t and m. Each is bounded by b · tanh(p / b), whose slope at 0 is 1, so that
/// small parameters are what they say.
final class RotationScaleShear: AffineFamily, Component {
    static let id = "rotation-scale-shear"
    static let summary = "Rotation, scaling along both sides and shearing, within bounds: 4 parameters, angle, ln s, ln t, shear"
    static let paper = "arXiv:2509.11218"
    static let options =
        WarpSettings.options + [
            Option.double("max_angle", default: 180, in: 1...360, "largest rotation, in degrees"),
            Option.double("max_scale", default: 2, in: 1.01...64, "largest factor of scaling, up and down"),
            Option.double("max_shear", default: 0.5, in: 0.01...8, "largest shear"),
        ]

    let parameters = Parameters()
    let identity: [Double] = [0, 0, 0, 0]
    let settings: WarpSettings
    private let bounds: [Double]
    private let aspect: PixelAspect

    init(_ build: Build) throws {
        settings = try WarpSettings(build)
        aspect = PixelAspect(build.input)
        let scale = try log(build.double("max_scale"))
        bounds = try [build.double("max_angle") * .pi / 180, scale, scale, build.double("max_shear")]
    }

    func transformation(_ parameters: Tensor) throws -> Tensor {
        let p = try zip(columns(parameters), bounds).map { p, bound throws(ZooError) in try (p * (1 / bound)).tanh() * bound }
        let (cos, sin, shear) = (try p[0].cos(), try p[0].sin(), p[3])
        let (wide, high) = (try p[1].exp(), try p[2].exp())
        let upper = try (cos * shear - sin) * high
        let skew = try aspect.skewed(upper, sin * wide)
        let zero = try Tensor.zerosLike(cos)
        return try matrix([cos * wide, skew.upper, zero, skew.lower, (sin * shear + cos) * high, zero])
    }
}
