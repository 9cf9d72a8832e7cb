import GRDB
import ZooCore

extension ResultStore {
    /// Adds all rows of another store that are not here yet; merging the same store twice adds nothing.
    ///
    /// - Returns: how many rows were added, and how many were here already.
    /// - Throws: `data` if the other is damaged: nothing of it is then added.
    public func merge(_ other: ResultStore, extent: MergeExtent = .whole) throws -> (added: Int, known: Int) {
        try merge(other, extent: extent, publishing: true)
    }

    func merge(_ other: ResultStore, extent: MergeExtent = .whole, publishing: Bool) throws -> (added: Int, known: Int) {
        try other.read { source in
            try write(publishing: publishing) { db in
                var counts = (added: 0, known: 0)
                let known = try Set(String.fetchCursor(db, sql: "SELECT uuid FROM result"))
                // In the order in which they were made, so that ids here go with time as far as one store knows it.
                for (from, uuid, seed) in try other.uuids(source, extent) {
                    if known.contains(uuid) {
                        counts.known += 1
                        continue
                    }
                    try other.copy("result", ResultRow.columns, where: "id = ? ORDER BY id", from, of: source, to: db)
                    let id = db.lastInsertedRowID
                    try other.copy("figure", Self.figureColumns, where: "result = ? ORDER BY position", from, of: source, to: db, as: id)
                    let wanted = extent.series(ofSeed: seed)
                    try other.copy(
                        "series", Self.seriesColumns, where: "result = ? AND \(wanted) ORDER BY id", from, of: source, to: db, as: id)
                    counts.added += 1
                }
                try other.check()
                return counts
            }
        }
    }

    /// Merges the store in a file, unless it is as it was when it was merged last; nil then.
    public func mergeIfChanged(_ file: String) throws -> (added: Int, known: Int)? {
        let state = DatabaseFiles(file).main.map { "\($0.device) \($0.inode) \($0.size) \($0.seconds) \($0.nanoseconds)" } ?? ""
        let name = "merged \(DatabaseFiles(file).path)"
        if try checksum(of: name, state: state) != nil { return nil }
        let counts = try merge(ResultStore(reading: file))
        // Named as the file was before: what was written meanwhile is read again.
        try remember(checksum: "", of: name, state: state)
        return counts
    }

    private static let figureColumns = ["position", "name", "value", "unit", "is_timing"]
    private static let seriesColumns = ["table", "name", "type", "bytes"]

    private func uuids(_ db: Database, _ extent: MergeExtent) throws -> [(id: Int64, uuid: String, seed: Int64)] {
        try Self.explained(path, .noInput) {
            try Row.fetchAll(db, sql: "SELECT id, uuid, seed FROM \(extent.source) ORDER BY id").map {
                (try $0.value("id"), try $0.value("uuid"), try $0.value("seed"))
            }
        }
    }

    /// Copies rows of one result from this store to another.
    ///
    /// - Parameter result: its number there; nil for the row of the table `result`, which gets one.
    private func copy(
        _ table: String, _ columns: [String], where condition: String, _ value: Int64, of source: Database, to db: Database,
        as result: Int64? = nil
    ) throws {
        let names = columns.map { "\"\($0)\"" }.joined(separator: ", ")
        let rows = try Self.explained(path, .noInput) {
            try Row.fetchAll(source.cachedStatement(sql: "SELECT \(names) FROM \(table) WHERE \(condition)"), arguments: [value])
        }
        let marks = Array(repeating: "?", count: columns.count + (result == nil ? 0 : 1)).joined(separator: ", ")
        let insertion = try db.cachedStatement(
            sql: "INSERT INTO \(table) (\(names)\(result == nil ? "" : ", result")) VALUES (\(marks))")
        for row in rows {
            let values = Array(row.databaseValues) + (result.map { [$0.databaseValue] } ?? [])
            do { try insertion.execute(arguments: StatementArguments(values)) } catch let error as DatabaseError
                where error.resultCode == .SQLITE_CONSTRAINT
            {
                throw HostError(.data, "\(path): not a sound result store: result \(value): \(error.message ?? "a value is missing")")
            }
        }
    }
}
