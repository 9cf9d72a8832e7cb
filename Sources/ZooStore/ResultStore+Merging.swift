import Foundation
import GRDB
import Glibc
import ZooCore

extension ResultStore {
    /// Opens a store for a function that merges others into it.
    ///
    /// One that is yet to be made gets its name when it is complete, so that nothing has to be written twice, first into a log, which
    /// takes half of the time. Until then it is a hidden file beside it.
    ///
    /// - Throws: as `init(path:)`, and what the function throws.
    public static func gathering<R>(_ path: String, _ body: (ResultStore) throws -> R) throws -> R {
        let files = DatabaseFiles(path)
        try refuseObstacle(files, path, .cantCreate)
        if files.main != nil { return try body(ResultStore(path: path)) }
        try files.makeFolder()
        let draft = files.draft
        files.removeAbandonedDrafts()
        defer { unlink(draft) }
        return try explained(path, .cantCreate) {
            var configuration = Configuration()
            configuration.prepareDatabase { db in
                try ResultStoreSchema.prepare(db)
                // A journal is needed all the same: what is found damaged is taken back.
                try db.execute(sql: "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE")
            }
            let queue = try DatabaseQueue(path: draft, configuration: configuration)
            let store = try ResultStore(queue, path: path)
            let result = try withoutIndexes(queue) { try body(store) }
            try queue.close()
            let isTaken = try FolderLock.held(on: files.folder, LOCK_EX) {
                // Somebody else may have made one meanwhile.
                if files.main != nil { return false }
                try files.takeDraft()
                return true
            }
            if !isTaken { _ = try ResultStore(path: path).merge(ResultStore(reading: draft)) }
            return result
        }
    }

