import ZooKit

/// Rotations about the centre: θ = [cos α, -sin α, 0; sin α, cos α, 0], which turns the image anticlockwise by α
/// radians.
final class Rotation: AffineFamily {
    static let id = "rotation"
    static let summary = "Rotations about the centre: 1 parameter, the angle in radians"
    static let paper = "arXiv:1506.02025"

    let parameters = Parameters()
    let identity: [Double] = [0]
    let settings: WarpSettings
    private let aspect: PixelAspect

    init(_ build: Build) throws {
        settings = try WarpSettings(build)
        aspect = PixelAspect(build.input)
    }

    func transformation(_ parameters: Tensor) throws -> Tensor {
        let angle = try columns(parameters)[0]
        let (cos, sin) = (try angle.cos(), try angle.sin())
        let zero = try Tensor.zerosLike(angle)
        let skew = try aspect.skewed(-sin, sin)
        return try matrix([cos, skew.upper, zero, skew.lower, cos, zero])
    }
}
