/// How well a network does on a set of images.
public struct Score: Codable, Sendable, Equatable {
    /// Fraction of images that are classified wrongly.
    public let error: Double
    /// Mean cross entropy in nats.
    public let loss: Double
    /// Number of images.
    public let count: Int
}
