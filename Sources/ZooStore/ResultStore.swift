import Foundation
import GRDB
import Glibc
import ZooCore

/// Results in one SQLite file, to which rows are only ever added.
///
///     let store = try ResultStore(reading: "results/zoo.sqlite")
///     let errors = try store.results(matching: ResultFilter(datasets: ["strokes-rotated"], probes: ["error"]))
///     let predictions = try store.samples(of: errors[0]).first { $0.name == "transformed.prediction" }
///
/// Several processes may use one file at once (write-ahead log). What `append` has returned from is on the disk.
public final class ResultStore: Sendable {
    public let path: String
    let door: Door

    enum Door {
        case reading(StoreReader)
        case writing(DatabaseQueue)
        /// In memory; each result puts all of it in the file's place.
        case publishing(DatabaseQueue)
    }

    /// Opens a store to read it: nothing is written, neither into it nor beside it, and it may be where nothing can be.
    ///
    /// A process that writes to a store reads it through the same instance: SQLite maps the log's index once per process, and a reader
    /// maps it without the right to write.
    ///
    /// - Throws: `noInput` if there is none or it cannot be read, `data` if it is no store or one of a later zoo.
    public init(reading path: String) throws {
        self.path = path
        let files = DatabaseFiles(path)
        try Self.refuseObstacle(files, path, .noInput)
        guard files.main != nil else { throw Self.nothing(path) }
        door = try Self.explained(path, .noInput) { .reading(try FolderLock.held(on: files.folder, LOCK_SH) { try StoreReader(files) }) }
    }

    private static func nothing(_ path: String) -> HostError {
        HostError(
            .noInput, "\(path): there is no result store; this makes one: \(SuggestedCommand.evaluate(.init(store: path)))")
    }

    /// Opens a store to add to it; one of an earlier version is brought up to date.
    ///
    /// - Parameter creating: make the file and its folder if there is none.
    /// - Throws: `noInput` if there is none, `cantCreate` if it cannot be made or written, `data` if it is no store or one of a later zoo;
    ///   it is then as it was.
    public init(path: String, creating: Bool = true) throws {
        self.path = path
        let files = DatabaseFiles(path)
        try Self.refuseObstacle(files, path, .cantCreate)
        guard files.main != nil || creating else {
            throw Self.nothing(path)
        }
        if files.main == nil { try files.makeFolder() }
        door = try Self.explained(path, .cantCreate) {
            // SQLite's switch to the write-ahead log waits for nobody.
            try FolderLock.held(on: files.folder, LOCK_EX) {
                if let main = files.main, main.size > 0 { try StoreReader.recognise(files) }
                var configuration = Configuration()
                configuration.journalMode = .wal
                // Long enough for another process to commit a large result.
                configuration.busyMode = .timeout(30)
                configuration.prepareDatabase { try ResultStoreSchema.prepare($0) }
                let queue = try DatabaseQueue(path: files.path, configuration: configuration)
                // After the switch to the log, at which GRDB is content with less.
                try queue.inDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
                try ResultStoreSchema.migrator.migrate(queue)
                return .writing(queue)
            }
        }
    }

    static func refuseObstacle(_ files: DatabaseFiles, _ path: String, _ kind: HostError.Kind) throws {
        if path.isEmpty { throw HostError(.usage, "the path of a result store is empty, expected a file") }
        if let obstacle = files.obstacle() { throw HostError(kind, "\(path): \(obstacle)") }
    }

    /// Opens a store that this process alone adds to, and that others may read at any time, also from other machines on which its folder
    /// is: SQLite's own way of sharing a file needs a memory that they share.
    ///
    /// It is kept in memory, and replaces its file whole with each result, so it is for hundreds of results.
    public init(publishing path: String) throws {
        self.path = path
        let files = DatabaseFiles(path)
        try Self.refuseObstacle(files, path, .cantCreate)
        files.removeAbandonedDrafts()
        let queue = try StoreReader.memory()
        try ResultStoreSchema.migrator.migrate(queue)
        door = .publishing(queue)
        if files.main != nil { _ = try merge(ResultStore(reading: path), publishing: false) }
    }

    /// An empty store in memory.
    public convenience init() throws { try self.init(StoreReader.memory(), path: "") }

    /// An empty store in a database that nobody else has open.
    init(_ queue: DatabaseQueue, path: String) throws {
        self.path = path
        try ResultStoreSchema.migrator.migrate(queue)
        door = .writing(queue)
    }

    /// One or several stores as one, to read; what is in several counts once.
    ///
    /// - Throws: `noInput` if one is missing, `data` if one is no store.
    public static func reading(_ paths: [String]) throws -> ResultStore {
        let stores = try paths.map { try ResultStore(reading: $0) }
        if stores.count == 1 { return stores[0] }
        let all = try ResultStore()
        for store in stores { _ = try all.merge(store) }
        return all
    }

