import Foundation
public import ZooManifest
public import ZooProbes

/// A finished training run.
public struct TrainingResult: Codable, Sendable {
    public let entry: String
    public let dataset: String
    public let seed: UInt64
    public let epochs: Int
    public let recipe: Recipe
    /// The training loss of the last epoch.
    public let trainLoss: Double
    public let upright: Score
    public let transformed: Score?
    /// The time of training in all its sessions together, without evaluation.
    public let seconds: Double
    public let imagesPerSecond: Double
    /// The file of the final weights. In the run's directory it is kept without its folder, which may be moved.
    public internal(set) var weights: String
    /// The epoch after which this sitting went on; 0 from the start.
    public let resumedFrom: Int
    public let plugins: [String]
    /// What is wrong with the result: a collapsed θ, blank crops, NaN logits.
    public let warnings: [String]
    public let history: [EpochRecord]
    /// The run's identity as JSON; nil of a run from before the result had it.
    public let run: String?
    /// The conditions at its end; nil likewise.
    public let conditions: Conditions?
    /// When it was finished, UTC in ISO 8601; nil likewise.
    public let date: String?

    /// The weights as they are stored: by the name of their file alone.
    var withoutPlace: TrainingResult {
        var result = self
        result.weights = (weights as NSString).lastPathComponent
        return result
    }
}
