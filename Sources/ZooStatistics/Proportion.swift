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
