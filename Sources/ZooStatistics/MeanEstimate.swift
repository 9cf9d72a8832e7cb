/// The mean of independent values with its interval by Student's t: of a figure over seeds.
///
/// It says where the mean over *all* seeds lies, on the same test images. Of other images of the same kind it says nothing; see
/// `CrossedEffect` and docs/statistics.md.
public struct MeanEstimate: Codable, Sendable, Equatable {
    public let mean: Double
    /// The sample standard deviation, with n − 1 degrees of freedom; 0 for a single value.
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