    /// Whether two paths are the same file, under whatever names.
    public static func areSame(_ a: String, _ b: String) -> Bool {
        guard let a = DatabaseFiles(a).main, let b = DatabaseFiles(b).main else { return false }
        return (a.device, a.inode) == (b.device, b.inode)
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
        let tables = measurement.tables.isEmpty ? nil : try TableCoding.encode(measurement.tables)
        let series =
            try measurement.tables.filter { !TableCoding.isKeptHere($0) }
            .flatMap { table in try table.columns.map { (table.name, $0.name, try SeriesCoding.encode($0.values)) } }
            + measurement.samples.map { (nil as String?, $0.name, try SeriesCoding.encode($0.values)) }
        let row = try ResultRow(
            job: job, subject: subject, status: status, cause: cause, exitStatus: exitStatus, warnings: measurement.warnings,
            provenance: provenance)
        let figures = measurement.figures
        let id = try write { db in
            let id = try row.insert(into: db)
            for (position, figure) in figures.enumerated() {
                try db.execute(
                    sql: "INSERT INTO figure (result, position, name, value, unit, is_timing) VALUES (?, ?, ?, ?, ?, ?)",
                    arguments: [id, position, figure.name, figure.value, figure.unit, figure.isTiming])
            }
            if let tables { try db.execute(sql: "INSERT INTO tables (result, bytes) VALUES (?, ?)", arguments: [id, tables]) }
            for (table, name, (type, bytes)) in series {
                try db.execute(
                    sql: "INSERT INTO series (result, \"table\", name, type, packing, bytes) VALUES (?, ?, ?, ?, ?, ?)",
                    arguments: [id, table, name, type, SeriesPacking.version, bytes])
            }
            return id
        }
        return StoredResult(
            id: id, uuid: row.uuid, job: job, subject: subject, settingsText: row.settings, status: status, cause: cause,
            exitStatus: exitStatus, figures: figures,
            warnings: measurement.warnings, provenance: provenance)
    }

    // MARK: Reading

    /// Results in the order of entry, data set, seed, probe; of equal ones the newest last. Without `history` each subject has
    /// one: its newest, where a failure never hides a result of the very same job.
    public func results(matching filter: ResultFilter = ResultFilter()) throws -> [StoredResult] {
        let (condition, arguments) = filter.sql
        let source = filter.history ? "result" : "current"
        let chosen = "FROM \(source) WHERE \(condition)" + (filter.newest.map { " ORDER BY date DESC, id DESC LIMIT \($0)" } ?? "")
        return try read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT \(ResultRow.selection) FROM (SELECT * \(chosen)) ORDER BY entry, dataset, trained_on, seed, probe, date, id
                    """,
                arguments: arguments)
            let figures = try db.cachedStatement(
                sql: "SELECT name, value, unit, is_timing FROM figure WHERE result = ? ORDER BY position")
            var (results, texts): ([StoredResult], ResultRow.Texts) = ([], .init())
            while let row = try rows.next() {
                let cursor = try Row.fetchCursor(figures, arguments: [try row.value(0) as Int64])
                var own: [Measurement.Figure] = []
                while let row = try cursor.next() {
                    own.append(
                        Measurement.Figure(
                            try row.value(0), try row.optional(1) ?? .nan, unit: try row.value(2), isTiming: try row.value(3)))
                }
                results.append(try ResultRow.result(row, figures: own, &texts))
            }
            return results
        }
    }

    /// The ids of the results that count: those that `results` gives without `history`.
    private func currentIDs() throws -> Set<Int64> { try read { try Int64.fetchSet($0, sql: "SELECT id FROM current") } }

    /// All results, superseded ones included, and the ids of those that count.
    ///
    /// Both are read at once, as each takes more than a second of a hundred thousand results.
    public func history() throws -> (results: [StoredResult], current: Set<Int64>) {
        var everything = ResultFilter()
        everything.history = true
        let filter = everything
        while true {
            let parts = concurrentMap(2) { part in
                Result { part == 0 ? (try self.results(matching: filter), []) : ([], try currentIDs()) }
            }
            let (results, current) = (try parts[0].get().0, try parts[1].get().1)
            // Otherwise somebody has added some that only the second reading has seen.
            if current.isSubset(of: results.map(\.id)) { return (results, current) }
        }
    }

    /// Whether any result matches, superseded ones included.
    public func contains(_ filter: ResultFilter) throws -> Bool {
        let (condition, arguments) = filter.sql
        return try read { db in
            try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM result WHERE \(condition))", arguments: arguments) == true
        }
    }

    /// What is settled of some jobs, by what the plan called them: their newest results, failures left out that may not come again.
    ///
    /// - Parameter isWanted: whether a result counts.
    public func settled(_ plans: [String], where isWanted: (StoredResult) -> Bool = { _ in true }) throws -> [String: StoredResult] {
        var found: [String: StoredResult] = [:]
        // SQLite takes a limited number of arguments.
        for start in stride(from: 0, to: plans.count, by: 500) {
            let filter = ResultFilter(plans: Array(plans[start..<min(start + 500, plans.count)]), history: true)
            for result in try results(matching: filter) where result.isSettled && isWanted(result) {
                let plan = result.provenance.identity.plan.isEmpty ? result.job : result.provenance.identity.plan
                if let known = found[plan], (known.provenance.date, known.id) > (result.provenance.date, result.id) { continue }
                found[plan] = result
            }
        }
        return found
    }
}
