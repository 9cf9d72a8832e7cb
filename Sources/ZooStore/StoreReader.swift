import Foundation
import GRDB
import Synchronization
import ZooCore

/// Reads a store without writing anything, neither into its file nor beside it.
///
/// SQLite itself makes files beside a database with a write-ahead log, even where it only reads, so the way depends on what is there:
///
/// - Log and index are there, as while another process writes, or after a crash: the index is mapped for reading, SQLite's locks hold.
/// - Neither is there: nobody has the database open, and its file is complete. It is read as one that does not change, and after
///   each reading its state shows whether a writer came after all; then it is read again.
/// - Anything else is what a crash or a copy has left over. It is copied, and SQLite recovers the copy.
///
/// A store of an earlier version is brought to this one's tables in memory.
final class StoreReader: Sendable {
    private let files: DatabaseFiles
    private let connection: Mutex<Connection>

    private final class Connection: Sendable {
        let queue: DatabaseQueue
        /// What another connection attaches the same database by.
        let address: String
        /// What the file has to be like for what was read to hold; nil where SQLite sees to that.
        let state: DatabaseFiles.State?
        /// Connections that nobody uses at the moment, `queue` among them; nil for a database in memory, which has that one alone.
        private let idle: Mutex<[DatabaseQueue]?>

        init(_ queue: DatabaseQueue, _ address: String, _ state: DatabaseFiles.State? = nil, isFile: Bool) {
            (self.queue, self.address, self.state) = (queue, address, state)
            idle = Mutex(isFile ? [queue] : nil)
        }

        /// Runs a query, on a connection of its own where several are run at once.
        func read<R>(_ body: (Database) throws -> R) throws -> R {
            let (isFile, free) = idle.withLock { ($0 != nil, $0?.popLast()) }
            guard isFile else { return try queue.read(body) }
            let own = try free ?? StoreReader.queue(address)
            defer { idle.withLock { $0?.append(own) } }
            return try own.read(body)
        }
    }

    /// Somebody wrote to a file that was taken for one at rest.
    private struct Changed: Error {}

    /// - Throws: `noInput` if there is none or it cannot be read, `data` if it is no store or one of a later zoo.
    init(_ files: DatabaseFiles) throws {
        self.files = files
        connection = Mutex(try Self.connect(files))
    }

    /// Makes sure that the file is a store or an empty database.
    ///
    /// - Throws: `data` if it is not.
    static func recognise(_ files: DatabaseFiles) throws {
        _ = try connected(files).queue.read { try ResultStoreSchema.kind($0, path: files.name) }
    }

    /// Runs a query, again if the file has changed meanwhile.
    func read<R>(_ body: (Database) throws -> R) throws -> R { try unchanged { try $0.read(body) } }

    /// Runs a function with what SQLite attaches the database by, again if the file has changed meanwhile.
    func lend<R>(_ body: (String) throws -> R) throws -> R { try unchanged { try body($0.address) } }

    private func unchanged<R>(_ body: (Connection) throws -> R) throws -> R {
        for _ in 0..<Self.attempts {
            let current = connection.withLock { $0 }
            let result = Result { try body(current) }
            if case .failure(let error as DatabaseError) = result, Self.isPassing(error) {
                // The one who wrote has ended, or another has begun.
            } else if Self.holds(current, files) {
                return try result.get()
            }
            let next = try Self.connect(files)
            connection.withLock { $0 = next }
        }
        throw Self.busy(files)
    }

    /// Called by what `read` and `lend` run: throws if what was read so far is no longer valid, before anything is made of it.
    func check() throws {
        if !connection.withLock({ Self.holds($0, files) }) { throw Changed() }
    }

    private static func holds(_ connection: Connection, _ files: DatabaseFiles) -> Bool {
        // What a writer has added may stand in the log alone.
        connection.state == nil || (connection.state == files.main && files.log.map { $0.size == 0 } ?? true)
    }

    private static let attempts = 20

    // MARK: Opening

