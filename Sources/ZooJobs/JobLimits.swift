/// The time and memory that a job may take.
public struct JobLimits: Sendable {
    /// Seconds; nil for no limit.
    public var seconds: Double?
    /// Whether the seconds count anew with every sign of progress, as for training runs, whose length is not known beforehand.
    public var countsSilenceOnly = false
    /// Bytes of memory.
    public var memory: Int

    public init(seconds: Double?, countsSilenceOnly: Bool = false, memory: Int) {
        self.seconds = seconds
        self.countsSilenceOnly = countsSilenceOnly
        self.memory = memory
    }
}
