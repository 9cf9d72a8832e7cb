import GRDB
import ZooCore

/// How the store's database is read and written, and what it remembers beside results.
extension ResultStore {
    /// A checksum that was made when `path` was in that state (sizes and times of change), if it is known.
    public func checksum(of path: String, state: String) throws -> String? {
        try read {
            try String.fetchOne($0, sql: "SELECT sha256 FROM checksum WHERE path = ? AND state = ?", arguments: [path, state])
        }
    }

    /// Keeps a checksum for later; a store that is only read does not.
    public func remember(checksum: String, of path: String, state: String) throws {
        if case .reading = door { return }
        try write(publishing: false) { try Self.remember(checksum: checksum, of: path, state: state, in: $0) }
    }

    static func remember(checksum: String, of path: String, state: String, in db: Database) throws {
        try db.execute(
            sql: "INSERT OR REPLACE INTO checksum (path, state, sha256) VALUES (?, ?, ?)", arguments: [path, state, checksum])
    }

    // MARK: Access

    func read<R>(_ body: (Database) throws -> R) throws -> R {
        try Self.explained(path, .io) {
            switch door {
            case .reading(let reader): try reader.read(body)
            case .writing(let queue), .publishing(let queue): try queue.read(body)
            }
        }
    }

    /// - Parameter publishing: whether others are to see it at once, if the store is one that is replaced.
    func write<R>(publishing: Bool = true, _ body: (Database) throws -> R) throws -> R {
        try withWriter(publishing: publishing) { try $0.write(body) }
    }

    func withWriter<R>(publishing: Bool, _ body: (DatabaseQueue) throws -> R) throws -> R {
        try Self.explained(path, .cantCreate) {
            switch door {
            case .reading: throw HostError(.software, "\(path): opened for reading only")
            case .writing(let queue): return try body(queue)
            case .publishing(let queue):
                let result = try body(queue)
                if publishing { try DatabaseFiles(path).replace(with: queue) }
                return result
            }
        }
    }

    /// Runs a function with what SQLite attaches this store by, again if its file has changed meanwhile.
    func lend<R>(_ body: (String) throws -> R) throws -> R {
        try Self.explained(path, .noInput) {
            switch door {
            case .reading(let reader): try reader.lend(body)
            case .writing(let queue), .publishing(let queue): try body(StoreReader.address(of: queue))
            }
        }
    }

    /// Called by what `read` and `lend` run; see `StoreReader.check`.
    func check() throws {
        if case .reading(let reader) = door { try reader.check() }
    }

    /// Turns the errors of the database into ours.
    ///
    /// - Parameter refusal: the kind for a file that may not be opened.
    static func explained<R>(_ path: String, _ refusal: HostError.Kind, _ body: () throws -> R) throws -> R {
        do { return try body() } catch let error as DatabaseError {
            let reason = error.message ?? error.resultCode.description
            switch error.resultCode {
            case .SQLITE_NOTADB, .SQLITE_CORRUPT, .SQLITE_ERROR, .SQLITE_CONSTRAINT, .SQLITE_MISMATCH:
                throw HostError(.data, "\(path): not a sound result store: \(reason)")
            case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
                let purpose = refusal == .cantCreate ? "written" : "read"
                throw HostError(refusal, "\(path): the result store cannot be \(purpose): \(reason)")
            case .SQLITE_BUSY, .SQLITE_LOCKED: throw HostError(.unavailable, "\(path): another process keeps the result store: \(reason)")
            case .SQLITE_NOMEM: throw HostError(.outOfMemory, "\(path): \(reason)")
            default: throw HostError(.io, "\(path): the result store fails: \(reason)")
            }
        } catch is RowDecodingError {
            throw HostError(.data, "\(path): not a sound result store: a value has another type than the zoo writes")
        } catch is ResultRow.Garbled {
            throw HostError(.data, "\(path): not a sound result store: a value is none that the zoo writes")
        }
    }
}