    /// Makes the indexes of a database anew after a function has added rows to it: rows come in no order, and each would change a page of
    /// every index.
    private static func withoutIndexes<R>(_ queue: DatabaseQueue, _ body: () throws -> R) throws -> R {
        let indexes = try queue.write { db in
            let rows = try Row.fetchAll(db, sql: "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
            let indexes: [(name: String, sql: String)] = try rows.map { (try $0.value(0), try $0.value(1)) }
            for (name, _) in indexes { try db.execute(sql: "DROP INDEX \(name)") }
            return indexes
        }
        let result = try body()
        try queue.inDatabase { db in
            // Sorting a million rows takes files.
            try db.execute(sql: "PRAGMA temp_store = DEFAULT")
            try db.inTransaction {
                for (_, sql) in indexes { try db.execute(sql: sql) }
                return .commit
            }
        }
        return result
    }

    /// Adds all rows of another store that are not here yet; merging the same store twice adds nothing.
    ///
    /// - Returns: how many rows were added, and how many were here already.
    /// - Throws: `data` if the other is damaged: nothing of it is then added.
    public func merge(_ other: ResultStore, extent: MergeExtent = .whole) throws -> (added: Int, known: Int) {
        try merge(other, extent: extent, publishing: true)
    }

    /// Merges the stores in some files.
    ///
    /// - Returns: for each file how many rows were added and known, nil if it is as it was when it was merged last; or why it cannot be read.
    ///   After an interrupt, those that were merged before it.
    public func mergeIfChanged(_ files: [String]) -> [Result<(added: Int, known: Int)?, any Error>] {
        var results: [Result<(added: Int, known: Int)?, any Error>] = []
        for start in stride(from: 0, to: files.count, by: Self.most) where !Interrupt.isRequested {
            let part = files[start..<min(start + Self.most, files.count)]
            // One transaction writes the pages of the indexes over random ids once for all. Where it fails, each file has its own.
            if let counts = try? mergeTogether(part) {
                results += counts.map { .success($0) }
            } else {
                results += part.map { file in Result { try mergeTogether([file])[0] } }
            }
        }
        return results
    }

    /// SQLite attaches at most ten databases.
    private static let most = 8

    private func mergeTogether(_ files: ArraySlice<String>) throws -> [(added: Int, known: Int)?] {
        // A file's state is taken before it is read: what is written meanwhile is read again.
        let found = files.map { file in
            let file = DatabaseFiles(file)
            let state = file.main.map { "\($0.device) \($0.inode) \($0.size) \($0.seconds) \($0.nanoseconds)" } ?? ""
            return (file: file, mark: "merged \(file.path)", state: state)
        }
        let isKnown = try found.map { try checksum(of: $0.mark, state: $0.state) != nil }
        let new = zip(found, isKnown).filter { !$1 }.map(\.0)
        var counts = try merge(new.map { try ResultStore(reading: $0.file.name) }) { db in
            for (_, mark, state) in new { try Self.remember(checksum: "", of: mark, state: state, in: db) }
        }[...]
        return isKnown.map { $0 ? nil : counts.removeFirst() }
    }

    func merge(_ other: ResultStore, extent: MergeExtent = .whole, publishing: Bool) throws -> (added: Int, known: Int) {
        try merge([other], extent: extent, publishing: publishing)[0]
    }

    /// The rows go from the other databases to this one within SQLite, all or none of them.
    ///
    /// - Parameters:
    ///   - others: at most `most`; an error is said of the last of them.
    ///   - completion: is run in the same transaction.
    private func merge(
        _ others: [ResultStore], extent: MergeExtent = .whole, publishing: Bool = true, completion: (Database) throws -> Void = { _ in }
    ) throws -> [(added: Int, known: Int)] {
        if others.isEmpty { return [] }
        return try Self.lend(others[...]) { addresses in
            do {
                return try withWriter(publishing: publishing) { queue in
                    try queue.inDatabase { db in
                        var attached: [String] = []
                        defer {
                            for name in attached { try? db.execute(sql: "DETACH DATABASE \(name)") }
                            try? db.execute(sql: "PRAGMA foreign_keys = ON")
                        }
                        for address in addresses {
                            let name = "other\(attached.count)"
                            try ofOther { try db.execute(sql: "ATTACH DATABASE ? AS \(name)", arguments: [address]) }
                            attached.append(name)
                        }
                        // The copies refer to each other by how their ids are made, and looking every reference up takes a fifth of the
                        // time. Without room for the pages of the indexes these are read again and again.
                        try db.execute(sql: "PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY; PRAGMA main.cache_size = -32768")
                        db.add(function: Self.packed)
                        db.add(function: Self.rounded)
                        var counts: [(added: Int, known: Int)] = []
                        try db.inTransaction(.immediate) {
                            for (other, name) in zip(others, attached) {
                                // Once both have been read, neither store changes until the transaction ends.
                                try ofOther { _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(name).sqlite_master") }
                                counts.append(try copy(extent, of: other, attachedAs: name, in: db))
                            }
                            for other in others { try other.check() }
                            try completion(db)
                            return .commit
                        }
                        return counts
                    }
                }
            } catch let failure as Foreign { throw failure.error }
        }
    }

    /// Runs a function with what SQLite attaches some stores by.
    private static func lend<R>(_ stores: ArraySlice<ResultStore>, _ body: ([String]) throws -> R) throws -> R {
        guard let first = stores.first else { return try body([]) }
        return try first.lend { address in try lend(stores.dropFirst()) { try body([address] + $0) } }
    }

    /// An error of the database that the other store is to blame for.
    private struct Foreign: Error { let error: DatabaseError }

    private func ofOther<R>(_ body: () throws -> R) throws -> R {
        do { return try body() } catch let error as DatabaseError { throw Foreign(error: error) }
    }

    private func copy(_ extent: MergeExtent, of other: ResultStore, attachedAs name: String, in db: Database) throws -> (
        added: Int, known: Int
    ) {
        do {
            let total = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(name).\(extent.source)") ?? 0
            // In the order in which they were made, so that ids here go with time as far as one store knows it.
            try db.execute(
                sql: """
                    CREATE TEMP TABLE IF NOT EXISTS incoming (place INTEGER PRIMARY KEY, id, seed);
                    DELETE FROM temp.incoming;
                    INSERT INTO temp.incoming (id, seed) SELECT id, seed FROM \(name).\(extent.source) AS o
                    WHERE NOT EXISTS (SELECT 1 FROM main.result AS r WHERE r.uuid = o.uuid) ORDER BY id
                    """)
            let added = db.changesCount
            let last = try Int64.fetchOne(db, sql: "SELECT max(seq) FROM main.sqlite_sequence WHERE name = 'result'") ?? 0
            let columns = ResultRow.columns.map { "\"\($0)\"" }
            // CROSS JOIN keeps SQLite from sorting: rows come in the order of their places.
            try db.execute(
                sql: """
                    INSERT INTO main.result (id, \(columns.joined(separator: ", ")))
                    SELECT ? + i.place, \(columns.map { "o.\($0)" }.joined(separator: ", "))
                    FROM temp.incoming AS i CROSS JOIN \(name).result AS o ON o.id = i.id ORDER BY i.place
                    """, arguments: [last])
            try db.execute(
                sql: """
                    INSERT INTO main.figure (result, position, name, value, unit, is_timing)
                    SELECT ? + i.place, f.position, f.name, f.value, f.unit, f.is_timing
                    FROM temp.incoming AS i CROSS JOIN \(name).figure AS f ON f.result = i.id
                    """, arguments: [last])
            try db.execute(
                sql: """
                    INSERT INTO main.tables (result, bytes)
                    SELECT ? + i.place, t.bytes FROM temp.incoming AS i CROSS JOIN \(name).tables AS t ON t.result = i.id
                    """, arguments: [last])
            try db.execute(
                sql: """
                    INSERT INTO main.series (result, "table", name, type, packing, bytes)
                    SELECT ? + i.place, s."table", s.name, CASE WHEN \(extent.rounded) THEN 'f32' ELSE s.type END, \(SeriesPacking.version),
                      CASE WHEN \(extent.rounded) THEN rounded(s.type, s.packing, s.bytes)
                        WHEN s.packing = \(SeriesPacking.version) THEN s.bytes ELSE packed(s.type, s.packing, s.bytes) END
                    FROM temp.incoming AS i CROSS JOIN \(name).series AS s ON s.result = i.id WHERE \(extent.series) ORDER BY i.place, s.id
                    """, arguments: [last])
            if let fault = try ResultRow.fault(after: last, in: db) {
                throw HostError(.data, "\(other.path): not a sound result store: \(fault)")
            }
            return (added, total - added)
        } catch let error as DatabaseError where Self.isDamage(error) {
            // SQLite does not say whose a damaged page is.
            guard try String.fetchOne(db, sql: "PRAGMA main.quick_check(1)") == "ok" else { throw error }
            throw Foreign(error: error)
        }
    }

    private static func isDamage(_ error: DatabaseError) -> Bool {
        [.SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH].contains(error.resultCode)
    }

    /// Packs a series of a store that did not.
    private static let packed = DatabaseFunction("packed", argumentCount: 3, pure: true) { values in
        guard let type = String.fromDatabaseValue(values[0]), Int.fromDatabaseValue(values[1]) == 0,
            let bytes = Data.fromDatabaseValue(values[2])
        else { return nil }
        return SeriesPacking.pack(bytes, type: type)
    }

    /// Rounds numbers to single precision.
    private static let rounded = DatabaseFunction("rounded", argumentCount: 3, pure: true) { values in
        guard let type = String.fromDatabaseValue(values[0]), let packing = Int.fromDatabaseValue(values[1]),
            let bytes = Data.fromDatabaseValue(values[2]), case .numbers(let list)? = SeriesCoding.decode(type, packing: packing, bytes)
        else { return nil }
        return try SeriesCoding.encode(.numbers(list.map { Double(Float($0)) })).bytes
    }
}
