import Foundation
import GRDB
import ZooHost

/// A row of the table `result`, to and from the types that others see.
struct ResultRow {
    /// All but the id, which each store gives anew.
    static let columns = [
        "uuid", "job", "entry", "dataset", "seed", "trained_on", "origin", "weights", "images", "probe", "settings", "status", "cause",
        "exit_status", "warnings", "zoo", "code", "engine", "plugins", "weights_checksum", "machine", "processor", "threads", "date",
        "command", "seconds",
    ]

    private let values: [(any DatabaseValueConvertible)?]

    init(
        job: String, subject: ResultSubject, status: StoredResult.Status, cause: String, exitStatus: Int32, warnings: [String],
        provenance: Provenance
    ) throws {
        values = [
            UUID().uuidString, job, subject.entry, subject.dataset, Int64(bitPattern: subject.seed), subject.trainedOn,
            subject.origin.rawValue, subject.weights, subject.images, subject.probe, try Self.text(subject.settings), status.rawValue,
            cause,
            exitStatus, try Self.text(warnings), provenance.zoo, provenance.code, provenance.engine, try Self.text(provenance.plugins),
            provenance.weightsChecksum, provenance.machine, provenance.processor, provenance.threads, Self.text(provenance.date),
            provenance.command, provenance.seconds,
        ]
    }

    /// Gives the row's id.
    func insert(into db: Database) throws -> Int64 {
        let marks = Array(repeating: "?", count: Self.columns.count).joined(separator: ", ")
        try db.execute(
            sql: "INSERT INTO result (\(Self.columns.joined(separator: ", "))) VALUES (\(marks))", arguments: StatementArguments(values))
        return db.lastInsertedRowID
    }

    static func result(_ row: Row, figures: [Measurement.Figure]) throws -> StoredResult {
        guard let origin = ResultSubject.Origin(rawValue: row["origin"]), let status = StoredResult.Status(rawValue: row["status"]),
            let date = date(row["date"])
        else { throw HostError(.data, "result \(row["id"] as Int64) of the store is garbled") }
        let subject = ResultSubject(
            entry: row["entry"], dataset: row["dataset"], seed: UInt64(bitPattern: row["seed"]), trainedOn: row["trained_on"],
            origin: origin, weights: row["weights"], images: row["images"], probe: row["probe"],
            settings: try value(row["settings"]))
        let provenance = Provenance(
            zoo: row["zoo"], code: row["code"], engine: row["engine"], plugins: try value(row["plugins"]),
            weightsChecksum: row["weights_checksum"], machine: row["machine"], processor: row["processor"], threads: row["threads"],
            date: date, command: row["command"], seconds: row["seconds"])
        return StoredResult(
            id: row["id"], job: row["job"], subject: subject, status: status, cause: row["cause"], exitStatus: row["exit_status"],
            figures: figures, warnings: try value(row["warnings"]), provenance: provenance)
    }

    // MARK: Texts

    /// JSON with sorted keys: equal values, equal texts.
    private static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func value<T: Decodable>(_ text: String) throws -> T { try JSONDecoder().decode(T.self, from: Data(text.utf8)) }

    /// UTC in ISO 8601 with milliseconds: sorts as text.
    static func text(_ date: Date) -> String { date.formatted(Self.format) }
    private static func date(_ text: String) -> Date? { try? Date(text, strategy: Self.format) }
    private static let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}

extension ResultFilter {
    /// As the condition of a query.
    var sql: (condition: String, arguments: StatementArguments) {
        var conditions: [String] = []
        var arguments = StatementArguments()
        func among(_ column: String, _ values: [some DatabaseValueConvertible]?) {
            guard let values else { return }
            conditions.append("\(column) IN (\(values.map { _ in "?" }.joined(separator: ", ")))")
            arguments += StatementArguments(values)
        }
        among("entry", entries)
        among("dataset", datasets)
        among("seed", seeds?.map { Int64(bitPattern: $0) })
        among("trained_on", trainedOn)
        among("origin", origins?.map(\.rawValue))
        among("probe", probes)
        among("status", statuses?.map(\.rawValue))
        among("job", jobs)
        if wholeSets { conditions.append("images IS NULL") }
        if let since {
            conditions.append("date >= ?")
            arguments += [ResultRow.text(since)]
        }
        return (conditions.isEmpty ? "1" : conditions.joined(separator: " AND "), arguments)
    }
}
