import Foundation
import GRDB
import Synchronization
import TestSupport
import Testing
import ZooCore
import ZooStore

/// Who may be opened, how, and what that leaves behind.
@Suite struct StoreAccessTests {
    private func subject(_ seed: Int) -> ResultSubject {
        ResultSubject(
            entry: "cnn", dataset: "strokes", seed: UInt64(seed), trainedOn: "strokes", origin: .trained, weights: "w", probe: "error")
    }

    private func add(_ numbers: Range<Int>, to store: ResultStore, size: Int = 10) throws {
        for number in numbers {
            let samples = (0..<size).map { Double(number) + Double($0) / 1000 }
            try store.append(
                job: "\(number)", subject: subject(number),
                outcome: .measured(.init(figures: [.init("number", Double(number))], samples: [.init("s", .numbers(samples))])),
                provenance: Provenance(
                    zoo: "1", code: "c", engine: "e", plugins: [:], machine: "m", processor: "p", threads: 1, date: Date(),
                    command: "zoo", seconds: 1))
        }
    }

    private func kind(_ body: () throws -> ResultStore) -> HostError.Kind? {
        do { _ = try body() } catch let error as HostError { return error.kind } catch { Issue.record("\(error)") }
        return nil
    }

    @Test(arguments: Stranger.allCases)
    func whatIsNoStoreIsRefusedUntouched(_ stranger: Stranger) throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/zoo.sqlite"
        let keeper = try stranger.make(at: path)
        let before = try tree(folder.path, inUse: stranger == .inUse)
        #expect(kind { try ResultStore(reading: path) } == .data)
        #expect(kind { try ResultStore(path: path) } == .data)
        #expect(try tree(folder.path, inUse: stranger == .inUse) == before, "\(stranger)")
        withExtendedLifetime(keeper) {}
    }

    @Test func anEmptyFileBecomesAStoreOnceSomethingIsWritten() throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("zoo.sqlite", Data())
        #expect(kind { try ResultStore(reading: path) } == .data)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).isEmpty)
        try add(0..<1, to: ResultStore(path: path))
        #expect(try ResultStore(reading: path).results().count == 1)
    }

    @Test func earlierStoresAreReadAsTheyAreAndBroughtUpToDateByWriting() throws {
        let folder = try TemporaryDirectory()
        let path = try earlyStore(in: folder.path)
        let before = try tree(folder.path)
        let store = try ResultStore(reading: path)
        let early = try store.results()
        #expect(early.map(\.subject.entry) == ["cnn", "cnn", "wide"] && early.map(\.status) == [.measured, .notApplicable, .measured])
        #expect(early[0]["error.transformed"] == 1 && early[2]["error.upright"] == 5.0 / 6)
        let measured = try store.measurement(of: early[2])
        #expect(measured.samples.allSatisfy { $0.values.count == 6 } && !measured.samples.isEmpty)
        #expect(try tree(folder.path) == before)

        _ = try ResultStore(path: path)
        let late = try ResultStore(reading: path)
        #expect(try late.results() == early && late.measurement(of: early[2]) == measured)
        let id = try DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: "PRAGMA application_id") }
        #expect(id == 0x7374_6E7A)
    }

    /// What a reader may find: a store that nobody uses, one that is written, and what a crash or a copy leaves of that.
    enum Situation: String, CaseIterable { case atRest, inUse, crashed, logOnly, rollbackJournal }

    @Test(arguments: Situation.allCases, [false, true])
    func readingWritesNothing(_ situation: Situation, isEarly: Bool) throws {
        let (folder, elsewhere) = (try TemporaryDirectory(), try TemporaryDirectory())
        let path = folder.path + "/zoo.sqlite"
        let live = situation == .inUse ? path : elsewhere.path + "/zoo.sqlite"
        if isEarly { _ = try earlyStore(in: (live as NSString).deletingLastPathComponent) }
        let expected = 3 + (isEarly ? 3 : 0)
        var configuration = Configuration()
        configuration.journalMode = .wal
        var writer: DatabaseQueue?
        if isEarly {
            // As an earlier zoo would write.
            writer = try DatabaseQueue(path: live, configuration: configuration)
            try writer?.write { db in
                let columns = try db.columns(in: "result").map(\.name).filter { $0 != "id" }
                let values = columns.map { ["uuid", "job", "seed"].contains($0) ? "\($0) || 'x' || n" : $0 }.map {
                    $0 == "seed || 'x' || n" ? "100 + n" : $0
                }
                try db.execute(
                    sql: """
                        WITH numbers (n) AS (VALUES (1), (2), (3))
                        INSERT INTO result (\(columns.joined(separator: ", ")))
                        SELECT \(values.joined(separator: ", ")) FROM result, numbers WHERE id = 1
                        """)
            }
        } else {
            try add(0..<3, to: ResultStore(path: live))
            writer = try DatabaseQueue(path: live, configuration: configuration)
            // Something stands in the log alone.
            try writer?.write { try $0.execute(sql: "UPDATE result SET machine = 'another'") }
        }
        let suffixes: [String]
        switch situation {
        case .inUse: suffixes = []
        case .atRest:
            try writer?.close()
            suffixes = [""]
        case .crashed: suffixes = ["", "-wal", "-shm"]
        case .logOnly: suffixes = ["", "-wal"]
        case .rollbackJournal:
            try writer?.inDatabase { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
            suffixes = [""]
        }
        for suffix in suffixes { try FileManager.default.copyItem(atPath: live + suffix, toPath: path + suffix) }
        // Root may write there nevertheless, so this alone would prove nothing.
        chmod(folder.path, 0o555)
        defer { chmod(folder.path, 0o755) }
        let before = try tree(folder.path, inUse: situation == .inUse)
        let store = try ResultStore(reading: path)
        let results = try store.results()
        #expect(results.count == expected)
        if !isEarly { #expect(results.allSatisfy { $0.provenance.machine == "another" }) }
        for result in results { _ = try store.measurement(of: result) }
        #expect(try store.checksum(of: "x", state: "y") == nil)
        try store.remember(checksum: "z", of: "x", state: "y")
        #expect(try tree(folder.path, inUse: situation == .inUse) == before)
        withExtendedLifetime(writer) {}
    }

    /// A reader that took the store for one at rest, and then somebody writes.
    @Test func aWriterWhoComesLaterIsNoticed() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/zoo.sqlite"
        try add(0..<3, to: ResultStore(path: path), size: 5000)
        let reader = try ResultStore(reading: path)
        let first = try reader.results()
        #expect(first.count == 3)
        // Large enough for pages to go from the log to the file while it is open, and all of them once it is closed.
        for part in 1...2 {
            do {
                let writer = try ResultStore(path: path)
                try add(part * 100..<part * 100 + 100, to: writer, size: 5000)
                #expect(try reader.results().count == 3 + 100 * part)
            }
            #expect(try reader.results().count == 3 + 100 * part)
        }
        for result in try reader.results().shuffled().prefix(20) {
            guard case .numbers(let values)? = try reader.samples("s", of: result) else {
                Issue.record("no samples")
                continue
            }
            #expect(values.count == 5000 && values[0] == Double(result.subject.seed))
        }
    }

    @Test func writersDoNotDisturbEachOther() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/zoo.sqlite"
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<3 {
                group.addTask {
                    for round in 0..<6 {
                        let first = writer * 1000 + round * 3
                        try add(first..<first + 3, to: ResultStore(path: path), size: 2000)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try ResultStore(reading: path).results().count == 54)
    }

    /// One reader, of a file and of the copy in memory that is made of an earlier zoo's, and of a file that is written meanwhile.
    @Test(arguments: ["at rest", "in use", "early"]) func severalReadAtOnce(_ situation: String) throws {
        let folder = try TemporaryDirectory()
        let path = situation == "early" ? try earlyStore(in: folder.path) : folder.path + "/zoo.sqlite"
        if situation != "early" { try add(0..<40, to: ResultStore(path: path), size: 3000) }
        let writer = situation == "in use" ? try ResultStore(path: path) : nil
        let store = try ResultStore(reading: path)
        let before = try store.results()
        let problems = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 16) { number in
            do {
                if number % 8 == 3, let writer { try add(100 + number..<101 + number, to: writer) }
                let found = try store.history()
                let isWhole = found.results.count >= before.count && found.current.count == found.results.count
                if !isWhole { problems.withLock { $0.append("\(number): \(found.results.count) results") } }
                for result in before {
                    let samples = try store.samples("s", of: result)
                    let isRead = situation == "early" || samples?.count == 3000
                    if !isRead { problems.withLock { $0.append("\(number): samples of \(result.subject.seed)") } }
                }
            } catch { problems.withLock { $0.append("\(number): \(error)") } }
        }
        #expect(problems.withLock { $0 } == [])
        #expect(try store.results().count == before.count + (writer == nil ? 0 : 2))
    }

    @Test func aLinkIsWrittenThrough() throws {
        let (folder, elsewhere) = (try TemporaryDirectory(), try TemporaryDirectory())
        for name in ["there.sqlite", "later.sqlite"] {
            if name == "there.sqlite" { try add(0..<1, to: ResultStore(path: elsewhere.path + "/" + name)) }
            let link = folder.path + "/" + name
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: elsewhere.path + "/" + name)
            try add(5..<6, to: ResultStore(path: link))
            #expect(try tree(folder.path)[name] == "link to \(elsewhere.path)/\(name)")
            #expect(try ResultStore(reading: elsewhere.path + "/" + name).results().contains { $0.job == "5" })
            #expect(try ResultStore(reading: link).results().contains { $0.job == "5" })
        }
        #expect(try tree(folder.path).count == 2 && tree(elsewhere.path).count == 2, "no other file is left")
        #expect(
            ResultStore.areSame(
                folder.path + "/there.sqlite", elsewhere.path + "/../\((elsewhere.path as NSString).lastPathComponent)/there.sqlite"))
    }

    @Test func whatCannotBeADatabaseIsNamedAtOnce() throws {
        let folder = try TemporaryDirectory()
        #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
        for path in [folder.path, folder.path + "/pipe", "/dev/zero", "/dev/null"] {
            #expect(kind { try ResultStore(reading: path) } == .noInput, "\(path)")
            #expect(kind { try ResultStore(path: path) } == .cantCreate, "\(path)")
        }
        #expect(kind { try ResultStore(reading: "") } == .usage)
        #expect(kind { try ResultStore(path: folder.path + "/pipe/zoo.sqlite") } == .cantCreate)
        #expect(kind { try ResultStore(reading: folder.path + "/file:x?mode=rwc") } == .noInput)
        try add(0..<1, to: ResultStore(path: folder.path + "/a ?#%20b.sqlite"))
        #expect(try ResultStore(reading: folder.path + "/a ?#%20b.sqlite").results().count == 1)
    }

    /// SQLite keeps any value in any column.
    @Test(arguments: ["seed = 'x'", "images = 'many'", "date = 'yesterday'", "warnings = '['", "settings = x'ff'", "seconds = 'long'"])
    func valuesOfAnotherTypeAreNoCrash(_ change: String) throws {
        let folder = try TemporaryDirectory()
        let path = try earlyStore(in: folder.path)
        try DatabaseQueue(path: path).write { try $0.execute(sql: "UPDATE result SET \(change)") }
        let store = try ResultStore(reading: path)
        let error = #expect(throws: HostError.self) { try store.results() }
        #expect(error?.kind == .data && error?.message.contains("zoo.sqlite") == true)
    }

    @Test func aSourceThatDoesNotFitAddsNothing() throws {
        let folder = try TemporaryDirectory()
        let path = try earlyStore(in: folder.path, "bad.sqlite")
        try DatabaseQueue(path: path).write {
            try $0.execute(
                sql: """
                    CREATE TABLE loose AS SELECT * FROM figure; DROP TABLE figure; ALTER TABLE loose RENAME TO figure;
                    UPDATE figure SET unit = NULL WHERE result = 2
                    """)
        }
        let before = try tree(folder.path)
        let target = try ResultStore(path: folder.path + "/zoo.sqlite")
        let bad = try ResultStore(reading: path)
        let error = #expect(throws: HostError.self) { try target.merge(bad) }
        #expect(error?.kind == .data && error?.message.contains("bad.sqlite") == true)
        #expect(try target.results().isEmpty)
        let counts = try target.merge(try ResultStore(reading: try earlyStore(in: folder.path, "good.sqlite")))
        #expect(counts == (3, 0))
        #expect(try tree(folder.path)["bad.sqlite"] == before["bad.sqlite"])
    }
}
