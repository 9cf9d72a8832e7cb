public import ZooCore

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
