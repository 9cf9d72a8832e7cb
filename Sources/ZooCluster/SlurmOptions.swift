/// What is asked of Slurm for each task of a sweep; nil leaves it to the cluster.
public struct SlurmOptions: Codable, Sendable, Equatable {
    public var partition, account: String?
    /// The time that one task may take, as Slurm writes it: "30", "04:00:00", "2-00:00:00".
    public var time: String?
    /// Processors for each task.
    public var cpus = 1
    /// Memory for each task, as Slurm writes it: "4G".
    public var memory: String?
    /// How many tasks run at once.
    public var throttle: Int?
    /// Seconds before the end of the time at which a task is told to stop.
    public var warning = 120
    /// Further options of sbatch, as they stand in its script.
    public var others: [String] = []

    public init() {}
}
