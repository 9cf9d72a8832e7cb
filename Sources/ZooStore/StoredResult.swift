import ZooCore

/// One row of the store. Its tables and samples are read on demand: `ResultStore.tables(of:)`, `samples(of:)`.
public struct StoredResult: Sendable, Equatable, Identifiable {
    public enum Status: String, Codable, Sendable, CaseIterable {
        case measured
        case notApplicable = "not applicable"
        case failed
    }

    /// The row's number in this store.
    public let id: Int64
    /// The row's random name, the same in every store that it is merged into.
    public let uuid: String
    /// SHA-256 of everything that can change the result.
    public let job: String
    public let subject: ResultSubject
    /// `subject.settings` as `CanonicalJSON`: equal settings, equal texts.
    package let settingsText: String
    public let status: Status
    /// Why it failed or does not apply; "" where it was measured.
    public let cause: String
    /// The exit status of a failure, as in `<sysexits.h>`; 0 otherwise.
    public let exitStatus: Int32
    public let figures: [Measurement.Figure]
    public let warnings: [String]
    public let provenance: Provenance

    /// Whether the job would fail again: its own settings are the cause, as where a training with these rates diverges.
    public var isSettled: Bool { status != .failed || (subject.probe == "training" && exitStatus == HostError.Kind.config.rawValue) }

    public subscript(figure: String) -> Double? { figures.first { $0.name == figure }?.value }
}
