import ZooCore
import ZooHost
public import ZooTraining

/// A timing with what it was taken with.
public struct TimingReport: Encodable, Sendable {
    public let entry: String
    public let batch, threads: Int
    /// Milliseconds, one number per round.
    public let trainStepMs, evaluateMs: [Double]
    /// "libtorch 2.13.0", and what `EngineControl.described` says besides.
    public let engine: String
    /// The zoo's version.
    public let version: String

    enum CodingKeys: String, CodingKey {
        case entry, batch, threads, engine, version
        case trainStepMs = "train_step_ms"
        case evaluateMs = "evaluate_ms"
    }

    public init(_ timing: Timing) {
        entry = timing.entry
        batch = timing.batch
        threads = timing.threads
        trainStepMs = timing.trainStepMs
        evaluateMs = timing.evaluateMs
        engine = EngineControl.described
        version = ZooVersion.current
    }
}
