import Foundation

/// A weighted sum of means that was estimated from seeds, with what is known about it.
///
/// docs/statistics.md says which test is made from what.
public struct Contrast: Codable, Sendable, Equatable {
    public enum Test: String, Codable, Sendable {
        /// Student's t over seeds × images, both being samples: `CrossedEffect`.
        case crossed = "crossed t"
        /// Student's t over seeds, of the sums that each seed gives.
        case paired = "paired t"
        /// Welch's t of the distances from the medians (M. B. Brown, A. B. Forsythe, *JASA* 69, 1974).
        case deviations = "Brown-Forsythe"
    }

    public let test: Test
    public let seeds: Int
    public let estimate, standardError, degreesOfFreedom: Double

    /// A sum over answers to the same images.
    ///
    /// - Parameter terms: a weight, and one row per seed of one value per image.
    /// - Returns: nil for fewer than two seeds, or rows that do not fit together.
    public init?(images terms: [(weight: Double, rows: [[Double]])]) {
        guard let first = terms.first, terms.allSatisfy({ $0.rows.map(\.count) == first.rows.map(\.count) }) else { return nil }
        let rows = first.rows.indices.map { seed in
            first.rows[seed].indices.map { image in terms.reduce(0) { $0 + $1.weight * $1.rows[seed][image] } }
        }
        guard let table = PairedDifferences(rows), let effect = CrossedEffect(table) else { return nil }
        (test, seeds, estimate) = (.crossed, rows.count, effect.mean)
        (standardError, degreesOfFreedom) = (effect.standardError, effect.degreesOfFreedom)
    }

    /// A sum over one figure per seed. The seeds of the terms are paired.
    ///
    /// - Returns: nil for fewer than two seeds, different numbers of them, or a value that is not finite.
    public init?(values terms: [(weight: Double, values: [Double])]) {
        guard let count = terms.first?.values.count, count > 1, terms.allSatisfy({ $0.values.count == count }) else { return nil }
        let sums = (0..<count).map { seed in terms.reduce(0) { $0 + $1.weight * $1.values[seed] } }
        guard sums.allSatisfy(\.isFinite) else { return nil }
        (test, seeds, estimate) = (.paired, count, sums.mean)
        standardError = (sums.variance / Double(count)).squareRoot()
        degreesOfFreedom = Double(count - 1)
    }

    /// How much farther the first values lie from their median than the second from theirs, on average: of figures over seeds, the
    /// stability of a training.
    ///
    /// - Returns: nil for fewer than three values on one side (two are always equally far from their median), or a
    ///   value that is not finite.
    public init?(deviations first: [Double], minus second: [Double]) {
        guard min(first.count, second.count) > 2, (first + second).allSatisfy(\.isFinite) else { return nil }
        func distances(_ values: [Double]) -> [Double] {
            let median = values.sorted().quantile(0.5)
            return values.map { abs($0 - median) }
        }
        let (a, b) = (distances(first), distances(second))
        let (u, v) = (a.variance / Double(a.count), b.variance / Double(b.count))
        (test, seeds, estimate) = (.deviations, min(a.count, b.count), a.mean - b.mean)
        standardError = (u + v).squareRoot()
        // Welch and Satterthwaite's.
        degreesOfFreedom = u + v > 0 ? (u + v) * (u + v) / (u * u / Double(a.count - 1) + v * v / Double(b.count - 1)) : 1
    }

    public func interval(level: Double) -> Interval {
        let half = StudentT(degrees: degreesOfFreedom).quantile((1 + level) / 2) * standardError
        return Interval(low: estimate - half, high: estimate + half, level: level, method: test == .crossed ? .crossed : .studentT)
    }

    /// Two-sided, of the sum being this number. Without any variation it is 0 or 1.
    public func p(against value: Double) -> Double {
        guard standardError > 0 else { return estimate == value ? 1 : 0 }
        return StudentT(degrees: degreesOfFreedom).twoSided((estimate - value) / standardError)
    }

    /// Of the sum lying exactly `margin` away from a target: small where it clearly lies nearer, or clearly farther.
    /// Twice the larger p-value of the two one-sided tests (D. J. Schuirmann, *Journal of Pharmacokinetics and
    /// Biopharmaceutics* 15, 1987).
    public func p(of target: Double, margin: Double) -> Double {
        let distance = abs(estimate - target)
        guard standardError > 0 else { return distance == margin ? 1 : 0 }
        return StudentT(degrees: degreesOfFreedom).twoSided((margin - distance) / standardError)
    }
}
