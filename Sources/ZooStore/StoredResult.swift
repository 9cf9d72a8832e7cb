import ZooCore

/// One row of the store. Its tables and samples are read on demand: `ResultStore.tables(of:)`, `samples(of:)`.
///
/// It never changes, and is a class for speed alone: lists of a hundred thousand are filtered and grouped many times, and a copy of a
/// structure would count two dozen references.
public final class StoredResult: Sendable, Equatable, Identifiable {
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

    init(
        id: Int64, uuid: String, job: String, subject: ResultSubject, settingsText: String, status: Status, cause: String,
        exitStatus: Int32, figures: [Measurement.Figure], warnings: [String], provenance: Provenance
    ) {
        (self.id, self.uuid, self.job, self.subject, self.settingsText) = (id, uuid, job, subject, settingsText)
        (self.status, self.cause, self.exitStatus) = (status, cause, exitStatus)
        (self.figures, self.warnings, self.provenance) = (figures, warnings, provenance)
    }

    /// The same row with the same content.
    public static func == (a: StoredResult, b: StoredResult) -> Bool {
        a === b
            || (a.id, a.uuid, a.job, a.status, a.cause, a.exitStatus) == (b.id, b.uuid, b.job, b.status, b.cause, b.exitStatus)
                && (a.subject, a.figures, a.warnings, a.provenance) == (b.subject, b.figures, b.warnings, b.provenance)
    }
}
