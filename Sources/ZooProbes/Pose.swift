import Foundation
import ZooCore
import ZooStatistics

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

/// Predicted against applied, one number per image: how well the one follows the other.
public struct PoseFit: Sendable, Equatable {
    /// Of the line through all points with the smallest sum of squared *orthogonal* distances (Deming regression, both errors
    /// equal). 1: the transformation is undone wholly, up to a pose that all images share.
    public let slope: Double
    public let intercept: Double
    /// Square of the correlation; 0 where the prediction does not vary.
    public let r2: Double
    /// Standard deviation within classes of predicted - applied: how much the pose still varies that the classifier sees.
    public let spread: Double

    /// - Parameter period: 360 for angles in degrees: differences that a whole turn apart are the same. Each class's predictions are
    ///   continued around the class's mean difference, so that no point jumps.
    /// - Returns: nil with fewer than three points, or where they determine no line: `applied` does not vary.
    public init?(applied: [Double], predicted: [Double], classes: [Int], period: Double? = nil) {
        guard applied.count == predicted.count, applied.count == classes.count, applied.count >= 3 else { return nil }
        let continued = Self.continued(applied: applied, predicted: predicted, classes: classes, period: period)
        // What does not vary still differs by the rounding of float32 matrices.
        guard let low = applied.min(), let high = applied.max(), high - low > 1e-3 else { return nil }
        guard let line = Deming(x: applied, y: continued) else { return nil }
        slope = line.slope
        intercept = line.intercept
        // Of a prediction that does not vary nothing is explained, though the line fits it.
        r2 = continued.allSatisfy { $0 == continued[0] } ? 0 : line.rSquared
        spread = Self.spread(zip(continued, applied).map { $0 - $1 }, classes: classes)
    }

    /// 95 % BCa intervals of the slope and the spread (see `Bootstrap`), from images drawn with replacement; angles are continued once, before
    /// anything is drawn. nil where the draws determine no line.
    static func intervals(
        applied: [Double], predicted: [Double], classes: [Int], period: Double?, resamples: Int, stream: RandomStream
    ) -> (slope: Interval, spread: Interval)? {
        let continued = continued(applied: applied, predicted: predicted, classes: classes, period: period)
        guard let line = Deming.estimate(x: applied, y: continued, resamples: resamples, stream: stream),
            let spread = SpreadWithinClasses(zip(continued, applied).map { $0 - $1 }, classes: classes)
        else { return nil }
        return (line.slope, spread.interval(resamples: resamples, stream: stream))
    }

    /// The standard deviation of values about the means of their classes, with as many degrees of freedom as there are values less classes.
    public static func spread(_ values: [Double], classes: [Int]) -> Double {
        SpreadWithinClasses(values, classes: classes)?.value ?? .nan
    }

    /// The predictions with whole periods added, so that predicted - applied lies within half a period of its class's circular mean.
    public static func continued(applied: [Double], predicted: [Double], classes: [Int], period: Double?) -> [Double] {
        guard let period else { return predicted }
        var sums: [Int: (Double, Double)] = [:]
        for (index, label) in classes.enumerated() {
            let phase = 2 * Double.pi * (predicted[index] - applied[index]) / period
            sums[label, default: (0, 0)].0 += sin(phase)
            sums[label, default: (0, 0)].1 += cos(phase)
        }
        return classes.indices.map { index in
            let (sine, cosine) = sums[classes[index]] ?? (0, 1)
            let centre = atan2(sine, cosine) / (2 * .pi) * period
            let difference = predicted[index] - applied[index] - centre
            return predicted[index] - period * (difference / period).rounded()
        }
    }
}
