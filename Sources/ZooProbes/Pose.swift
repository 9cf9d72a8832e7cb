import Foundation

/// A transformation of the plane taken apart.
///
/// The sampling matrix [A | t], in pixels about the image's centre, is A = R(α)·P with R the nearest rotation and P symmetric
/// (the angle that the authors of [FJL20, arXiv:2004.11678] use). What is told is what happens to the *picture*: sampling with
/// a small A shows a large picture.
public struct Pose: Sendable, Equatable {
    /// α, degrees, anticlockwise, in (-180, 180].
    public var rotation: Double
    /// log2 of the picture's size: -½·log2 |det A|.
    public var scale: Double
    /// 2·P₁₂ / (P₁₁ + P₂₂): 0 for similarities.
    public var shear: Double
    /// log2 of P₂₂ / P₁₁: how much wider than high the picture is made. NaN if one of them is not positive.
    public var stretch: Double
    /// Where the picture's centre goes, pixels to the right and down.
    public var x, y: Double
    /// det A < 0: the picture is mirrored.
    public var isMirrored: Bool

    /// - Parameters:
    ///   - sampling: 2×3 or 3×3 row-major, output to input in coordinates of [-1, 1]; of a homography the affine map that touches it
    ///     at the centre is taken.
    ///   - height, width: of the image, in pixels.
    /// - Returns: nil for a matrix that is singular or contains NaN or infinity.
    public init?(sampling: [Double], height: Int, width: Int) {
        guard let m = Self.affine(sampling) else { return nil }
        let (w, h) = (Double(width) / 2, Double(height) / 2)
        let (a, b, c, d) = (m[0], m[1] * w / h, m[3] * h / w, m[4])
        let determinant = a * d - b * c
        guard determinant.isFinite, abs(determinant) > 1e-12, m[2].isFinite, m[5].isFinite else { return nil }
        let angle = atan2(c - b, a + d)
        // P = R(-α)·A.
        let (sine, cosine) = (sin(angle), cos(angle))
        let (p, q, r) = (cosine * a + sine * c, cosine * b + sine * d, -sine * b + cosine * d)
        rotation = angle * 180 / .pi
        scale = -0.5 * log2(abs(determinant))
        shear = 2 * q / (p + r)
        stretch = p > 0 && r > 0 ? log2(r / p) : .nan
        let (tx, ty) = (m[2] * w, m[5] * h)
        x = -(d * tx - b * ty) / determinant
        y = -(a * ty - c * tx) / determinant
        isMirrored = determinant < 0
    }

    /// The affine map that touches a homography at the centre.
    private static func affine(_ m: [Double]) -> [Double]? {
        guard m.count == 9 else { return m.count == 6 ? m : nil }
        guard abs(m[8]) > 1e-12 else { return nil }
        // (row·u + t) / (g·u + w) at u = 0: value t/w, derivative row/w - t·g/w².
        let w = m[8]
        func row(_ a: Double, _ b: Double, _ t: Double) -> [Double] {
            let place = t / w
            return [(a - place * m[6]) / w, (b - place * m[7]) / w, place]
        }
        return row(m[0], m[1], m[2]) + row(m[3], m[4], m[5])
    }

    /// A 3×3 matrix product, row-major.
    static func product(_ a: [Double], _ b: [Double]) -> [Double] {
        (0..<9).map { place in
            let (row, column) = (place / 3 * 3, place % 3)
            return a[row] * b[column] + a[row + 1] * b[3 + column] + a[row + 2] * b[6 + column]
        }
    }

    /// 2×3 or 3×3 as 3×3.
    static func homogeneous(_ m: [Double]) -> [Double] { m.count == 6 ? m + [0, 0, 1] : m }

    /// The inverse of a 3×3 matrix; nil for a singular one.
    static func inverse(_ m: [Double]) -> [Double]? {
        func minor(_ i: Int, _ j: Int) -> Double {
            let (top, bottom) = (i == 0 ? 3 : 0, i == 2 ? 3 : 6)
            let (left, right) = (j == 0 ? 1 : 0, j == 2 ? 1 : 2)
            return m[top + left] * m[bottom + right] - m[top + right] * m[bottom + left]
        }
        let determinant = m[0] * minor(0, 0) - m[1] * minor(0, 1) + m[2] * minor(0, 2)
        guard determinant.isFinite, abs(determinant) > 1e-12 else { return nil }
        return (0..<9).map { place in
            let (i, j) = (place / 3, place % 3)
            let cofactor = (i + j) % 2 == 0 ? minor(j, i) : -minor(j, i)
            return cofactor / determinant
        }
    }
}
