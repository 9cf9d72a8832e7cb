/// One epoch of a training run.
public struct EpochRecord: Codable, Sendable, Equatable {
    /// Counted from 1.
    public let epoch: Int
    /// Mean cross entropy over the epoch's training images, in training mode.
    public let trainLoss: Double
    /// Means of the losses that the architecture declares, over the same images, without their weights; nil if there are none.
    public let losses: [String: Double]?
    public let learningRate: Double
    public let seconds: Double
}
