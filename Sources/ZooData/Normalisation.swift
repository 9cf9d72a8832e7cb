/// What is taken off and divided by before an image enters a network, on the scale where 255 is 1.
public struct Normalisation: Sendable, Hashable, Codable {
    /// One for every channel, or one for all.
    public let means: [Double]
    /// As many as `means`.
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

    /// Of all channels together (their average).
    public var mean: Double { means.reduce(0, +) / Double(means.count) }
    /// Of all channels together (their average).
    public var std: Double { stds.reduce(0, +) / Double(stds.count) }

    /// Pixels as they are, 0 to 1.
    public static let none = Normalisation(mean: 0, std: 1)
}
