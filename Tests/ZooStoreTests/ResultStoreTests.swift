import Foundation
import Testing
import ZooCore
import ZooStore

private typealias Measurement = ZooStore.Measurement

/// A store in a folder of its own, removed afterwards.
private final class Scratch: Sendable {
    let folder: String
    init() throws {
        folder = NSTemporaryDirectory() + "/zoo-store-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: folder) }
    func store(_ name: String = "zoo.sqlite") throws -> ResultStore { try ResultStore(path: "\(folder)/\(name)") }
}

private func subject(_ entry: String = "cnn", seed: UInt64 = 0, probe: String = "error", images: Int? = nil) -> ResultSubject {
    ResultSubject(
        entry: entry, dataset: "strokes-rotated", seed: seed, trainedOn: "strokes-rotated", origin: .trained, weights: "w.safetensors",
        images: images, probe: probe, settings: ["images": .int(7), "range": .array([.double(0.5), .null])])
}

/// - Parameter at: seconds after some instant.
private func provenance(at seconds: Double = 0) -> Provenance {
    Provenance(
        zoo: "1.0", code: "c0de", engine: "libtorch 2.13.0", plugins: ["libA.so": "aa", "libB.so": "bb"], weightsChecksum: "ff",
        machine: "here", processor: "fast", threads: 1, date: Date(timeIntervalSince1970: 1_700_000_000 + seconds),
        command: "zoo evaluate 'x y'", seconds: 1.25)
}

private let everything = Measurement(
    figures: [
        .init("error.upright", 0.1 + 0.2), .init("slope", -1.5), .init("gone", .nan), .init("far", -.infinity),
        .init("latency", 3, unit: "ms", isTiming: true),
    ],
    tables: [
        .init("curve", [.init("angle", .numbers([-90, 0.1, 90])), .init("errors", .integers([-1, 70_000, 3]))]),
        .init("long", [.init("image", .integers(Array(0..<500))), .init("angle", .numbers((0..<500).map { Double($0) / 7 }))]),
        .init("names", [.init("class", .texts(["null", "Ünï, \"code\""]))]), .init("empty", [.init("nothing", .numbers([]))]),
    ],
    samples: [
        .init("transformed.prediction", .integers([0, 255, 9])), .init("transformed.loss", .numbers([Double(Float(0.1)), 1e-40, 0])),
        .init("exact", .numbers([.pi, .greatestFiniteMagnitude])), .init("large", .integers([.min, .max])),
    ], warnings: ["θ has collapsed"])

@Suite struct ResultStoreTests {
    @Test func whatIsStoredComesBackToTheBit() throws {
        let scratch = try Scratch()
        let kept = try scratch.store().append(job: "j1", subject: subject(), outcome: .measured(everything), provenance: provenance())
        // From the file, by another connection.
        let store = try scratch.store()
        let found = try #require(try store.results().first)
        #expect(found.subject == subject() && found.provenance == provenance() && found.job == "j1")
        #expect(found.status == .measured && found.cause.isEmpty && found.id == kept.id && found.warnings == everything.warnings)
        #expect(found.figures.map(\.name) == everything.figures.map(\.name))
        for (a, b) in zip(found.figures, everything.figures) {
            #expect(a.value.bitPattern == b.value.bitPattern || a.value.isNaN && b.value.isNaN, "\(a.name)")
            #expect(a.unit == b.unit && a.isTiming == b.isTiming)
        }
        let measurement = try store.measurement(of: found)
        #expect(measurement.tables == everything.tables)
        #expect(measurement.samples == everything.samples)
        #expect(try store.samples("exact", of: found) == .numbers([.pi, .greatestFiniteMagnitude]))
        #expect(try store.samples("missing", of: found) == nil)
    }

