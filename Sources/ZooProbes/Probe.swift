public import ZooCore
public import ZooStore

/// One thing that is measured of an entry, in the same way for every entry.
///
/// A probe is a pure function of the network, its weights, the test images and its own settings: the same job gives the
/// same bits on the same machine with the same number of threads, timings aside.
public protocol Probe: Sendable {
    /// As on the command line: "error", "invariance", "pose".
    var name: String { get }
    /// One line for a listing.
    var summary: String { get }
    /// All that can change the result, defaults included; a part of the job's identity.
    var settings: [String: JSON] { get }
    /// What a network must offer to be probed.
    var needs: Set<ProbeNeed> { get }
    /// Whether it takes times, and so wants the machine to itself: such jobs run one by one, after all others.
    var isTiming: Bool { get }

    /// - Throws: `Interrupted` if asked to stop; `NotApplicable` if the entry has not what the probe needs.
    func run(on subject: ProbeSubject, progress: any ProgressListener) throws -> Measurement
}

extension Probe {
    public var isTiming: Bool { false }
}

public enum ProbeNeed: String, Codable, Sendable, CaseIterable {
    /// θ in the trace: a spatial transformer.
    case transformer
    /// Stage outputs in the trace.
    case stages
    /// A data set that transforms its images.
    case transformedSet
}
