import Foundation
import GRDB
import TestSupport
import ZooCore
import ZooStore

/// Names and contents of everything below a folder.
///
/// - Parameter inUse: whether this very process has the database open: the log's index is then its own memory, in which readers of the
///   same process leave marks. Readers of other processes do not; the tests of the program see to that.
func tree(_ folder: String, inUse: Bool = false) throws -> [String: String] {
    var found: [String: String] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
        if inUse, name.hasSuffix("-shm") {
            found[name] = "in use"
            continue
        }
        let path = folder + "/" + name
        var status = stat()
        lstat(path, &status)
        found[name] =
            switch status.st_mode & S_IFMT {
            case S_IFREG: try Checksum.sha256(of: try Data(contentsOf: URL(fileURLWithPath: path)))
            case S_IFLNK: "link to \(try FileManager.default.destinationOfSymbolicLink(atPath: path))"
            default: "kind \(status.st_mode & S_IFMT)"
            }
    }
    return found
}

/// A store that the zoo has written before stores had an application id: an error of two entries each, and a pose that does not apply.
func earlyStore(in folder: String, _ name: String = "zoo.sqlite") throws -> String {
    let path = folder + "/" + name
    try FileManager.default.copyItem(atPath: Repository.fixture("store-1.sqlite").path, toPath: path)
    return path
}

/// What lies where a store was expected.
enum Stranger: String, CaseIterable, Sendable {
    case text, beginning, otherID, otherTables, otherVersion, otherMigrations, similarTables, onlyID, laterZoo, inUse, left

    /// Makes it; what is returned keeps it as it is.
    func make(at path: String) throws -> DatabaseQueue? {
        func database(log: Bool = false, _ sql: String) throws -> DatabaseQueue {
            var configuration = Configuration()
            if log { configuration.journalMode = .wal }
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.inDatabase { try $0.execute(sql: sql) }
            return queue
        }
        switch self {
        case .text:
            try Data("a text that is longer than the header of a database, which has one hundred bytes, or so they say".utf8)
                .write(to: URL(fileURLWithPath: path))
        case .beginning: try Data("SQLite format 3\0".utf8).write(to: URL(fileURLWithPath: path))
        case .otherID: _ = try database("PRAGMA application_id = 1234; CREATE TABLE result (uuid TEXT)")
        case .otherTables: _ = try database(log: true, "CREATE TABLE t (x); INSERT INTO t VALUES (1)")
        case .otherVersion: _ = try database("PRAGMA user_version = 7")
        case .otherMigrations:
            _ = try database(
                "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY); INSERT INTO grdb_migrations VALUES ('v1')")
        case .similarTables:
            _ = try database(
                log: true,
                """
                CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY); INSERT INTO grdb_migrations VALUES ('results');
                CREATE TABLE result (id, uuid, job, entry); CREATE TABLE figure (x); CREATE TABLE series (x); CREATE TABLE checksum (x);
                CREATE VIEW current AS SELECT * FROM result
                """)
        case .onlyID: _ = try database("PRAGMA application_id = 1937010298; CREATE TABLE t (x)")
        case .laterZoo:
            _ = try ResultStore(path: path)
            _ = try database(log: true, "INSERT INTO grdb_migrations VALUES ('of a later zoo')")
        case .inUse: return try database(log: true, "CREATE TABLE t (x); INSERT INTO t VALUES (1)")
        case .left:
            let live = path + ".live"
            let queue = try DatabaseQueue(path: live)
            try queue.inDatabase { try $0.execute(sql: "PRAGMA journal_mode = WAL; CREATE TABLE t (x)") }
            for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: live + suffix, toPath: path + suffix) }
            try queue.close()
            for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: live + suffix) }
        }
        return nil
    }
}

/// Adds some results, with a figure, a table and samples each.
func add(_ numbers: Range<Int>, to store: ResultStore, images: Int = 300) throws {
    for number in numbers {
        let measured = ZooStore.Measurement(
            figures: [.init("number", Double(number)), .init("gone", .nan)],
            tables: [
                .init("images", [.init("image", .integers((0..<images).map { 7 * $0 }))]),
                .init("curve", [.init("angle", .numbers([-90, 0.1, 90])), .init("name", .texts(["a", "ü", "c"]))]),
            ], samples: [.init("loss", .numbers((0..<images).map { Double(Float(number) / Float($0 + 1)) }))])
        try store.append(
            job: "\(number)",
            subject: ResultSubject(
                entry: "cnn", dataset: "strokes", seed: UInt64(number), trainedOn: "strokes", origin: .trained, weights: "w", probe: "error"
            ),
            outcome: .measured(measured),
            provenance: Provenance(
                zoo: "1", code: "c", engine: "e", plugins: ["a": "b"], machine: "m", processor: "p", threads: 1, date: Date(),
                command: "zoo",
                seconds: 1))
    }
}

/// Overwrites the second half of a file, from the start of a page of that many bytes on.
func spoilSecondHalf(of path: String, pageSize: Int = 1) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let middle = bytes.count / 2 / pageSize * pageSize
    bytes.replaceSubrange(middle..<bytes.count, with: Data(repeating: 0xA5, count: bytes.count - middle))
    try bytes.write(to: URL(fileURLWithPath: path))
}
