/// The times of a benchmark.
public struct Timing: Codable, Sendable {
    public let entry: String
    public let batch: Int
    public let threads: Int
    /// Forward, loss, backward and update of one batch, one number per round, milliseconds.
    public let trainStepMs: [Double]
    /// Forward of one batch in evaluation mode, milliseconds.
    public let evaluateMs: [Double]

    enum CodingKeys: String, CodingKey {
        case entry, batch, threads
        case trainStepMs = "train_step_ms"
        case evaluateMs = "evaluate_ms"
    }
}
