import Foundation
public import ZooCore

/// Whether two classifiers, trained once each, err equally often on the same images (Q. McNemar, *Psychometrika* 12, 1947).
///
/// Only the images that exactly one of them gets tell. Under the null each of them is a fair coin, which gives an exact test;
/// with 25 or more the mid-p value is taken, which is less conservative and holds its level in practice (M. W. Fagerland,
/// S. Lydersen, P. Laake, *BMC Medical Research Methodology* 13:91, 2013).
public struct McNemar: Codable, Sendable, Equatable {
    public enum Method: String, Codable, Sendable {
        case exact = "exact binomial"
        case midP = "mid-p"
    }

    /// Images that only the first, only the second gets.
    public let onlyFirst, onlySecond: Int
    /// Two-sided.
    public let p: Double
    public let method: Method

    /// Discordant images from which on the mid-p value is taken.
    public static let few = 25

    /// - Parameters: counts of images, not negative.
    public init(onlyFirst: Int, onlySecond: Int) {
        self.onlyFirst = max(0, onlyFirst)
        self.onlySecond = max(0, onlySecond)
        let count = self.onlyFirst + self.onlySecond
        let smaller = min(self.onlyFirst, self.onlySecond)
        let coin = Binomial(count: count, chance: 0.5)
        let exact = min(1, 2 * coin.cumulative(smaller))
        method = count < Self.few ? .exact : .midP
        // With equal counts the middle belongs to both tails.
        let midP = self.onlyFirst == self.onlySecond ? 1 - coin.mass(smaller) / 2 : 2 * coin.cumulative(smaller) - coin.mass(smaller)
        p = method == .exact ? exact : midP
    }
}

/// Whether values are spread evenly around 0, by turning their signs at random (R. A. Fisher, *The Design of Experiments*, 1935):
/// the permutation test of paired samples.
public struct SignFlip: Codable, Sendable, Equatable {
    /// Two-sided.
    public let p: Double
    /// Sign patterns that were tried.
    public let patterns: Int
    /// Whether these are all that there are; else drawn at random, and `p` counts the observed one among them.
    public let isExact: Bool

    /// Values up to which all patterns are tried.
    public static let exactUpTo = 16

    /// - Parameters:
    ///   - differences: one per pair, independent of each other: per seed, or per image for one pair of trained networks.
    ///   - resamples: patterns to draw where there are too many to try all.
    ///   - stream: the same one gives the same bits.
    public init(_ differences: [Double], resamples: Int = 10_000, stream: RandomStream) {
        // A zero has no sign.
        let values = differences.filter { $0 != 0 }
        let observed = abs(values.reduce(0, +))
        // Sums in another order differ in the last bits.
        let bound = observed - 1e-12 * values.reduce(0) { $0 + abs($1) }
        isExact = values.count <= Self.exactUpTo
        if isExact {
            patterns = 1 << values.count
            var extreme = 0
            for pattern in 0..<patterns {
                var sum = 0.0
                for index in values.indices { sum += pattern >> index & 1 == 0 ? values[index] : -values[index] }
                if abs(sum) >= bound { extreme += 1 }
            }
            p = Double(extreme) / Double(patterns)
        } else {
            patterns = max(0, resamples)
            var extreme = 0
            for round in 0..<patterns {
                let draw = stream.appending(UInt64(round))
                var sum = 0.0
                for start in stride(from: 0, to: values.count, by: 64) {
                    var bits = draw.bits(at: UInt64(start / 64))
                    for index in start..<min(start + 64, values.count) {
                        sum += bits & 1 == 0 ? values[index] : -values[index]
                        bits >>= 1
                    }
                }
                if abs(sum) >= bound { extreme += 1 }
            }
            p = Double(extreme + 1) / Double(patterns + 1)
        }
    }
}

/// p-values corrected for their number, so that the chance of any false claim among them stays at the level (S. Holm, *A simple
/// sequentially rejective multiple test procedure*, Scandinavian Journal of Statistics 6, 1979). No assumption about dependence.
public enum Holm {
    /// In the order given; never below the original, never above 1.
    public static func corrected(_ values: [Double]) -> [Double] {
        var result = values
        var largest = 0.0
        for (rank, index) in values.indices.sorted(by: { values[$0] < values[$1] }).enumerated() {
            largest = max(largest, min(1, Double(values.count - rank) * values[index]))
            result[index] = largest
        }
        return result
    }
}

/// How large a difference is, whatever the sample's size.
public enum EffectSize {
    /// Cohen's d_z of paired seeds: the mean difference in units of its standard deviation from seed to seed (J. Cohen, *Statistical
    /// Power Analysis for the Behavioral Sciences*, 1988). nil for fewer than two seeds or without variation.
    public static func dz(_ differences: [Double]) -> Double? {
        guard differences.count > 1 else { return nil }
        let deviation = differences.variance.squareRoot()
        return deviation > 0 ? differences.mean / deviation : nil
    }

    /// The odds ratio of matched pairs with its interval: how many images only the first gets for each that only the second gets.
    ///
    /// It is what McNemar's test is about, and unlike Cohen's h it uses the pairing: two networks that miss the same 2 % and two that miss
    /// different 2 % are told apart by the counts beside it. The interval is Clopper and Pearson's, of the share among the discordant.
    public static func oddsRatio(onlyFirst: Int, onlySecond: Int, level: Double = 0.95) -> (value: Double, interval: Interval)? {
        guard let share = Proportion(onlyFirst, of: onlyFirst + onlySecond) else { return nil }
        func odds(_ p: Double) -> Double { p < 1 ? p / (1 - p) : .infinity }
        let range = share.clopperPearson(level: level)
        return (
            onlySecond > 0 ? Double(onlyFirst) / Double(onlySecond) : .infinity,
            Interval(low: odds(range.low), high: odds(range.high), level: level, method: .clopperPearson)
        )
    }
}
