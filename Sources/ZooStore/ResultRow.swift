import Foundation
import GRDB

/// A row of the table `result`, to and from the types that others see.
struct ResultRow {
    /// Those of the first stores, by which they are recognised.
    static let firstColumns = [
        "uuid", "job", "entry", "dataset", "seed", "trained_on", "origin", "weights", "images", "probe", "settings", "status", "cause",
        "exit_status", "warnings", "zoo", "code", "engine", "plugins", "weights_checksum", "machine", "processor", "threads", "date",
        "command", "seconds",
    ]
    /// Columns of the migration "identity".
    private static let identityColumns = ["plan", "engine_code", "instructions", "data", "images_seen", "training_data"]
    /// All but the id, which each store gives anew.
    static let columns = firstColumns + identityColumns

    /// What `result` reads, in that order.
    static let selection = (["id"] + columns).joined(separator: ", ")
    private static let places = Dictionary(uniqueKeysWithValues: (["id"] + columns).enumerated().map { ($1, $0) })

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
            provenance.command, provenance.seconds, provenance.identity.plan, provenance.identity.engineCode,
            provenance.identity.instructions, provenance.identity.data, provenance.identity.images, provenance.identity.trainingData,
        ]
    }

    /// Gives the row's id.
    func insert(into db: Database) throws -> Int64 {
        let marks = Array(repeating: "?", count: Self.columns.count).joined(separator: ", ")
        try db.execute(
            sql: "INSERT INTO result (\(Self.columns.joined(separator: ", "))) VALUES (\(marks))", arguments: StatementArguments(values))
        return db.lastInsertedRowID
    }

    /// - Parameter row: of a query of `selection`.
    static func result(_ row: Row, figures: [Measurement.Figure]) throws -> StoredResult {
        func get<T: DatabaseValueConvertible>(_ column: String) throws -> T {
            guard let place = places[column] else { preconditionFailure("there is no column '\(column)'") }
            return try row.value(place)
        }
        let (origin, status, date): (String, String, String) = try (get("origin"), get("status"), get("date"))
        guard let origin = ResultSubject.Origin(rawValue: origin), let status = StoredResult.Status(rawValue: status),
            let date = Self.date(date)
        else { throw Garbled() }
        let subject = ResultSubject(
            entry: try get("entry"), dataset: try get("dataset"), seed: UInt64(bitPattern: try get("seed")),
            trainedOn: try get("trained_on"), origin: origin, weights: try get("weights"), images: try get("images"),
            probe: try get("probe"), settings: try value(get("settings")))
        let provenance = Provenance(
            zoo: try get("zoo"), code: try get("code"), engine: try get("engine"), plugins: try value(get("plugins")),
            weightsChecksum: try get("weights_checksum"), machine: try get("machine"), processor: try get("processor"),
            threads: try get("threads"), date: date, command: try get("command"), seconds: try get("seconds"),
            identity: Provenance.Identity(
                plan: try get("plan"), engineCode: try get("engine_code"), instructions: try get("instructions"), data: try get("data"),
                images: try get("images_seen"), trainingData: try get("training_data")))
        return StoredResult(
            id: try get("id"), job: try get("job"), subject: subject, status: status, cause: try get("cause"),
            exitStatus: try get("exit_status"), figures: figures, warnings: try value(get("warnings")), provenance: provenance)
    }

    /// A value that no zoo has written.
    struct Garbled: Error {}

    // MARK: Texts

    /// JSON with sorted keys: equal values, equal texts.
    private static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func value<T: Decodable>(_ text: String) throws -> T {
        do { return try JSONDecoder().decode(T.self, from: Data(text.utf8)) } catch { throw Garbled() }
    }

    /// UTC in ISO 8601 with milliseconds: sorts as text.
    static func text(_ date: Date) -> String { date.formatted(Self.format) }
    private static func date(_ text: String) -> Date? { try? Date(text, strategy: Self.format) }
    private static let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
}

extension Row {
    /// The value of a column.
    ///
    /// - Throws: `RowDecodingError` for one of another type: SQLite keeps any value in any column, and GRDB's own subscript crashes on it.
    func value<T: DatabaseValueConvertible>(_ column: String) throws -> T { try decode(T.self, forColumn: column) }

    /// The same by its place in the query, which takes a tenth of the time: names are compared without regard to case.
    func value<T: DatabaseValueConvertible>(_ place: Int) throws -> T { try decode(T.self, atIndex: place) }
}

extension ResultFilter {
    /// The filter as the condition of a query.
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
        if let plans {
            // Earlier rows have no plan, and their jobs were named by it.
            let list = plans.map { _ in "?" }.joined(separator: ", ")
            conditions.append("(plan IN (\(list)) OR plan = '' AND job IN (\(list)))")
            arguments += StatementArguments(plans + plans)
        }
        if wholeSets { conditions.append("images IS NULL") }
        if let since {
            conditions.append("date >= ?")
            arguments += [ResultRow.text(since)]
        }
        return (conditions.isEmpty ? "1" : conditions.joined(separator: " AND "), arguments)
    }
}
