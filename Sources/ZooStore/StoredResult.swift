public import Foundation
public import ZooCore

/// What a result is about: which network was probed, how, and on what.
public struct ResultSubject: Codable, Sendable, Equatable {
    /// Where the weights come from.
    public enum Origin: String, Codable, Sendable, CaseIterable {
        /// A training run on `trainedOn` with `seed`: the newest finished one, or the one shipped with the zoo.
        case trained
        /// Untrained, drawn from `seed`.
        case initial
        /// A file that was named.
        case given
        /// Trained elsewhere: they came with the entry's model.
        case own
    }

    public var entry: String
    public var dataset: String
    /// Of the training run that made the weights.
    public var seed: UInt64
    /// The data set of that run.
    public var trainedOn: String
    public var origin: Origin
    /// The file of the weights; "initial" without one.
    public var weights: String
    /// How many test images were taken, spread over the set; nil for all.
    public var images: Int?
    /// "error", "invariance" …; "training" for a training run.
    public var probe: String
    /// All that can change the probe's result, defaults included.
    public var settings: [String: JSON]

    public init(
        entry: String, dataset: String, seed: UInt64, trainedOn: String, origin: Origin, weights: String, images: Int? = nil,
        probe: String, settings: [String: JSON] = [:]
    ) {
        self.entry = entry
        self.dataset = dataset
        self.seed = seed
        self.trainedOn = trainedOn
        self.origin = origin
        self.weights = weights
        self.images = images
        self.probe = probe
        self.settings = settings
    }
}

/// With what a result was made: enough to make it again.
public struct Provenance: Codable, Sendable, Equatable {
    /// Version of the zoo, and the SHA-256 of its program file.
    public var zoo, code: String
    /// "libtorch 2.13.0"; "libtorch 2.13.0, bfloat16" where convolutions multiplied in that.
    public var engine: String
    /// SHA-256 by file name, of the libraries that the network comes from.
    public var plugins: [String: String]
    /// SHA-256 of the weights' file; "" without one.
    public var weightsChecksum: String
    /// Host name and processor.
    public var machine, processor: String
    /// Threads of the engine.
    public var threads: Int
    /// When it was finished.
    public var date: Date
    /// As it was typed.
    public var command: String
    /// How long it took.
    public var seconds: Double
    /// What the images and the network were, beyond their names; "" throughout in results from before it was kept.
    public var identity: Identity

    /// Fingerprints of what a name alone does not settle. Each is "" where it is not known or does not apply.
    public struct Identity: Codable, Sendable, Equatable {
        /// What the plan called the job: the SHA-256 of everything but the parts that the network asks for by `kind:id`, which nobody
        /// knows before it is built.
        public var plan: String
        /// SHA-256 of the engine's library.
        public var engineCode: String
        /// The set of instructions that the zoo's kernels ran on, "avx2"; "off" for the engine's own operators.
        public var instructions: String
        /// Fingerprint of the files that the images were read from; "drawn" for images that the program draws.
        public var data: String
        /// Fingerprint of the very test images, poses included: results with the same one are of the same images.
        public var images: String
        /// Fingerprint of the files that the network was trained on.
        public var trainingData: String

        public init(
            plan: String = "", engineCode: String = "", instructions: String = "", data: String = "", images: String = "",
            trainingData: String = ""
        ) {
            self.plan = plan
            self.engineCode = engineCode
            self.instructions = instructions
            self.data = data
            self.images = images
            self.trainingData = trainingData
        }
    }

    public init(
        zoo: String, code: String, engine: String, plugins: [String: String], weightsChecksum: String = "", machine: String,
        processor: String, threads: Int, date: Date, command: String, seconds: Double, identity: Identity = Identity()
    ) {
        self.zoo = zoo
        self.code = code
        self.engine = engine
        self.plugins = plugins
        self.weightsChecksum = weightsChecksum
        self.machine = machine
        self.processor = processor
        self.threads = threads
        self.date = date
        self.command = command
        self.seconds = seconds
        self.identity = identity
    }
}

/// How a job ended.
public enum JobOutcome: Sendable, Equatable, Codable {
    case measured(Measurement)
    /// There is nothing of that kind to measure; why.
    case notApplicable(String)
    /// The cause in one line, and the exit status of `<sysexits.h>` that goes with it.
    case failed(String, status: Int32)
}

/// One row of the store. Its tables and samples are read on demand: `ResultStore.tables(of:)`, `samples(of:)`.
public struct StoredResult: Sendable, Equatable, Identifiable {
    public enum Status: String, Codable, Sendable, CaseIterable {
        case measured
        case notApplicable = "not applicable"
        case failed
    }

    /// Of the row, in this store.
    public let id: Int64
    /// SHA-256 of everything that can change the result.
    public let job: String
    public let subject: ResultSubject
    public let status: Status
    /// Why it failed or does not apply; "" where it was measured.
    public let cause: String
    /// Of a failure, as in `<sysexits.h>`; else 0.
    public let exitStatus: Int32
    public let figures: [Measurement.Figure]
    public let warnings: [String]
    public let provenance: Provenance

    public subscript(figure: String) -> Double? { figures.first { $0.name == figure }?.value }
}

/// Which results are wanted; nil leaves a field open.
public struct ResultFilter: Sendable {
    public var entries: [String]?
    public var datasets: [String]?
    public var seeds: [UInt64]?
    public var trainedOn: [String]?
    public var origins: [ResultSubject.Origin]?
    public var probes: [String]?
    public var statuses: [StoredResult.Status]?
    /// Whether only results on whole test sets count.
    public var wholeSets = false
    public var jobs: [String]?
    /// What the plan called them: `Provenance.Identity.plan`.
    public var plans: [String]?
    /// Finished then or later.
    public var since: Date?
    /// Also what newer results of the same subject have superseded.
    public var history = false

    public init(
        entries: [String]? = nil, datasets: [String]? = nil, seeds: [UInt64]? = nil, trainedOn: [String]? = nil,
        origins: [ResultSubject.Origin]? = nil, probes: [String]? = nil, statuses: [StoredResult.Status]? = nil, jobs: [String]? = nil,
        plans: [String]? = nil, since: Date? = nil, history: Bool = false
    ) {
        self.entries = entries
        self.datasets = datasets
        self.seeds = seeds
        self.trainedOn = trainedOn
        self.origins = origins
        self.probes = probes
        self.statuses = statuses
        self.jobs = jobs
        self.plans = plans
        self.since = since
        self.history = history
    }
}