    @Test func nothingIsOverwrittenAndTheNewestWins() throws {
        let store = try Scratch().store()
        func put(_ job: String, _ error: Double, at seconds: Double) throws {
            try store.append(
                job: job, subject: subject(), outcome: .measured(Measurement(figures: [.init("error.upright", error)])),
                provenance: provenance(at: seconds))
        }
        try put("a", 0.1, at: 0)
        try put("b", 0.2, at: 20)
        // An older one that comes later, as from another machine.
        try put("c", 0.3, at: 10)
        #expect(try store.results().map { $0["error.upright"] } == [0.2])
        #expect(try store.results(matching: ResultFilter(history: true)).map { $0["error.upright"] } == [0.1, 0.3, 0.2])
        // A failure of the very same job hides nothing; one of another job does.
        try store.append(job: "b", subject: subject(), outcome: .failed("hung", status: 70), provenance: provenance(at: 30))
        #expect(try store.results().map(\.status) == [.measured])
        #expect(try store.settled(["a", "b", "x"]).mapValues { $0["error.upright"] } == ["a": 0.1, "b": 0.2])
        try store.append(job: "d", subject: subject(), outcome: .failed("crashed", status: 70), provenance: provenance(at: 40))
        let failure = try #require(try store.results().first)
        #expect(failure.status == .failed && failure.cause == "crashed" && failure.exitStatus == 70)
        #expect(try store.settled(["d"]).isEmpty, "failures are tried again")
        try store.append(job: "e", subject: subject(), outcome: .notApplicable("no θ"), provenance: provenance(at: 50))
        #expect(try store.settled(["e"])["e"]?.cause == "no θ")
        #expect(try store.results(matching: ResultFilter(history: true)).count == 6)
    }

    @Test func filtersChoose() throws {
        let store = try Scratch().store()
        for (entry, seed, probe, at) in [("cnn", 0, "error", 0.0), ("cnn", 1, "error", 1), ("cnn", 0, "pose", 2), ("stn", 0, "error", 3)] {
            try store.append(
                job: "\(entry)\(seed)\(probe)", subject: subject(entry, seed: UInt64(seed), probe: probe),
                outcome: .measured(Measurement()), provenance: provenance(at: at))
        }
        // Of the first ten images: another subject, not a newer result of the same.
        try store.append(job: "part", subject: subject(images: 10), outcome: .measured(Measurement()), provenance: provenance(at: 9))
        func jobs(_ filter: ResultFilter) throws -> [String] { try store.results(matching: filter).map(\.job) }
        #expect(try jobs(ResultFilter()).count == 5)
        #expect(try jobs(ResultFilter(entries: ["stn"])) == ["stn0error"])
        #expect(try jobs(ResultFilter(entries: ["cnn"], seeds: [1])) == ["cnn1error"])
        #expect(try jobs(ResultFilter(probes: ["pose", "cost"])) == ["cnn0pose"])
        #expect(try jobs(ResultFilter(datasets: [])).isEmpty)
        #expect(try jobs(ResultFilter(since: provenance(at: 2).date)) == ["part", "cnn0pose", "stn0error"])
        #expect(try jobs(ResultFilter(origins: [.initial])).isEmpty)
        #expect(try jobs(ResultFilter(jobs: ["cnn0pose", "it's"])) == ["cnn0pose"])
        var whole = ResultFilter(entries: ["cnn"], seeds: [0], probes: ["error"])
        whole.wholeSets = true
        #expect(try jobs(whole) == ["cnn0error"])
    }

    @Test func theNewestAreChosenAmongThoseThatMatch() throws {
        let store = try Scratch().store()
        for (number, entry) in ["b", "a", "c", "a"].enumerated() {
            _ = try store.append(
                job: "\(number)", subject: subject(entry, seed: UInt64(number)), outcome: .measured(everything),
                provenance: provenance(at: [3, 1, 2, 0][number]))
        }
        func entries(_ newest: Int, of entries: [String]? = nil) throws -> [String] {
            var filter = ResultFilter(entries: entries)
            filter.newest = newest
            return try store.results(matching: filter).map { "\($0.subject.entry)\($0.subject.seed)" }
        }
        #expect(try entries(2) == ["b0", "c2"], "in the order of every query")
        #expect(try entries(1, of: ["a"]) == ["a1"])
        #expect(try entries(9) == ["a1", "a3", "b0", "c2"])
        #expect(try store.results().allSatisfy { $0.figures.count == everything.figures.count })
    }

