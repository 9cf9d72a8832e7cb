public import ZooManifest
public import ZooStatistics

/// A published figure beside what was measured here.
public struct PublishedComparison: Codable, Sendable, Equatable {
    public enum Verdict: String, Codable, Sendable {
        /// The published value lies within the measured interval, or the intervals overlap where a spread was published.
        case agrees
        case disagrees
        /// The same data set, but nothing is stored for it.
        case notMeasured = "not measured"
        /// The figure is of another data set, or of one that the zoo does not have, or the networks were trained on another: no comparison.
        case otherData = "other data"
    }

    public let entry: String
    public let published: PublishedFigure
    public let measured: Double?
    public let interval: Interval?
    public let verdict: Verdict

    /// - Parameters:
    ///   - dataset: what `row` was measured on.
    ///   - trainedOn: what its networks were trained on; those of publications, on what they are measured on.
    ///   - figure: what it was ranked by, "error" or a figure's name without its last part.
    public init(entry: String, _ published: PublishedFigure, dataset: String, trainedOn: String, figure: String, row: Ranking.Row?) {
        let isSame = published.dataset == dataset && trainedOn == dataset && published.metric == figure
        self.init(
            entry: entry, published, isSame: isSame, measured: isSame ? row?.mean : nil, interval: isSame ? row?.interval : nil)
    }

    /// A figure of the same data set beside what was measured, if it was.
    public init(entry: String, _ published: PublishedFigure, measured: Double?, interval: Interval?) {
        self.init(entry: entry, published, isSame: true, measured: measured, interval: interval)
    }

    private init(entry: String, _ published: PublishedFigure, isSame: Bool, measured: Double?, interval: Interval?) {
        self.entry = entry
        self.published = published
        self.measured = measured
        self.interval = interval
        guard isSame else {
            verdict = .otherData
            return
        }
        guard let interval, interval.low.isFinite, interval.high.isFinite else {
            verdict = .notMeasured
            return
        }
        let spread = published.spread ?? 0
        verdict = published.value + spread >= interval.low && published.value - spread <= interval.high ? .agrees : .disagrees
    }
}
