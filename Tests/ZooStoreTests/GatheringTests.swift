import Foundation
import GRDB
import TestSupport
import Testing
import ZooCore
import ZooStore

@Suite struct GatheringTests {
    /// Three stores with results, the last two of which share some.
    private func sources(in folder: String) throws -> [String] {
        try [0..<3, 3..<6, 5..<9].enumerated().map { number, results in
            let path = "\(folder)/source-\(number).sqlite"
            try add(results, to: ResultStore(path: path), images: 5000)
            if number == 2 { _ = try ResultStore(path: path).merge(ResultStore(reading: "\(folder)/source-1.sqlite")) }
            return path
        }
    }

    private func schema(_ path: String) throws -> [String] {
        try DatabaseQueue(path: path).read {
            try String.fetchAll($0, sql: "SELECT name || coalesce(sql, '') FROM sqlite_master ORDER BY name")
        }
    }

    private func hidden(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix(".") || $0.contains("journal") }
    }

    @Test func aStoreThatIsMadeByGatheringIsLikeAnyOther() throws {
        let folder = try TemporaryDirectory()
        let sources = try sources(in: folder.path)
        let (path, usual) = (folder.path + "/deep/down/zoo.sqlite", folder.path + "/usual.sqlite")
        let counts = try ResultStore.gathering(path) { store in
            #expect(store.path == path)
            return try store.mergeIfChanged(sources).map { try #require(try $0.get()?.added) }
        }
        #expect(try ResultStore(path: usual).mergeIfChanged(sources).map { try $0.get()?.added } == counts)
        let (made, expected) = (try ResultStore(reading: path), try ResultStore(reading: usual))
        #expect(try made.results() == expected.results() && made.results().count == 9)
        for (a, b) in zip(try made.results(), try expected.results()) {
            #expect(try made.measurement(of: a) == expected.measurement(of: b))
        }
        #expect(try schema(path) == schema(usual))
        #expect(try hidden(in: folder.path + "/deep/down").isEmpty)
        // It can be added to, by gathering again as well, and knows what it has merged.
        try add(20..<21, to: ResultStore(path: path))
        let again = try ResultStore.gathering(path) { $0.mergeIfChanged(sources) }
        #expect(again.allSatisfy { if case .success(nil) = $0 { true } else { false } })
        #expect(try ResultStore(reading: path).results().count == 10)
    }

    /// The transaction of the damaged one is taken back although nothing is logged.
    @Test func aDamagedStoreLeavesNothingOfItself() throws {
        let folder = try TemporaryDirectory()
        var sources = try sources(in: folder.path)
        let bad = folder.path + "/bad.sqlite"
        try add(30..<40, to: ResultStore(path: bad), images: 5000)
        try spoilSecondHalf(of: bad)
        sources.insert(bad, at: 1)
        let path = folder.path + "/zoo.sqlite"
        let counts = try ResultStore.gathering(path) { $0.mergeIfChanged(sources) }
        #expect(counts.map { if case .success = $0 { true } else { false } } == [true, false, true, true])
        let jobs = try ResultStore(reading: path).results().map(\.job)
        #expect(Set(jobs) == Set((0..<9).map { "\($0)" }))
        #expect(try DatabaseQueue(path: path).read { try String.fetchAll($0, sql: "PRAGMA integrity_check") } == ["ok"])
    }

    @Test func afterAnErrorThereIsNoStore() throws {
        struct Stop: Error {}
        let folder = try TemporaryDirectory()
        let sources = try sources(in: folder.path)
        let before = try tree(folder.path)
        #expect(throws: Stop.self) {
            try ResultStore.gathering(folder.path + "/zoo.sqlite") { store in
                _ = store.mergeIfChanged(sources)
                throw Stop()
            }
        }
        #expect(try tree(folder.path) == before)
        for place in [folder.path, sources[0] + "/zoo.sqlite", ""] {
            #expect(throws: HostError.self) { try ResultStore.gathering(place) { _ in } }
        }
        #expect(try tree(folder.path) == before)
    }

    @Test func whatSomebodyElseHasMadeMeanwhileStays() throws {
        let folder = try TemporaryDirectory()
        let sources = try sources(in: folder.path)
        let path = folder.path + "/zoo.sqlite"
        try ResultStore.gathering(path) { store in
            _ = store.mergeIfChanged(sources)
            try add(50..<52, to: ResultStore(path: path))
        }
        #expect(Set(try ResultStore(reading: path).results().map(\.job)) == Set((Array(0..<9) + [50, 51]).map { "\($0)" }))
        #expect(try hidden(in: folder.path).isEmpty)
    }

    /// What processes have left that were killed goes; what others write stays, and so does what merely looks alike.
    @Test func abandonedDraftsGo() throws {
        let folder = try TemporaryDirectory()
        let ended = Process()
        ended.executableURL = URL(fileURLWithPath: "/bin/true")
        try ended.run()
        ended.waitUntilExit()
        let start = "\(folder.path)/.zoo.sqlite.\(HostName.current)."
        let abandoned = "\(start)\(ended.processIdentifier).new"
        let others = ["\(start)\(getppid()).new", "\(start)x.new", "\(folder.path)/.zoo.sqlite.elsewhere.\(ended.processIdentifier).new"]
        for file in [abandoned] + others { try Data("x".utf8).write(to: URL(fileURLWithPath: file)) }
        try ResultStore.gathering(folder.path + "/zoo.sqlite") { try add(0..<1, to: $0) }
        #expect(!FileManager.default.fileExists(atPath: abandoned))
        for file in others { #expect(FileManager.default.fileExists(atPath: file), "\(file)") }
        #expect(try ResultStore(reading: folder.path + "/zoo.sqlite").results().count == 1)
    }

    @Test func historyIsAllResultsAndThoseThatCount() throws {
        let folder = try TemporaryDirectory()
        let path = folder.path + "/zoo.sqlite"
        for _ in 0..<2 { try add(0..<4, to: ResultStore(path: path)) }
        for store in [try ResultStore(reading: path), try ResultStore(path: path), try ResultStore.reading([path, path])] {
            let (results, current) = try store.history()
            #expect(results.count == 8)
            #expect(results.filter { current.contains($0.id) } == (try store.results()) && current.count == 4)
        }
    }
}