    @Test func storesMergeOnceAndWhole() throws {
        let scratch = try Scratch()
        let (here, there) = (try scratch.store(), try scratch.store("other.sqlite"))
        try here.append(job: "a", subject: subject(seed: 1), outcome: .measured(everything), provenance: provenance())
        try there.append(job: "b", subject: subject(seed: 2), outcome: .failed("lost", status: 70), provenance: provenance(at: 1))
        try there.append(job: "b", subject: subject(seed: 2), outcome: .measured(everything), provenance: provenance(at: 2))
        var counts = try here.merge(there)
        #expect(counts.added == 2 && counts.known == 0)
        counts = try here.merge(there)
        #expect(counts.added == 0 && counts.known == 2)
        let merged = try here.results()
        #expect(merged.map(\.job) == ["a", "b"] && merged.map(\.status) == [.measured, .measured])
        #expect(try here.measurement(of: merged[1]).samples == everything.samples)
        #expect(try here.measurement(of: merged[1]).tables == everything.tables)
        #expect(try there.results(matching: ResultFilter(history: true)).count == 2, "the other one is as it was")
    }

    /// What comparisons rest on stays as it is; what only curves and scatter plots show goes, or is rounded.
    @Test func aCompactMergeKeepsAnswersAndFigures() throws {
        let scratch = try Scratch()
        let angles = [0.1, -.infinity]
        let (here, there) = (try scratch.store(), try scratch.store("other.sqlite"))
        let measured = Measurement(
            figures: [.init("error.upright", 0.5)],
            tables: ["pose.points", "images"].map { .init($0, [.init("image", .integers([4, 7])), .init("angle", .numbers(angles))]) },
            samples: [.init("upright.correct", .integers([1, 0])), .init("upright.loss", .numbers([0.25, 3]))])
        try there.append(job: "a", subject: subject(seed: 0), outcome: .failed("lost", status: 70), provenance: provenance())
        for (seed, at) in [(0, 1.0), (1, 2), (1, 3)] {
            try there.append(
                job: "b\(seed)", subject: subject(seed: UInt64(seed)), outcome: .measured(measured), provenance: provenance(at: at))
        }
        let counts = try here.merge(there, extent: .compact)
        #expect(counts.added == 2 && counts.known == 0, "what is superseded stays behind")
        for (result, tables) in zip(try here.results(), [["pose.points", "images"], ["images"]]) {
            let kept = try here.measurement(of: result)
            #expect(kept.figures == measured.figures)
            #expect(kept.samples.map(\.name) == ["upright.correct"])
            #expect(kept.tables.map(\.name) == tables, "seed \(result.subject.seed)")
            #expect(kept.table("images")?["angle"] == .numbers(angles))
            if tables.count == 2 { #expect(kept.table("pose.points")?["angle"] == .numbers([Double(Float(0.1)), -.infinity])) }
        }
    }

    @Test func whatIsNoStoreIsRefused() throws {
        let scratch = try Scratch()
        let missing = #expect(throws: HostError.self) { try ResultStore(path: scratch.folder + "/none.sqlite", creating: false) }
        #expect(missing?.kind == .noInput && !FileManager.default.fileExists(atPath: scratch.folder + "/none.sqlite"))
        try Data("I am no database, only a text that is long enough to be taken for one".utf8).write(
            to: URL(fileURLWithPath: scratch.folder + "/text.sqlite"))
        let garbled = #expect(throws: HostError.self) { try scratch.store("text.sqlite") }
        #expect(garbled?.kind == .data && garbled?.message.contains("text.sqlite") == true)
        let nowhere = #expect(throws: HostError.self) { try ResultStore(path: "/proc/nowhere/zoo.sqlite") }
        #expect(nowhere?.kind == .cantCreate)
    }

    @Test func checksumsAreGoodForOneState() throws {
        let store = try Scratch().store()
        #expect(try store.checksum(of: "/data", state: "s1") == nil)
        try store.remember(checksum: "abc", of: "/data", state: "s1")
        #expect(try store.checksum(of: "/data", state: "s1") == "abc")
        try store.remember(checksum: "def", of: "/data", state: "s2")
        #expect(try store.checksum(of: "/data", state: "s1") == nil)
    }

    /// Two writers at once: each row arrives, whole.
    @Test func severalProcessesMayWrite() async throws {
        let scratch = try Scratch()
        _ = try scratch.store()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    let store = try scratch.store()
                    for number in 0..<25 {
                        try store.append(
                            job: "\(writer)-\(number)", subject: subject(seed: UInt64(100 * writer + number)),
                            outcome: .measured(everything),
                            provenance: provenance())
                    }
                }
            }
            try await group.waitForAll()
        }
        let results = try scratch.store().results()
        #expect(results.count == 100 && results.allSatisfy { $0.figures.count == everything.figures.count })
    }
}
