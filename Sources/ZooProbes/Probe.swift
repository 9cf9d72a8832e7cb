public import ZooCore
public import ZooStore

/// One thing that is measured of an entry, in the same way for every entry.
///
/// A probe is a pure function of the network, its weights, the test images and its own settings: the same job gives the
/// same bits on the same machine with the same number of threads, timings aside.
public protocol Probe: Sendable {
    /// The name as it is typed on the command line: "error", "invariance", "pose".
    var name: String { get }
    /// One line for a listing.
    var summary: String { get }
    /// All that can change the result, defaults included; a part of the job's identity.
    var settings: [String: JSON] { get }
    /// What must be there for the probe to run; `measure` looks whether it is.
    var needs: Set<ProbeNeed> { get }
    /// Whether it measures time, and so needs the machine to itself: such jobs run one by one, after all others.
    var isTiming: Bool { get }

    /// Does the measuring; `measure` calls it.
    ///
    /// - Throws: `Interrupted` if asked to stop; `NotApplicable` if there is nothing of that kind to measure.
    func run(on subject: ProbeSubject, progress: any ProgressListener) throws -> Measurement
}

extension Probe {
    public var isTiming: Bool { false }

    /// Measures a subject that has what the probe needs.
    ///
    /// - Throws: `NotApplicable` if it has not, else what `run` throws.
    public func measure(_ subject: ProbeSubject, progress: any ProgressListener) throws -> Measurement {
        for need in ProbeNeed.allCases where needs.contains(need) { try need.check(subject) }
        return try run(on: subject, progress: progress)
    }
}
