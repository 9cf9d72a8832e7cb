/// What is taken off and divided by before an image enters a network, on the scale where 255 is 1.
public struct Normalisation: Sendable, Hashable, Codable {
    /// One for every channel, or one for all.
    public let means: [Double]
    /// One standard deviation for each mean.
    public let stds: [Double]

    public init(mean: Double, std: Double) {
        means = [mean]
        stds = [std]
    }

    /// - Parameter channels: mean and standard deviation of each channel.
    public init(channels: [(mean: Double, std: Double)]) {
        means = channels.isEmpty ? [0] : channels.map(\.mean)
        stds = channels.isEmpty ? [1] : channels.map(\.std)
    }

    /// - Parameters:
    ///   - means: one for every channel, or one for all.
    ///   - stds: likewise; one of the two lists may have one number where the other has several.
    /// - Returns: nil if the lists have different numbers of channels.
    init?(means: [Double], stds: [Double]) {
        let count = max(means.count, stds.count)
        guard [means, stds].allSatisfy({ $0.count == count || $0.count == 1 }) else { return nil }
        self.means = means.count == count ? means : Array(repeating: means[0], count: count)
        self.stds = stds.count == count ? stds : Array(repeating: stds[0], count: count)
    }

    /// Of all channels together (their average).
    public var mean: Double { means.reduce(0, +) / Double(means.count) }
    /// Of all channels together (their average).
    public var std: Double { stds.reduce(0, +) / Double(stds.count) }

    /// Pixels as they are, 0 to 1.
    public static let none = Normalisation(mean: 0, std: 1)
}
