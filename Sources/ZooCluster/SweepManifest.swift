/// What `sweep.json` holds: how a sweep was asked for and submitted. Its tasks stand in files of their own.
public struct SweepManifest: Codable, Sendable {
    /// A command whose jobs were added to the sweep.
    public struct Submission: Codable, Sendable, Equatable {
        /// ISO 8601.
        public let date: String
        /// The program, and the words after it.
        public let program: String
        public let command: [String]
        /// The folder in which it was typed.
        public let folder: String
        /// The program's own variables, as they were set then.
        public let environment: [String: String]
        /// Its tasks' numbers begin with `first`.
        public let first, count: Int

        public init(
            date: String, program: String, command: [String], folder: String, environment: [String: String], first: Int, count: Int
        ) {
            self.date = date
            self.program = program
            self.command = command
            self.folder = folder
            self.environment = environment
            self.first = first
            self.count = count
        }
    }

    /// An array that the scheduler has taken.
    public struct Submitted: Codable, Sendable, Equatable {
        /// The scheduler's own number of it.
        public let job: String
        public let array: SlurmArray
    }

    public var version = 1
    public let id: String
    /// The store that results are collected into.
    public var store: String
    public var slurm: SlurmOptions
    public var submissions: [Submission] = []
    public var submitted: [Submitted] = []

    public init(id: String, store: String, slurm: SlurmOptions) {
        self.id = id
        self.store = store
        self.slurm = slurm
    }

    public var taskCount: Int { submissions.reduce(0) { $0 + $1.count } }
}
