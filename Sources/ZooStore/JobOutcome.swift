/// How a job ended.
public enum JobOutcome: Sendable, Equatable, Codable {
    case measured(Measurement)
    /// There is nothing of that kind to measure; why.
    case notApplicable(String)
    /// The cause in one line, and the exit status of `<sysexits.h>` that goes with it.
    case failed(String, status: Int32)
}
