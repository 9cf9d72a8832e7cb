import Foundation
import GRDB
import Glibc
import ZooHost

/// Results in one SQLite file, to which rows are only ever added.
///
///     let store = try ResultStore(path: "results/zoo.sqlite")
///     let errors = try store.results(matching: ResultFilter(datasets: ["strokes-rotated"], probes: ["error"]))
///     let predictions = try store.samples(of: errors[0]).first { $0.name == "transformed.prediction" }
///
/// Several processes may use one file at once (write-ahead log). What `append` has returned from is on the disk.
public final class ResultStore: Sendable {
    public let path: String
    private let database: DatabaseQueue

    /// Opens a store.
    ///
    /// - Parameter creating: make the file and its folder if there is none.
    /// - Throws: `noInput` if there is none, `cantCreate` if it cannot be made or written, `data` if it is no store or one of a later zoo.
    public init(path: String, creating: Bool = true) throws {
        self.path = path
        let exists = FileManager.default.fileExists(atPath: path)
        guard exists || creating else { throw HostError(.noInput, "\(path): there is no result store; 'zoo evaluate' makes one") }
        var configuration = Configuration()
        configuration.journalMode = .wal
        // Long enough for another process to commit a large result.
        configuration.busyMode = .timeout(30)
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        do {
            let folder = (path as NSString).deletingLastPathComponent
            if !exists, !folder.isEmpty { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
        } catch { throw HostError(.cantCreate, "\(path): the store's folder cannot be created") }
        do {
            database = try Self.alone(beside: path) {
                let database = try DatabaseQueue(path: path, configuration: configuration)
                let migrator = ResultStoreSchema.migrator
                if try database.read(migrator.hasBeenSuperseded) {
                    throw HostError(.data, "\(path): a result store of a later version of the zoo")
                }
                try migrator.migrate(database)
                return database
            }
        } catch { throw Self.explain(error, path, opening: true) }
    }

    /// Lets one process at a time open a store in that folder: SQLite's switch to the write-ahead log waits for nobody.
    private static func alone<T>(beside path: String, _ body: () throws -> T) throws -> T {
        let folder = (path as NSString).deletingLastPathComponent
        let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // Where folders cannot be locked, SQLite says what is wrong.
        guard descriptor >= 0 else { return try body() }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
        return try body()
    }

    // MARK: Writing

    /// Adds a result, all of it or nothing.
    ///
    /// - Throws: `io` if it cannot be written.
    @discardableResult
    public func append(job: String, subject: ResultSubject, outcome: JobOutcome, provenance: Provenance) throws -> StoredResult {
        var (status, cause, exitStatus) = (StoredResult.Status.measured, "", Int32(0))
        var measurement = Measurement()
        switch outcome {
        case .measured(let found): measurement = found
        case .notApplicable(let reason): (status, cause) = (.notApplicable, reason)
        case .failed(let reason, let number): (status, cause, exitStatus) = (.failed, reason, number)
        }
        let series =
            try measurement.tables.flatMap { table in try table.columns.map { (table.name, $0.name, try SeriesCoding.encode($0.values)) } }
            + measurement.samples.map { (nil as String?, $0.name, try SeriesCoding.encode($0.values)) }
        let row = try ResultRow(
            job: job, subject: subject, status: status, cause: cause, exitStatus: exitStatus, warnings: measurement.warnings,
            provenance: provenance)
        let figures = measurement.figures
        let id = try guarded {
            try database.write { db in
                let id = try row.insert(into: db)
                for (position, figure) in figures.enumerated() {
                    try db.execute(
                        sql: "INSERT INTO figure (result, position, name, value, unit, is_timing) VALUES (?, ?, ?, ?, ?, ?)",
                        arguments: [id, position, figure.name, figure.value, figure.unit, figure.isTiming])
                }
                for (table, name, (type, bytes)) in series {
                    try db.execute(
                        sql: "INSERT INTO series (result, \"table\", name, type, bytes) VALUES (?, ?, ?, ?, ?)",
                        arguments: [id, table, name, type, bytes])
                }
                return id
            }
        }
        return StoredResult(
            id: id, job: job, subject: subject, status: status, cause: cause, exitStatus: exitStatus, figures: figures,
            warnings: measurement.warnings, provenance: provenance)
    }

    /// Adds all rows of another store that are not here yet; merging the same store twice adds nothing.
    ///
    /// - Returns: how many rows were added, and how many were here already.
    /// - Throws: `noInput` or `data` if the other is no store.
    public func merge(_ other: ResultStore) throws -> (added: Int, known: Int) {
        let columns = ResultRow.columns.joined(separator: ", ")
        return try guarded {
            try database.inDatabase { db in
                try db.execute(sql: "ATTACH DATABASE ? AS other", arguments: [other.path])
                defer { try? db.execute(sql: "DETACH DATABASE other") }
                var counts = (added: 0, known: 0)
                try db.inTransaction {
                    // In the order in which they were made, so that ids here go with time as far as one store knows it.
                    for row in try Row.fetchAll(db, sql: "SELECT id, uuid FROM other.result ORDER BY id") {
                        let (from, uuid): (Int64, String) = (row["id"], row["uuid"])
                        if try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM main.result WHERE uuid = ?)", arguments: [uuid]) == true
                        {
                            counts.known += 1
                            continue
                        }
                        try db.execute(
                            sql: "INSERT INTO main.result (\(columns)) SELECT \(columns) FROM other.result WHERE id = ?", arguments: [from])
                        let id = db.lastInsertedRowID
                        try db.execute(
                            sql: """
                                INSERT INTO main.figure (result, position, name, value, unit, is_timing)
                                SELECT ?, position, name, value, unit, is_timing FROM other.figure WHERE result = ?
                                """, arguments: [id, from])
                        try db.execute(
                            sql: """
                                INSERT INTO main.series (result, "table", name, type, bytes)
                                SELECT ?, "table", name, type, bytes FROM other.series WHERE result = ? ORDER BY id
                                """, arguments: [id, from])
                        counts.added += 1
                    }
                    return .commit
                }
                return counts
            }
        }
    }

