import Foundation

/// An interval of confidence, and how it was made.
public struct Interval: Codable, Sendable, Equatable {
    public enum Method: String, Codable, Sendable {
        /// Student's t over independent values.
        case studentT = "t"
        case wilson
        case clopperPearson = "Clopper-Pearson"
        /// Bootstrap, quantiles of the replicates.
        case percentile
        /// Bootstrap, bias-corrected and accelerated.
        case bca = "BCa"
        /// t with variances of seeds and images.
        case crossed = "crossed t"
    }

    public let low, high: Double
    /// Share of such intervals that hold the true value: 0.95.
    public let level: Double
    public let method: Method

    public init(low: Double, high: Double, level: Double, method: Method) {
        self.low = low
        self.high = high
        self.level = level
        self.method = method
    }

    public func contains(_ value: Double) -> Bool { low <= value && value <= high }
}

/// The mean of independent values with its interval by Student's t: of a figure over seeds.
///
/// It says where the mean over *all* seeds lies, on the same test images. Of other images of the same kind it says nothing; see
/// `CrossedEffect` and docs/statistics.md.
public struct MeanEstimate: Codable, Sendable, Equatable {
    public let mean: Double
    /// With n − 1 degrees of freedom; 0 for a single value.
    public let standardDeviation: Double
    public let count: Int
    /// nil for a single value, of which nothing follows about others.
    public let interval: Interval?

    /// nil without values or where one is not finite.
    public init?(_ values: [Double], level: Double = 0.95) {
        guard !values.isEmpty, values.allSatisfy(\.isFinite) else { return nil }
        mean = values.mean
        count = values.count
        guard count > 1 else {
            standardDeviation = 0
            interval = nil
            return
        }
        standardDeviation = values.variance.squareRoot()
        let half = StudentT(degrees: Double(count - 1)).quantile((1 + level) / 2) * standardDeviation / Double(count).squareRoot()
        interval = Interval(low: mean - half, high: mean + half, level: level, method: .studentT)
    }
}

/// How many of n images are wrong, with the interval of the chance of a wrong one: of a single run's error.
public struct Proportion: Codable, Sendable, Equatable {
    public let successes, count: Int

    /// nil where 0 ≤ successes ≤ count and count > 0 do not hold.
    public init?(_ successes: Int, of count: Int) {
        guard count > 0, (0...count).contains(successes) else { return nil }
        self.successes = successes
        self.count = count
    }

    public var value: Double { Double(successes) / Double(count) }

    /// E. B. Wilson's score interval (*JASA* 22, 1927), without continuity correction: covers at the stated rate on average, and
    /// never leaves [0, 1].
    public func wilson(level: Double = 0.95) -> Interval {
        let z = Normal.quantile((1 + level) / 2)
        let n = Double(count)
        let centre = (value + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (value * (1 - value) / n + z * z / (4 * n * n)).squareRoot()
        return Interval(
            low: successes == 0 ? 0 : max(0, centre - half), high: successes == count ? 1 : min(1, centre + half), level: level,
            method: .wilson)
    }

    /// The exact interval of C. J. Clopper and E. S. Pearson (*Biometrika* 26, 1934): never covers less often than stated, mostly more.
    public func clopperPearson(level: Double = 0.95) -> Interval {
        let tail = (1 - level) / 2
        let (k, n) = (Double(successes), Double(count))
        let low = successes == 0 ? 0 : Beta(k, n - k + 1).quantile(tail)
        let high = successes == count ? 1 : Beta(k + 1, n - k).quantile(1 - tail)
        return Interval(low: low, high: high, level: level, method: .clopperPearson)
    }
}

extension Collection<Double> {
    /// NaN of nothing.
    package var mean: Double { reduce(0, +) / Double(count) }

    /// With n − 1 degrees of freedom.
    var variance: Double {
        let centre = mean
        return reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(count - 1)
    }
}
