import Foundation
import ZooCore
public import ZooJobs
import ZooStore

/// A job of a sweep, named by what is asked for.
///
/// The id of a `Job` also holds what it is done with, down to the processor's instructions, in which the machine that submits
/// may differ from those that compute.
public struct SweepJob: Codable, Sendable, Hashable {
    public let entry, dataset, probe: String
    public let seed: UInt64
    /// The first 16 hexadecimal digits of the SHA-256 of the job's subject.
    public let key: String

    public init(_ job: Job) throws {
        var subject = job.subject
        (entry, dataset, probe, seed) = (subject.entry, subject.dataset, subject.probe, subject.seed)
        // The path of a run's weights holds the run's identity, and with it the machine's instructions.
        if subject.origin != .given { subject.weights = "" }
        key = String(try Checksum.sha256(of: CanonicalJSON.encode(subject)).prefix(16))
    }
}
