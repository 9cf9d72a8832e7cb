import ZooKit

/// The copies of an image among which a canonical one is chosen: turned back by every multiple of 360°/N.
struct Orbit {
    static let rotations = Option.int("rotations", default: 8, in: 1...360, "N: the poses are multiples of 360°/N")

    let count: Int
    let padding: PaddingMode

    init(_ build: Build) throws {
        count = try build.int(Self.rotations.name)
        padding = try PaddingMode(build)
    }

    /// Degrees from one pose to the next.
    var step: Double { 360 / Double(count) }

    /// The pose of copy k, in degrees anticlockwise; in the copy it is undone.
    func angle(_ k: Int) -> Double { step * Double(k) }

    /// Copy k of images `N×C×H×W`.
    func copy(_ k: Int, of x: Tensor) throws(ZooError) -> Tensor { try x.rotated(degrees: -angle(k), paddingMode: padding) }

    /// The rotations that only move pixels: of the poses those are exchanged exactly.
    var invariance: Stage.Symmetry { .movingPixels(among: count) }

    /// Sampling matrices, `N×2×3`, that turn images of `height`×`width` pixels by `-angles` degrees, `N`.
    static func theta(undoing angles: Tensor, height: Int, width: Int) throws -> Tensor {
        let radians = try angles * (-Double.pi / 180)
        let (cosine, sine) = (try radians.cos(), try radians.sin())
        let aspect = Double(height) / Double(width)
        let zero = try sine * 0
        let rows = [cosine, try -sine * aspect, zero, try sine * (1 / aspect), cosine, zero]
        return try Tensor.stack(rows, dim: 1).reshape([-1, 2, 3])
    }
}
