import ZooStore

/// Whether a network knows how sure it may be: the share of right answers among those given with about the same confidence.
///
/// Confidence is the probability of the class that is read. The expected calibration error is Σ n_b/N · |accuracy_b − confidence_b|
/// over bins of equal width [Guo, Pleiss, Sun, Weinberger, ICML 2017, arXiv:1706.04599, section 2].
public struct Calibration: Sendable, Equatable {
    /// Answers with confidence in (low, high].
    public struct Bin: Sendable, Equatable {
        public let low, high: Double
        public let count: Int
        /// Means; NaN in an empty bin.
        public let confidence, accuracy: Double
    }

    public let bins: [Bin]

    /// - Parameters:
    ///   - confidences: 0 to 1, one per image.
    ///   - isRight: whether that answer was right.
    public init(confidences: [Double], isRight: [Bool], bins count: Int = 15) {
        var sums = [(count: Int, confidence: Double, right: Int)](repeating: (0, 0, 0), count: max(1, count))
        for (confidence, right) in zip(confidences, isRight) where confidence.isFinite {
            let place = min(max(Int((confidence * Double(sums.count)).rounded(.up)) - 1, 0), sums.count - 1)
            sums[place].count += 1
            sums[place].confidence += confidence
            sums[place].right += right ? 1 : 0
        }
        let total = sums.count
        bins = sums.enumerated().map { place, sum in
            Bin(
                low: Double(place) / Double(total), high: Double(place + 1) / Double(total), count: sum.count,
                confidence: sum.confidence / Double(sum.count), accuracy: Double(sum.right) / Double(sum.count))
        }
    }

    /// The expected calibration error; NaN without images.
    public var error: Double {
        let all = bins.reduce(0) { $0 + $1.count }
        return bins.filter { $0.count > 0 }.reduce(0) { $0 + Double($1.count) * abs($1.accuracy - $1.confidence) } / Double(all)
    }

    func table(_ name: String) -> Measurement.Table {
        .init(
            name,
            [
                .init("low", .numbers(bins.map(\.low))), .init("high", .numbers(bins.map(\.high))),
                .init("images", .integers(bins.map(\.count))), .init("confidence", .numbers(bins.map(\.confidence))),
                .init("accuracy", .numbers(bins.map(\.accuracy))),
            ])
    }
}
