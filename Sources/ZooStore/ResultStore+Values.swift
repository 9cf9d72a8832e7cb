import GRDB
import ZooCore

/// Tables, and values per image, which are read only where they are asked for.
extension ResultStore {
    public func tables(of result: StoredResult) throws -> [Measurement.Table] {
        var tables = try shortTables(of: [result])[result.id] ?? []
        for (_, table, name, values) in try series(of: [result], where: "\"table\" IS NOT NULL") {
            let place = tables.firstIndex { $0.name == table } ?? tables.endIndex
            if place == tables.endIndex { tables.append(Measurement.Table(table, [])) }
            tables[place].columns.append(Measurement.Column(name, values))
        }
        // A merge may have left out the columns of one.
        return tables.filter { !$0.columns.isEmpty }
    }

    /// The table of one name only; nil where the result has none.
    public func table(_ name: String, of result: StoredResult) throws -> Measurement.Table? { try table(name, of: [result])[result.id] }

    /// The tables of one name of several results, by their ids, in one query.
    public func table(_ name: String, of results: [StoredResult]) throws -> [Int64: Measurement.Table] {
        var tables = try shortTables(of: results, only: name).compactMapValues { tables in
            tables.first { $0.name == name && !$0.columns.isEmpty }
        }
        for (result, _, column, values) in try series(of: results, where: "\"table\" = ?", [name]) {
            tables[result, default: Measurement.Table(name, [])].columns.append(Measurement.Column(column, values))
        }
        return tables
    }

    /// Tables as `TableCoding` keeps them, by their results' ids: those whose columns are series have none.
    private func shortTables(of results: [StoredResult], only name: String? = nil) throws -> [Int64: [Measurement.Table]] {
        try read { db in
            let statement = try db.cachedStatement(sql: "SELECT bytes FROM tables WHERE result = ?")
            var found: [Int64: [Measurement.Table]] = [:]
            for result in results {
                guard let row = try Row.fetchOne(statement, arguments: [result.id]) else { continue }
                guard let tables = TableCoding.decode(try row.value(0), only: name) else { throw garbled("the tables", of: result) }
                found[result.id] = tables
            }
            return found
        }
    }

    private func garbled(_ what: String, of result: StoredResult) -> HostError {
        HostError(.data, "\(path): \(what) of result \(result.id) are garbled")
    }

    /// One value per test image each.
    public func samples(of result: StoredResult) throws -> [Measurement.Samples] {
        try series(of: [result], where: "\"table\" IS NULL").map { Measurement.Samples($0.name, $0.values) }
    }

    /// The samples of one name only: what comparisons read.
    public func samples(_ name: String, of result: StoredResult) throws -> Measurement.Values? {
        try samples(name, of: [result])[result.id]
    }

    /// The samples of one name of several results, by their ids, in one query.
    public func samples(_ name: String, of results: [StoredResult]) throws -> [Int64: Measurement.Values] {
        Dictionary(try series(of: results, where: "\"table\" IS NULL AND name = ?", [name]).map { ($0.result, $0.values) }) { first, _ in
            first
        }
    }

    /// All that was measured.
    public func measurement(of result: StoredResult) throws -> Measurement {
        Measurement(
            figures: result.figures, tables: try tables(of: result), samples: try samples(of: result), warnings: result.warnings)
    }

    private func series(
        of results: [StoredResult], where condition: String, _ arguments: StatementArguments = []
    ) throws -> [(result: Int64, table: String, name: String, values: Measurement.Values)] {
        try read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT \"table\", name, type, packing, bytes FROM series WHERE result = ? AND \(condition) ORDER BY id")
            return try results.flatMap { result in
                let rows = try Row.fetchCursor(statement, arguments: [result.id] + arguments)
                var list: [(Int64, String, String, Measurement.Values)] = []
                while let row = try rows.next() {
                    let name: String = try row.value(1)
                    guard let values = SeriesCoding.decode(try row.value(2), packing: try row.value(3), try row.value(4)) else {
                        throw garbled("the values of '\(name)'", of: result)
                    }
                    list.append((result.id, try row.optional(0) ?? "", name, values))
                }
                return list
            }
        }
    }
}
