import Foundation
public import ZooCore

/// What is done to an image before anyone sees it: a random pose, given as the sampling matrix of that pose.
///
/// Matrices are row-major, 2×3 or (homographies) 3×3, and map output to input coordinates: [-1, 1] from edge to edge, x to
/// the right and y down, align_corners = false.
public enum Perturbation: Sendable, Hashable {
    /// Nothing: upright.
    case none
    /// A rotation about the centre, uniform in ± this many degrees; bilinear, 0 outside.
    case rotation(degrees: Double)
    /// A translation by whole pixels, uniform in ± this many along each axis. Whole ones, as in the code of [FJL20,
    /// arXiv:2004.11678], so nothing is blurred.
    case translation(pixels: Int)
    /// A scaling about the centre by 2^u, u uniform in `exponents`; above 0 the picture grows.
    case scaling(exponents: ClosedRange<Double>)
    /// A scaling by 2^u and a rotation, both about the centre, and then a translation, each as above and independent of the others: a
    /// set in the manner of SIM2MNIST [Esteves et al. 2018, arXiv:1709.01889, section 5.1].
    case similarity(degrees: Double, exponents: ClosedRange<Double>, pixels: Int)
    /// A homography that takes the canonical square's corners to places with normal noise: of deviation `corner` on every
    /// coordinate of every corner, and `shift` on both coordinates of all four alike [LL17, arXiv:1612.03897, section 5].
    ///
    /// Noise that folds the square is drawn again: no homography shows such a picture whole. (One draw in some thousands.)
    case homography(corner: Double, shift: Double)

    /// The sampling matrix of one draw: 6 numbers, of a homography 9, the last one 1. A positive angle turns the picture
    /// anticlockwise, a positive translation moves it to the right and down.
    ///
    /// - Parameters:
    ///   - aspect: height / width of the image in pixels, for a rotation has to be one in pixels.
    ///   - width: of the image in pixels, which a translation is counted in.
    public func theta(_ stream: RandomStream, aspect: Double = 1, width: Int = 1) -> [Double] {
        switch self {
        case .none: Self.identity
        case .rotation: Self.rotation(degrees: angle(stream), aspect: aspect)
        case .translation(let pixels):
            Self.translation(
                x: Self.whole(stream.uniform(at: 0), pixels), y: Self.whole(stream.uniform(at: 1), pixels), aspect: aspect, width: width)
        case .scaling(let exponents): Self.scaling(Self.factor(stream.uniform(at: 0), exponents))
        case .similarity(_, let exponents, let pixels):
            Self.similarity(
                degrees: angle(stream), factor: Self.factor(stream.uniform(at: 1), exponents),
                x: Self.whole(stream.uniform(at: 2), pixels), y: Self.whole(stream.uniform(at: 3), pixels), aspect: aspect, width: width)
        case .homography(let corner, let shift): Self.homography(corner: corner, shift: shift, stream)
        }
    }

    /// The angle of one draw in degrees, anticlockwise; 0 where nothing turns.
    public func angle(_ stream: RandomStream) -> Double {
        switch self {
        case .rotation(let degrees), .similarity(let degrees, _, _): degrees * (2 * stream.uniform(at: 0) - 1)
        default: 0
        }
    }

    /// How many numbers its matrices have: 9 for homographies, otherwise 6.
    public var matrixCount: Int {
        if case .homography = self { 9 } else { 6 }
    }

    public static let identity: [Double] = [1, 0, 0, 0, 1, 0]

    /// The sampling matrix that turns the picture by `degrees` anticlockwise. Exact for multiples of 90°.
    public static func rotation(degrees: Double, aspect: Double = 1) -> [Double] {
        let (sine, cosine): (Double, Double) =
            switch degrees.truncatingRemainder(dividingBy: 360) {
            case 0: (0, 1)
            case 90, -270: (1, 0)
            case 180, -180: (0, -1)
            case 270, -90: (-1, 0)
            case let angle: (sin(angle * .pi / 180), cos(angle * .pi / 180))
            }
        return [cosine, -sine * aspect, 0, sine / aspect, cosine, 0]
    }

