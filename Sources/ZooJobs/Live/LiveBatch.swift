/// What a command that runs jobs is at, for others to see.
public struct LiveBatch: Codable, Sendable, Equatable {
    public let process: Int32
    public let machine: String
    public let command: String
    /// In ISO 8601.
    public let started: String
    /// Jobs in all, ended, and ended in failure.
    public let total: Int
    public var ended = 0
    public var failed = 0
    public var running: [RunningJob] = []
}
