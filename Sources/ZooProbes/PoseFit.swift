import Foundation
import ZooCore
import ZooStatistics

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
        // A prediction that does not vary explains nothing, although the line fits it.
        r2 = continued.allSatisfy { $0 == continued[0] } ? 0 : line.rSquared
        spread = Self.spread(zip(continued, applied).map { $0 - $1 }, classes: classes)
    }

    /// 95 % BCa intervals of the slope and the spread (see `Bootstrap`), from images drawn with replacement; angles are
    /// continued once, before anything is drawn. nil where the draws determine no line.
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

    /// The predictions with whole periods added, so that predicted - b·applied lies within half a period of its class's circular mean.
    ///
    /// Where the applied values span less than half a period, b is 1, and no turn is in doubt. Where they go all the way round, a
    /// prediction that stays would be continued to one that follows; there b is what the predictions themselves follow best.
    public static func continued(applied: [Double], predicted: [Double], classes: [Int], period: Double?) -> [Double] {
        guard let period, let low = applied.min(), let high = applied.max() else { return predicted }
        let circle = Circle(applied: applied, predicted: predicted, classes: classes, period: period)
        let share = high - low > period / 2 ? circle.followed : 1
        let sums = circle.sums(share)
        return classes.indices.map { index in
            let (sine, cosine) = sums[classes[index]] ?? (0, 1)
            let centre = atan2(sine, cosine) / (2 * .pi) * period
            let difference = predicted[index] - share * applied[index] - centre
            return predicted[index] - period * (difference / period).rounded()
        }
    }

    /// Share of predictions that are right but for half a period: within `tolerance` of the axis along which a class's differences
    /// predicted - applied lie, modulo half a period, and on the side of it where fewer of the class's images are.
    public static func reversed(applied: [Double], predicted: [Double], classes: [Int], period: Double, tolerance: Double) -> Double {
        let folded = continued(applied: applied, predicted: predicted, classes: classes, period: period / 2)
        let isOdd = classes.indices.map { Int(((predicted[$0] - folded[$0]) / (period / 2)).rounded()) % 2 != 0 }
        let differences = classes.indices.map { folded[$0] - applied[$0] }
        var count = 0
        for indices in Dictionary(grouping: classes.indices, by: { classes[$0] }).values {
            let isOddFewer = 2 * indices.count { isOdd[$0] } <= indices.count
            let axis = indices.map { differences[$0] }.sorted()[indices.count / 2]
            count += indices.count { isOdd[$0] == isOddFewer && abs(differences[$0] - axis) <= tolerance }
        }
        return classes.isEmpty ? .nan : Double(count) / Double(classes.count)
    }

    /// Pairs of values that come round after a period.
    private struct Circle {
        let applied, predicted: [Double]
        let classes: [Int]
        let period: Double

        /// By class the sums of the sines and cosines of predicted - share·applied.
        func sums(_ share: Double) -> [Int: (sine: Double, cosine: Double)] {
            var sums: [Int: (sine: Double, cosine: Double)] = [:]
            for (index, label) in classes.enumerated() {
                let phase = 2 * Double.pi * (predicted[index] - share * applied[index]) / period
                sums[label, default: (0, 0)].sine += sin(phase)
                sums[label, default: (0, 0)].cosine += cos(phase)
            }
            return sums
        }

        /// The share of the applied values that leaves what remains of the predicted ones least scattered around the circle.
        var followed: Double {
            var (best, length) = (1.0, -1.0)
            for step in -10...30 {
                let share = Double(step) / 20
                let found = sums(share).values.reduce(0) { $0 + ($1.sine * $1.sine + $1.cosine * $1.cosine).squareRoot() }
                if found > length { (best, length) = (share, found) }
            }
            return best
        }
    }
}
