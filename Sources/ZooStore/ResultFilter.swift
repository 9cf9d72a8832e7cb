public import Foundation

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
    /// How many of those that match are wanted, the newest first; nil for all.
    public var newest: Int?

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
