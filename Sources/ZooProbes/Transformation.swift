import Foundation
import ZooCore
import ZooData

/// A transformation T_g of the plane, as the matrix that samples with it: (T_g f)(u) = f(S·u).
///
/// S is 2×3 row-major and maps output to input coordinates: [-1, 1] from edge to edge, x to the right and y down,
/// align_corners = false. A positive angle turns the picture anticlockwise, a factor above 1 makes it larger, a positive
/// shift moves it right and down, and a positive shear moves what lies above the middle to the left.
public struct Transformation: Sendable, Equatable {
    /// What can be done without interpolation on a square pixel grid.
    public enum Exact: Sendable, Equatable {
        /// Quarter turns anticlockwise.
        case quarters(Int)
        /// Left to right.
        case mirror
        /// Whole pixels to the right and down.
        case shift(Int, Int)
        /// Every pixel a square of that many pixels a side, about the centre of the image.
        case enlarged(Int)
        /// The inverse: one pixel of every such square.
        case reduced(Int)
    }

    public let name: String
    /// S.
    public let sampling: [Double]
    public let exact: Exact?

    public static let identity = Transformation(name: "none", sampling: Perturbation.identity, exact: .shift(0, 0))

    public static func rotation(degrees: Double, aspect: Double = 1) -> Transformation {
        let quarters = degrees / 90
        return Transformation(
            name: "rotation \(plain(degrees))°", sampling: Perturbation.rotation(degrees: degrees, aspect: aspect),
            exact: quarters == quarters.rounded() && aspect == 1 ? .quarters(Int(quarters)) : nil)
    }

    public static let mirror = Transformation(name: "mirror", sampling: [-1, 0, 0, 0, 1, 0], exact: .mirror)

    public static func scaling(_ factor: Double) -> Transformation {
        Transformation(name: "scaling ×\(plain(factor))", sampling: Perturbation.scaling(factor), exact: nil)
    }

    /// A scaling by a whole factor that repeats pixels, as an image that is constant on each of them is scaled.
    public static func enlarging(_ factor: Int) -> Transformation {
        Transformation(name: "scaling ×\(factor) by pixels", sampling: Perturbation.scaling(Double(factor)), exact: .enlarged(factor))
    }

    /// x ← x + `factor` · y, in pixels.
    public static func shear(_ factor: Double, aspect: Double = 1) -> Transformation {
        Transformation(name: "shear \(plain(factor))", sampling: [1, -factor * aspect, 0, 0, 1, 0], exact: nil)
    }

    /// A shift by pixels of an image of that size.
    public static func shift(x: Double, y: Double, height: Int, width: Int) -> Transformation {
        let whole = x == x.rounded() && y == y.rounded()
        return Transformation(
            name: "shift \(plain(x)), \(plain(y)) px", sampling: [1, 0, -2 * x / Double(width), 0, 1, -2 * y / Double(height)],
            exact: whole ? .shift(Int(x), Int(y)) : nil)
    }

    /// The sampling matrix of T_g⁻¹.
    public var inverse: [Double] { Self.inverse(sampling) }

    static func inverse(_ s: [Double]) -> [Double] {
        let determinant = s[0] * s[4] - s[1] * s[3]
        let (a, b, c, d) = (s[4] / determinant, -s[1] / determinant, -s[3] / determinant, s[0] / determinant)
        return [a, b, -(a * s[2] + b * s[5]), c, d, -(c * s[2] + d * s[5])]
    }
}
