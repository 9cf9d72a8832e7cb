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
