public import ZooJobs
import ZooStore

/// A job of a plan.
public struct PlannedJob: Encodable, Sendable {
    public let job, entry, dataset: String
    public let seed: UInt64
    public let probe, weights: String
    /// Whether its result is in the store.
    public let isKnown: Bool

    public init(_ job: Job, isKnown: Bool) {
        self.job = job.id
        (entry, dataset, seed) = (job.subject.entry, job.subject.dataset, job.subject.seed)
        (probe, weights) = (job.subject.probe, job.subject.weights)
        self.isKnown = isKnown
    }
}
