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

    /// The part of it that lies within bounds: a share is no less than 0 and no more than 1, whatever t says of few seeds.
    public func clipped(to bounds: ClosedRange<Double>) -> Interval {
        Interval(low: max(bounds.lowerBound, low), high: min(bounds.upperBound, high), level: level, method: method)
    }
}