    // MARK: Reading

    /// Results in the order of entry, data set, seed, probe; of equal ones the newest last. Without `history` each subject has
    /// one: its newest, where a failure never hides a result of the very same job.
    public func results(matching filter: ResultFilter = ResultFilter()) throws -> [StoredResult] {
        let (condition, arguments) = filter.sql
        let source = filter.history ? "result" : "current"
        return try guarded {
            try database.read { db in
                var figures: [Int64: [Measurement.Figure]] = [:]
                let cursor = try Row.fetchCursor(
                    db,
                    sql: """
                        SELECT result, name, value, unit, is_timing FROM figure
                        WHERE result IN (SELECT id FROM \(source) WHERE \(condition)) ORDER BY result, position
                        """, arguments: arguments)
                while let row = try cursor.next() {
                    figures[row["result"], default: []].append(
                        Measurement.Figure(
                            row["name"], (row["value"] as Double?) ?? .nan, unit: row["unit"], isTiming: row["is_timing"]))
                }
                return try Row.fetchAll(
                    db, sql: "SELECT * FROM \(source) WHERE \(condition) ORDER BY entry, dataset, trained_on, seed, probe, date, id",
                    arguments: arguments
                ).map { try ResultRow.result($0, figures: figures[$0["id"]] ?? []) }
            }
        }
    }

    /// What is settled of some jobs: their newest measured or not applicable results. Failures are not settled.
    public func settled(_ jobs: [String]) throws -> [String: StoredResult] {
        var found: [String: StoredResult] = [:]
        // SQLite takes a limited number of arguments.
        for start in stride(from: 0, to: jobs.count, by: 500) {
            let filter = ResultFilter(
                statuses: [.measured, .notApplicable], jobs: Array(jobs[start..<min(start + 500, jobs.count)]), history: true)
            for result in try results(matching: filter) {
                if let known = found[result.job], (known.provenance.date, known.id) > (result.provenance.date, result.id) { continue }
                found[result.job] = result
            }
        }
        return found
    }

    public func tables(of result: StoredResult) throws -> [Measurement.Table] {
        var tables: [Measurement.Table] = []
        for (table, name, values) in try series(of: result, where: "\"table\" IS NOT NULL") {
            if tables.last?.name != table { tables.append(Measurement.Table(table, [])) }
            tables[tables.count - 1].columns.append(Measurement.Column(name, values))
        }
        return tables
    }

    /// One value per test image each.
    public func samples(of result: StoredResult) throws -> [Measurement.Samples] {
        try series(of: result, where: "\"table\" IS NULL").map { Measurement.Samples($0.name, $0.values) }
    }

    /// The samples of one name only: what comparisons read.
    public func samples(_ name: String, of result: StoredResult) throws -> Measurement.Values? {
        try series(of: result, where: "\"table\" IS NULL AND name = ?", [name]).first?.values
    }

    /// All that was measured.
    public func measurement(of result: StoredResult) throws -> Measurement {
        Measurement(
            figures: result.figures, tables: try tables(of: result), samples: try samples(of: result), warnings: result.warnings)
    }

    private func series(
        of result: StoredResult, where condition: String, _ arguments: StatementArguments = []
    ) throws -> [(table: String, name: String, values: Measurement.Values)] {
        try guarded {
            try database.read { db in
                try Row.fetchAll(
                    db, sql: "SELECT \"table\", name, type, bytes FROM series WHERE result = ? AND \(condition) ORDER BY id",
                    arguments: [result.id] + arguments
                ).map { row in
                    guard let values = SeriesCoding.decode(row["type"], row["bytes"]) else {
                        throw HostError(.data, "\(path): the values of '\(row["name"] as String)' of result \(result.id) are garbled")
                    }
                    return (row["table"] ?? "", row["name"], values)
                }
            }
        }
    }

    // MARK: Checksums

    /// A checksum that was made when `path` was in that state (sizes and times of change), if it is known.
    public func checksum(of path: String, state: String) throws -> String? {
        try guarded {
            try database.read {
                try String.fetchOne($0, sql: "SELECT sha256 FROM checksum WHERE path = ? AND state = ?", arguments: [path, state])
            }
        }
    }

    public func remember(checksum: String, of path: String, state: String) throws {
        try guarded {
            try database.write {
                try $0.execute(
                    sql: "INSERT OR REPLACE INTO checksum (path, state, sha256) VALUES (?, ?, ?)", arguments: [path, state, checksum])
            }
        }
    }

    // MARK: Errors

    private func guarded<R>(_ body: () throws -> R) throws -> R {
        do { return try body() } catch { throw Self.explain(error, path, opening: false) }
    }

    private static func explain(_ error: any Error, _ path: String, opening: Bool) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        let reason = error.message ?? error.resultCode.description
        switch error.resultCode {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT: return HostError(.data, "\(path): no sound result store: \(reason)")
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM:
            return HostError(.cantCreate, "\(path): the result store cannot be opened for writing: \(reason)")
        default: return HostError(opening ? .data : .io, "\(path): the result store fails: \(reason)")
        }
    }
}