    /// The sampling matrix that moves the picture by pixels of an image of that width.
    public static func translation(x: Int, y: Int, aspect: Double = 1, width: Int) -> [Double] {
        let perPixel = 2 / Double(max(1, width))
        return [1, 0, -perPixel * Double(x), 0, 1, -perPixel * Double(y) / aspect]
    }

    /// The sampling matrix that makes the picture `factor` times as large.
    public static func scaling(_ factor: Double) -> [Double] { [1 / factor, 0, 0, 0, 1 / factor, 0] }

    /// The sampling matrix that makes the picture `factor` times as large, turns it by `degrees` anticlockwise, and moves it by pixels of
    /// an image of that width.
    public static func similarity(degrees: Double, factor: Double, x: Int, y: Int, aspect: Double = 1, width: Int) -> [Double] {
        let turn = rotation(degrees: degrees, aspect: aspect).map { $0 / factor }
        let shift = translation(x: x, y: y, aspect: aspect, width: width)
        let (right, down) = (shift[2], shift[5])
        return [turn[0], turn[1], turn[0] * right + turn[1] * down, turn[3], turn[4], turn[3] * right + turn[4] * down]
    }

    private static func factor(_ uniform: Double, _ exponents: ClosedRange<Double>) -> Double {
        exp2(exponents.lowerBound + (exponents.upperBound - exponents.lowerBound) * uniform)
    }

    /// The homography that takes (-1, -1), (1, -1), (1, 1), (-1, 1) to four corners, 3×3 with the last element 1; nil unless
    /// they are the corners of a convex quadrilateral in that sense of rotation. Heckbert, *Fundamentals of texture mapping
    /// and image warping*, 1989, section 2.2.3.
    public static func homography(to corners: [SIMD2<Double>]) -> [Double]? {
        guard corners.count == 4 else { return nil }
        for index in 0..<4 {
            let edge = corners[(index + 1) % 4] - corners[index]
            let next = corners[(index + 2) % 4] - corners[(index + 1) % 4]
            guard edge.x * next.y - edge.y * next.x > 1e-6 else { return nil }
        }
        let (a, b, c, d) = (corners[0], corners[1], corners[2], corners[3])
        let (u, v, sum) = (b - c, d - c, a - b + c - d)
        let determinant = u.x * v.y - v.x * u.y
        // From the unit square.
        let g = (sum.x * v.y - v.x * sum.y) / determinant
        let h = (u.x * sum.y - sum.x * u.y) / determinant
        let (first, second) = (b - a + g * b, d - a + h * d)
        // And from [-1, 1] to it: x ↦ (x + 1) / 2.
        let last = g / 2 + h / 2 + 1
        let rows = [first.x, second.x, a.x, first.y, second.y, a.y, g, h, 1]
        return (0..<9).map { place in
            let row = place / 3 * 3
            return (place % 3 < 2 ? rows[place] / 2 : rows[row] / 2 + rows[row + 1] / 2 + rows[row + 2]) / last
        }
    }

    private static func homography(corner: Double, shift: Double, _ stream: RandomStream) -> [Double] {
        var sequence = stream.sequence()
        for _ in 0..<100 {
            let shared = SIMD2(sequence.normal(), sequence.normal()) * shift
            let corners = [SIMD2(-1.0, -1), SIMD2(1, -1), SIMD2(1, 1), SIMD2(-1, 1)].map {
                $0 + shared + corner * SIMD2(sequence.normal(), sequence.normal())
            }
            if let matrix = Self.homography(to: corners) { return matrix }
        }
        return identity + [0, 0, 1]
    }

    /// A whole number in -limit ... limit, each as likely.
    private static func whole(_ uniform: Double, _ limit: Int) -> Int {
        Int((uniform * Double(2 * limit + 1)).rounded(.down)) - limit
    }
}
