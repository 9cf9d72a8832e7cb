import Foundation
import ZooCore
public import ZooManifest
public import ZooStore
public import ZooTraining

/// One piece of work that succeeds or fails on its own: one probe of one entry with one set of weights on one data set, or
/// one training run.
public struct Job: Codable, Sendable, Identifiable {
    public enum Task: Codable, Sendable, Equatable {
        case probe
        /// Training with that recipe, which is among the job's settings, too; `restart` begins anew instead of at the last checkpoint.
        case training(Recipe, restart: Bool)
    }

    /// SHA-256, 64 hexadecimal digits, of all that can change the result, as far as it is known before the network is built.
    public let id: String
    public let task: Task
    public let subject: ResultSubject
    /// The conditions that the plan found. A worker that finds others fails the job.
    public let conditions: Conditions
    /// Warnings for the result, if its weights say that they are another entry's for example.
    public let remarks: [String]
    /// Checksums of data files that the plan has computed, so that a worker need not read them all again.
    let seals: [DataSeal]
    /// Whether it measures time, and so runs alone, after all others.
    public let isTiming: Bool
    /// Images per forward pass; made smaller after the memory was not enough.
    public var batch = Job.largestBatch

    /// The images per forward pass, as `ProbeSubject.batch`.
    static let largestBatch = 256
    static let smallestBatch = 16

    /// The id of a result: that of the job or, if the architecture asks for parts by `kind:id`, of the job with their libraries.
    ///
    /// - Parameter plugins: all that the network came from.
    func resultID(_ plugins: [String: String]) throws -> String {
        let asked = plugins.filter { conditions.plugins[$0.key] == nil }
        return asked.isEmpty ? id : try Checksum.sha256(of: Data("\(id) ".utf8) + CanonicalJSON.encode(asked))
    }

    /// The job in words, for a progress display: "stn-c0, seed 1, pose on strokes-rotated".
    public var title: String {
        "\(subject.entry), seed \(subject.seed), \(subject.probe) on \(subject.dataset)"
    }
}

/// All that can change a probe's result. Its canonical JSON is what a job's id is the SHA-256 of.
struct JobIdentity: Codable {
    /// Changes when the meaning of what follows does.
    var format = 2
    let entry, definition: String
    /// Settings by slot and option, defaults included.
    let settings: [String: [String: String]]
    let plugins: [String: String]
    /// SHA-256, or "initial".
    let weights: String
    let origin: ResultSubject.Origin
    let dataset, trainedOn: String
    /// SHA-256 of the files, or how the images are drawn.
    let data: String
    let seed: UInt64
    let images: Int?
    let probe: String
    let probeSettings: [String: JSON]
    /// Version of the engine, the precision if it is not float32, and the device if it is not the CPU.
    let engine: String
    /// The set of instructions of the zoo's kernels, "off" for the engine's own operators.
    let instructions: String
    let environment: [String: String]
    /// SHA-256 of the program and of the engine's library.
    let code: [String]
    /// Engine threads per worker; the number of workers does not affect results.
    let threads: Int

    func digest() throws -> String { try Checksum.sha256(of: CanonicalJSON.encode(self)) }
}

/// A message of a worker, one JSON object per line of its own pipe.
enum WorkerMessage: Codable {
    case begin(label: String, total: Int, unit: String)
    case advance(Int)
    case note(String)
    /// The job is done, one way or another; how many seconds it took, and with what it was done if that is known.
    case finished(JobOutcome, seconds: Double, conditions: Conditions?)
    /// The memory was not enough.
    case outOfMemory(String)
    /// Training stopped on request; its checkpoint is kept.
    case interrupted(String)
}
