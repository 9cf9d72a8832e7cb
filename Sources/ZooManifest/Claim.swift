/// A statement about a difference between entries, and what would decide it.
public struct Claim: Sendable, Equatable {
    /// What the sum over entries is expected to be.
    public enum Expectation: Sendable, Equatable {
        case positive, negative
        /// No farther from a target than a margin.
        case near(Double, margin: Double)
    }

    /// What is compared: means over seeds, or how far single seeds lie from their median.
    public enum Statistic: String, Sendable, CaseIterable { case mean, deviation }

    public let id: String
    public let statement: String
    /// Where it was made.
    public let source: String
    /// "error" of the images as the data set poses them, "error.upright", or the name of a figure: "pose.rotation.slope".
    public let figure: String
    /// The test data set; nil for the first.
    public let dataset: String?
    /// Weights of entries: the claim is about the weighted sum of their figures.
    public let contrast: [String: Double]
    public let statistic: Statistic
    public let expectation: Expectation
}
