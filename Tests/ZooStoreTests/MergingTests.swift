import Foundation
import GRDB
import TestSupport
import Testing
import ZooCore
import ZooStore

private typealias Measurement = ZooStore.Measurement

/// How the store that is merged may be open, or lie there.
private enum Source: CaseIterable, Sendable {
    case atRest, inUse, crashed, openHere, inMemory, publishing

    /// - Parameter keep: called with what has to live as long as the store.
    func store(in folder: String, keep: (Any) -> Void) throws -> ResultStore {
        let path = folder + "/source.sqlite"
        switch self {
        case .atRest:
            try add(0..<3, to: ResultStore(path: path))
            return try ResultStore(reading: path)
        case .inUse, .crashed:
            let live = self == .inUse ? path : folder + "/live.sqlite"
            try add(0..<2, to: ResultStore(path: live))
            let writer = try ResultStore(path: live)
            try add(2..<3, to: writer)
            keep(writer)
            if self == .crashed {
                for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: live + suffix, toPath: path + suffix) }
            }
            return try ResultStore(reading: path)
        case .openHere, .publishing:
            let store = try self == .openHere ? ResultStore(path: path) : ResultStore(publishing: path)
            try add(0..<3, to: store)
            return store
        case .inMemory:
            let store = try ResultStore()
            try add(0..<3, to: store)
            return store
        }
    }
}

@Suite struct MergingTests {
    @Test(arguments: Source.allCases, [false, true])
    private func everythingComesFromWhereverItLies(_ source: Source, isPublishing: Bool) throws {
        let folder = try TemporaryDirectory()
        var kept: [Any] = []
        let other = try source.store(in: folder.path) { kept.append($0) }
        let path = folder.path + "/target.sqlite"
        let target = try isPublishing ? ResultStore(publishing: path) : ResultStore(path: path)
        try add(10..<11, to: target)
        let before = try tree(folder.path, inUse: true).filter { !$0.key.hasPrefix("target") }
        #expect(try target.merge(other) == (3, 0))
        #expect(try target.merge(other) == (0, 3))
        #expect(try tree(folder.path, inUse: true).filter { !$0.key.hasPrefix("target") } == before, "the other is only read")
        let (merged, original) = (try ResultStore(reading: path).results(), try other.results())
        #expect(merged.map(\.job) == ["0", "1", "2", "10"])
        for (a, b) in zip(merged, original) {
            #expect(a.figures == b.figures && a.subject == b.subject && a.provenance == b.provenance && a.warnings == b.warnings)
            #expect(try ResultStore(reading: path).measurement(of: a) == other.measurement(of: b))
        }
        withExtendedLifetime(kept) {}
    }

    /// Of one job the row counts that came last, so merging keeps the order in which they were made.
    @Test func rowsKeepTheirOrder() throws {
        let (first, second, all) = (try ResultStore(), try ResultStore(), try ResultStore())
        try add(0..<4, to: first)
        try add(4..<6, to: second)
        for store in [second, first, second] { _ = try all.merge(store) }
        #expect(try all.results().sorted { $0.id < $1.id }.map(\.job) == ["4", "5", "0", "1", "2", "3"])
        try add(6..<7, to: all)
        #expect(try all.results().max { $0.id < $1.id }?.job == "6")
    }

    /// SQLite keeps any value in any column, and one that nobody can read would spoil every list of the store that it came to.
    @Test(arguments: [
        "result SET seed = 'x'", "result SET images = 'many'", "result SET date = 'yesterday'", "result SET warnings = '['",
        "result SET settings = '[]'", "result SET settings = x'ff'", "result SET seconds = 'long'", "result SET origin = 'elsewhere'",
        "result SET entry = x'00'", "figure SET value = 'high'", "figure SET is_timing = 'now'",
    ])
    func valuesThatCannotBeReadStayOut(_ change: String) throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/bad.sqlite"
        try add(0..<3, to: ResultStore(path: path))
        let column = change.hasPrefix("result") ? "id" : "result"
        try DatabaseQueue(path: path).write { try $0.execute(sql: "UPDATE \(change) WHERE \(column) = 2") }
        let target = try ResultStore()
        try add(7..<8, to: target)
        let error = #expect(throws: HostError.self) { try target.merge(ResultStore(reading: path)) }
        #expect(error?.kind == .data && error?.message.hasPrefix("\(path): not a sound result store: ") == true, "\(error?.message ?? "")")
        #expect(try target.results().map(\.job) == ["7"])
    }

    /// Merging goes on past a store whose pages are damaged, and says whose they are.
    @Test func aDamagedStoreIsNamedAndAddsNothing() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/bad.sqlite"
        try add(0..<40, to: ResultStore(path: path))
        try DatabaseQueue(path: path).inDatabase { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
        try spoilSecondHalf(of: path, pageSize: 4096)
        let target = try ResultStore(path: folder.path + "/zoo.sqlite")
        try add(50..<51, to: target)
        let error = #expect(throws: HostError.self) { try target.merge(ResultStore(reading: path)) }
        #expect(error?.kind == .data && error?.message.contains("bad.sqlite") == true, "\(error?.message ?? "")")
        #expect(try target.results().map(\.job) == ["50"])
        let sound = try ResultStore()
        try add(1..<2, to: sound)
        #expect(try target.merge(sound) == (1, 0))
    }

    @Test func aStoreThatHasNotChangedIsNotReadAgain() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/task.sqlite"
        try add(0..<2, to: ResultStore(publishing: path))
        let target = try ResultStore(path: folder.path + "/zoo.sqlite")
        func merge() throws -> (added: Int, known: Int)? { try #require(target.mergeIfChanged([path]).first).get() }
        var counts = try merge()
        #expect(counts?.added == 2)
        counts = try merge()
        #expect(counts == nil)
        try add(2..<3, to: ResultStore(publishing: path))
        counts = try merge()
        #expect(counts?.added == 1 && counts?.known == 2)
    }

    /// More files than SQLite attaches at once, among which some are damaged, missing, empty or the same again.
    @Test func oneOfManyFilesNeverHidesTheOthers() throws {
        let folder = try TemporaryDirectory()
        let paths = (0..<30).map { "\(folder.path)/\($0).sqlite" }
        for (number, path) in paths.enumerated() where number != 7 {
            let store = try ResultStore(path: path)
            if number % 2 == 1 { _ = try store.merge(ResultStore(reading: paths[number - 1])) }
            try add(number..<number + 1, to: store, images: 5000)
        }
        for number in [3, 20] { try spoilSecondHalf(of: paths[number]) }
        try Data().write(to: URL(fileURLWithPath: paths[11]))
        let target = try ResultStore(path: folder.path + "/zoo.sqlite")
        let counts = target.mergeIfChanged(paths)
        for (number, count) in counts.enumerated() {
            switch count {
            case .success: #expect(![3, 7, 11, 20].contains(number))
            case .failure(let error):
                #expect([3, 7, 11, 20].contains(number), "\(error)")
                #expect("\(error)".contains("/\(number).sqlite"), "\(error)")
            }
        }
        let jobs = try target.results().map(\.job)
        #expect(Set(jobs).count == jobs.count)
        #expect(Set(jobs) == Set((0..<30).filter { ![3, 7, 11].contains($0) }.map { "\($0)" }), "file 21 has what file 20 had")
        #expect(target.mergeIfChanged(paths).allSatisfy { if case .success(.some) = $0 { false } else { true } }, "nothing has changed")
    }
}
