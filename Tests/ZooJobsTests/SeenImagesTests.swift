import Foundation
import TestSupport
import Testing
import ZooCore
import ZooData
import ZooHost
import ZooJobs
import ZooManifest
import ZooStatistics
import ZooStore

/// What is set beside each other saw the same images; the rest is named.
@Suite struct SeenImagesTests {
    private let folder: TemporaryDirectory
    private let store: ResultStore

    init() throws {
        folder = try TemporaryDirectory()
        store = try ResultStore(path: folder.path + "/results.sqlite")
    }

    private func add(
        _ entry: String, seed: UInt64 = 0, on images: String, dataset: String = "mnist", at seconds: Double = 0,
        job: String = UUID().uuidString,
        probe: String = "error", settings: [String: JSON] = [:], failed: Bool = false
    ) throws {
        let correct: [Int] = (0..<20).map { ($0 + entry.count) % 3 == 0 ? 0 : 1 }
        let labels: [Int] = (0..<20).map { $0 % 10 }
        var samples: [ZooStore.Measurement.Samples] = []
        for pose in ["upright", "transformed"] {
            samples.append(.init("\(pose).correct", .integers(correct)))
            samples.append(.init("\(pose).label", .integers(labels)))
        }
        let figures: [ZooStore.Measurement.Figure] =
            probe == "error"
            ? [.init("error.upright", 0.5), .init("error.transformed", 0.5), .init("images", 20)]
            : [.init("\(probe).value", Double(entry.count))]
        try store.append(
            job: job,
            subject: ResultSubject(
                entry: entry, dataset: dataset, seed: seed, trainedOn: dataset, origin: .trained, weights: "w", probe: probe,
                settings: settings),
            outcome: failed ? .failed("broken", status: 70) : .measured(ZooStore.Measurement(figures: figures, samples: samples)),
            provenance: Provenance(
                zoo: "", code: "", engine: "", plugins: [:], machine: "", processor: "", threads: 1,
                date: Date(timeIntervalSince1970: 1_700_000_000 + seconds), command: "", seconds: 0,
                identity: .init(plan: job, data: images.isEmpty ? "" : "files of \(images)", images: images)))
    }

    private func compare(_ entries: [String], dataset: String = "mnist", seeds: [UInt64]? = nil, reference: String? = nil) throws
        -> StoredEntries
    {
        let whole = try StoredEntries(store, dataset: dataset, of: .builtIn)
        return whole.comparable(entries, figure: whole.figureName("error"), seeds: seeds, reference: reference)
    }

    private func seeds(_ part: StoredEntries, _ entries: [String]) throws -> [[UInt64]] {
        try entries.map { try part.samples(of: $0)?.seeds ?? [] }
    }

    @Test func mostEntriesDecideAndTheRestIsNamed() throws {
        for (entry, images) in [("a", "one"), ("b", "two"), ("c", "two")] { try add(entry, on: images) }
        let part = try compare(["a", "b", "c"])
        #expect(part.images == "two")
        #expect(try seeds(part, ["a", "b", "c"]) == [[], [0], [0]])
        #expect(part.leftOut.map(\.entry) == ["a"] && part.leftOut[0].seeds == [0])
        #expect(
            part.leftOut[0].description.contains("other images")
                && part.leftOut[0].command == "\(SuggestedCommand.evaluate(.init("a", dataset: "mnist", seeds: [0])))")
        #expect(part.missing("a", seeds: [0]) == nil, "it is named once")
        #expect(part.missing("a", seeds: [0, 1])?.seeds == [1])
        // The one that all others are compared with has to be there.
        #expect(try compare(["a", "b", "c"], reference: "a").images == "one")
    }

    /// An entry that was measured on both is compared on either, though its newer result is of the other images.
    @Test func olderResultsOnTheSameImagesCount() throws {
        try add("a", on: "one", at: 0)
        try add("a", on: "two", at: 10)
        try add("b", on: "one", at: 5)
        let part = try compare(["a", "b"])
        #expect(part.images == "one" && part.leftOut.isEmpty)
        #expect(try seeds(part, ["a", "b"]) == [[0], [0]])
        // Of equally many the newest.
        try add("b", on: "two", at: 11)
        #expect(try compare(["a", "b"]).images == "two")
    }

    @Test func seedsOnOtherImagesAreLeftOut() throws {
        for seed: UInt64 in 0...2 { try add("a", seed: seed, on: "one") }
        try add("b", seed: 0, on: "one")
        try add("b", seed: 1, on: "two")
        try add("b", seed: 2, on: "")
        let part = try compare(["a", "b"])
        #expect(try seeds(part, ["a", "b"]) == [[0, 1, 2], [0]])
        #expect(part.leftOut.map(\.seeds) == [[1, 2]])
    }

    /// Images from files may have been any; those that the program draws are the same for all.
    @Test func earlierResultsAreComparedOnlyWhereTheyCanBe() throws {
        for entry in ["a", "b"] {
            try add(entry, on: "")
            try add(entry, on: "", dataset: "strokes")
        }
        let files = try compare(["a", "b"])
        #expect(files.images == nil && files.leftOut.map(\.entry) == ["a", "b"])
        #expect(try seeds(files, ["a", "b"]) == [[], []])
        #expect(files.leftOut.allSatisfy { $0.reason.contains("before results said which images") })
        let drawn = try compare(["a", "b"], dataset: "strokes")
        #expect(drawn.leftOut.isEmpty)
        #expect(try seeds(drawn, ["a", "b"]) == [[0], [0]])
        // Beside a newer one they stand only if that is all there is.
        try add("a", on: "now", dataset: "strokes", at: 9)
        #expect(try seeds(compare(["a", "b"], dataset: "strokes"), ["a", "b"]) == [[0], [0]])
        try add("b", on: "now", dataset: "strokes", at: 9)
        #expect(try compare(["a", "b"], dataset: "strokes").images == "now")
    }

    @Test func aNewerFailureOnTheSameDataHidesAResult() throws {
        try add("a", on: "one", at: 0, job: "j")
        try add("a", on: "one", at: 5, job: "j", failed: true)
        #expect(try seeds(compare(["a"]), ["a"]) == [[0]], "of the very same job it does not")
        try add("a", on: "two", at: 6, failed: true)
        #expect(try seeds(compare(["a"]), ["a"]) == [[0]], "on other data it does not")
        try add("a", on: "one", at: 7, failed: true)
        #expect(try seeds(compare(["a"]), ["a"]) == [[]])
        #expect(try compare(["a"]).missing("a", seeds: [0])?.cause == "broken")
    }

    @Test func figuresOfOtherSettingsAreNotRankedTogether() throws {
        try add("a", on: "one", probe: "invariance", settings: ["images": .int(100)])
        try add("bb", on: "one", probe: "invariance", settings: ["images": .int(100)])
        try add("ccc", on: "one", at: 3, probe: "invariance", settings: ["images": .int(9)])
        let part = try StoredEntries(store, dataset: "mnist", of: .builtIn).comparable(["a", "bb", "ccc"], figure: "invariance.value")
        #expect(try part.candidates(["a", "bb", "ccc"], figure: "invariance.value").map(\.entry) == ["a", "bb"])
        #expect(part.leftOut.map(\.entry) == ["ccc"] && part.leftOut[0].reason.contains("other settings"))
        #expect(part.leftOut[0].command.contains("by the probe 'invariance'"))
    }
}