    /// A connection to a store with this version's tables.
    private static func connect(_ files: DatabaseFiles) throws -> Connection {
        for _ in 0..<attempts {
            let found = try connected(files)
            let result = Result { try current(found, files) }
            if holds(found, files) { return try result.get() }
        }
        throw busy(files)
    }

    /// A connection to whatever database it is.
    private static func connected(_ files: DatabaseFiles) throws -> Connection {
        for _ in 0..<attempts {
            let found: Connection?
            do {
                found = try direct(files) ?? copy(files)
            } catch let error as DatabaseError where isPassing(error) {
                found = try copy(files)
            }
            if let found { return found }
        }
        throw busy(files)
    }

    private static func busy(_ files: DatabaseFiles) -> HostError {
        HostError(.unavailable, "\(files.name): is written all the time; try again later")
    }

    /// SQLite does not read it as it lies: it would have to recover it, or a file that was there has just gone.
    private static func isPassing(_ error: DatabaseError) -> Bool {
        [.SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PROTOCOL].contains(error.resultCode)
    }

    /// A connection to the file itself; nil where there are leftovers.
    private static func direct(_ files: DatabaseFiles) throws -> Connection? {
        let state = files.main
        switch (files.log, files.index) {
        case (_?, _?): return try open(address(files.path, "mode=ro&readonly_shm=1"))
        case (let log?, nil) where log.size > 0: return nil
        case _ where files.journal.map({ $0.size > 0 }) ?? false: return nil
        default: return try open(address(files.path, "mode=ro&immutable=1"), state)
        }
    }

    private static func open(_ address: String, _ state: DatabaseFiles.State? = nil) throws -> Connection {
        Connection(try queue(address), address, state, isFile: true)
    }

    private static func queue(_ address: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(30)
        configuration.prepareDatabase { db in
            try ResultStoreSchema.distrust(db)
            // The inner pages of a store of a hundred thousand results, which every result is looked up by.
            try db.execute(sql: "PRAGMA cache_size = -32768")
        }
        return try DatabaseQueue(path: address, configuration: configuration)
    }

    private static func address(_ path: String, _ parameters: String) -> String {
        "file:\(path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path)?\(parameters)"
    }

    /// What a database that this process has open for writing is attached by.
    static func address(of queue: DatabaseQueue) -> String {
        // One in memory is known by that already.
        queue.path.hasPrefix("/") ? address(queue.path, "mode=ro") : queue.path
    }

    /// The content, in memory, of a copy that SQLite may recover; nil if somebody wrote meanwhile.
    private static func copy(_ files: DatabaseFiles) throws -> Connection? {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zoo-store-\(UUID().uuidString)").path
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch { throw HostError(.cantCreate, "\(folder): cannot be made, to copy \(files.name) there") }
        defer { try? FileManager.default.removeItem(atPath: folder) }
        guard let copy = try files.copied(to: folder) else { return nil }
        return try inMemory(DatabaseQueue(path: copy.path))
    }

    private static func inMemory(_ queue: DatabaseQueue) throws -> Connection {
        let memory = try memory()
        try queue.backup(to: memory)
        return Connection(memory, address(of: memory), isFile: false)
    }

    /// An empty database in memory, under a name of its own: other connections can attach it.
    static func memory() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.prepareDatabase { try ResultStoreSchema.prepare($0) }
        return try DatabaseQueue(named: UUID().uuidString, configuration: configuration)
    }

    /// The same with this version's tables.
    private static func current(_ connection: Connection, _ files: DatabaseFiles) throws -> Connection {
        let migrator = ResultStoreSchema.migrator
        let isCurrent = try connection.queue.read { db in
            guard try ResultStoreSchema.kind(db, path: files.name) == .store else {
                throw HostError(.data, "\(files.name): expected a result store, found an empty database")
            }
            return try migrator.hasCompletedMigrations(db)
        }
        if isCurrent { return connection }
        let memory = try inMemory(connection.queue)
        try migrator.migrate(memory.queue)
        return memory
    }
}
