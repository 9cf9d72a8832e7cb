import Foundation
import GRDB
import ZooCore

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

    /// Where each column stands in `selection`: to look names up takes longer than to read what stands there.
    private struct Places {
        private static let all = Dictionary(uniqueKeysWithValues: (["id"] + columns).enumerated().map { ($1, $0) })

        private static func of(_ column: String) -> Int {
            guard let place = all[column] else { preconditionFailure("there is no column '\(column)'") }
            return place
        }

        let id = of("id"), uuid = of("uuid"), job = of("job"), entry = of("entry"), dataset = of("dataset"), seed = of("seed")
        let trainedOn = of("trained_on"), origin = of("origin"), weights = of("weights"), images = of("images"), probe = of("probe")
        let settings = of("settings"), status = of("status"), cause = of("cause"), exitStatus = of("exit_status")
        let warnings = of("warnings"), zoo = of("zoo"), code = of("code"), engine = of("engine"), plugins = of("plugins")
        let weightsChecksum = of("weights_checksum"), machine = of("machine"), processor = of("processor"), threads = of("threads")
        let date = of("date"), command = of("command"), seconds = of("seconds"), plan = of("plan"), engineCode = of("engine_code")
        let instructions = of("instructions"), data = of("data"), imagesSeen = of("images_seen"), trainingData = of("training_data")
    }

    private static let places = Places()

    let uuid = UUID().uuidString
    let settings: String
    private let values: [(any DatabaseValueConvertible)?]

    init(
        job: String, subject: ResultSubject, status: StoredResult.Status, cause: String, exitStatus: Int32, warnings: [String],
        provenance: Provenance
    ) throws {
        settings = try Self.text(subject.settings)
        values = [
            uuid, job, subject.entry, subject.dataset, Int64(bitPattern: subject.seed), subject.trainedOn,
            subject.origin.rawValue, subject.weights, subject.images, subject.probe, settings, status.rawValue,
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

    /// JSON that was read before: thousands of results share a few texts.
    struct Texts {
        fileprivate var settings: [String: [String: JSON]] = [:]
        fileprivate var plugins: [String: [String: String]] = [:]
        fileprivate var warnings: [String: [String]] = [:]
    }

    /// - Parameter row: of a query of `selection`.
    static func result(_ row: Row, figures: [Measurement.Figure], _ texts: inout Texts) throws -> StoredResult {
        let at = places
        let (origin, status, date): (String, String, String) = try (row.value(at.origin), row.value(at.status), row.value(at.date))
        let settings: String = try row.value(at.settings)
        guard let origin = ResultSubject.Origin(rawValue: origin), let status = StoredResult.Status(rawValue: status),
            let date = Self.date(date)
        else { throw Garbled() }
        let subject = ResultSubject(
            entry: try row.value(at.entry), dataset: try row.value(at.dataset), seed: UInt64(bitPattern: try row.value(at.seed)),
            trainedOn: try row.value(at.trainedOn), origin: origin, weights: try row.value(at.weights), images: try row.optional(at.images),
            probe: try row.value(at.probe), settings: try value(settings, among: &texts.settings))
        let provenance = Provenance(
            zoo: try row.value(at.zoo), code: try row.value(at.code), engine: try row.value(at.engine),
            plugins: try value(row.value(at.plugins), among: &texts.plugins),
            weightsChecksum: try row.value(at.weightsChecksum), machine: try row.value(at.machine), processor: try row.value(at.processor),
            threads: try row.value(at.threads), date: date, command: try row.value(at.command), seconds: try row.value(at.seconds),
            identity: Provenance.Identity(
                plan: try row.value(at.plan), engineCode: try row.value(at.engineCode), instructions: try row.value(at.instructions),
                data: try row.value(at.data),
                images: try row.value(at.imagesSeen), trainingData: try row.value(at.trainingData)))
        return StoredResult(
            id: try row.value(at.id), uuid: try row.value(at.uuid), job: try row.value(at.job), subject: subject, settingsText: settings,
            status: status,
            cause: try row.value(at.cause),
            exitStatus: try row.value(at.exitStatus), figures: figures, warnings: try value(row.value(at.warnings), among: &texts.warnings),
            provenance: provenance)
    }

    /// A value that no zoo has written.
    struct Garbled: Error {}

    /// What is wrong with a result that was copied from another store, before anybody reads it: one bad row would spoil every list.
    ///
    /// - Parameter id: results after that are looked at.
    /// - Returns: nil if all can be read.
    static func fault(after id: Int64, in db: Database) throws -> String? {
        let others = ["seed": "integer", "exit_status": "integer", "threads": "integer", "seconds": "real"]
        let types = columns.filter { $0 != "images" }.map { "typeof(\($0)) = '\(others[$0] ?? "text")'" }
        let shapes = ["settings": "object", "plugins": "object", "warnings": "array"].map { column, type in
            "CASE WHEN json_valid(\(column)) THEN json_type(\(column)) = '\(type)' ELSE 0 END"
        }
        let origins = ResultSubject.Origin.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        let rules =
            types + shapes + [
                "typeof(images) IN ('integer', 'null')", "origin IN (\(origins))", "date GLOB '[0-9]*-[0-9][0-9]-[0-9][0-9]T*Z'",
            ]
        let row = try Int64.fetchOne(
            db, sql: "SELECT id FROM main.result WHERE id > ? AND NOT (\(rules.joined(separator: " AND "))) LIMIT 1", arguments: [id])
        if let row { return "result \(row - id) of those that are new has a value that the zoo does not write" }
        let figure = try Row.fetchOne(
            db,
            sql: """
                SELECT result, position FROM main.figure WHERE result > ? AND NOT (typeof(name) = 'text'
                  AND typeof(value) IN ('real', 'null') AND typeof(unit) = 'text' AND typeof(is_timing) = 'integer') LIMIT 1
                """, arguments: [id])
        return try figure.map { row in
            let (result, position): (Int64, Int64) = try (row.value(0), row.value(1))
            return "figure \(position) of result \(result - id) of those that are new is none that the zoo writes"
        }
    }

    // MARK: Texts

    /// JSON with sorted keys: equal values, equal texts.
    private static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private static func value<T: Decodable>(_ text: String, among known: inout [String: T]) throws -> T {
        if let value = known[text] { return value }
        do {
            let value = try JSONDecoder().decode(T.self, from: Data(text.utf8))
            known[text] = value
            return value
        } catch { throw Garbled() }
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
    func value<T: DatabaseValueConvertible>(_ place: Int) throws -> T {
        try T.fromDatabaseValue(stored(place)) ?? decode(T.self, atIndex: place)
    }

    /// The same; nil for NULL.
    func optional<T: DatabaseValueConvertible>(_ place: Int) throws -> T? {
        let value = stored(place)
        return value.isNull ? nil : try T.fromDatabaseValue(value) ?? decode(T.self, atIndex: place)
    }

    /// As SQLite has it. `decode` comes to the same, but asks for types at run time.
    private func stored(_ place: Int) -> DatabaseValue { (self[place] as (any DatabaseValueConvertible)?)?.databaseValue ?? .null }
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
