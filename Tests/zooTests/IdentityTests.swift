import Foundation
import Testing
import ZooStore

/// Results are filed under what produced them: as commands do it.
@Suite(.serialized) struct IdentityTests {
    private func zoo(
        _ arguments: [String], _ scratch: Scratch, _ environment: [String: String] = [:], in folder: URL? = nil,
        at place: SourceLocation = #_sourceLocation
    ) throws -> ZooProcess.Outcome {
        try ZooProcess.run(arguments, environment, in: folder ?? scratch.folder, at: place)
    }

    private func store(_ scratch: Scratch) throws -> ResultStore {
        try ResultStore(path: scratch.folder.path + "/results/zoo.sqlite", creating: false)
    }

    private static let tiny = """
        {"version": 1, "entries": [{"id": "tiny", "architecture": "cnn",
          "parts": {"extractor": {"id": "mnist-cnn", "config": {"width": 2}}}, "recipes": {"default": {"epochs": 1, "batch": 32}}}]}
        """

    /// A plugin is replaced twenty times during a batch of a hundred jobs: whatever is measured was measured by the
    /// bytes under whose hash it is filed; what is not measured is a failure with a sentence. Nothing of it is lost
    /// when the batch is done again.
    @Test(.enabled(if: finds("cc"), "needs a C compiler, cc"))
    func noResultStandsUnderBytesThatDidNotComputeIt() throws {
        try Scratch.with { scratch in
            let numbers = try ChangingPlugin.build(in: scratch.folder, waiting: 20)
            // Ten entries with ten seeds each; those of two of them replace the plugin, and those of one of these end their process, too.
            let entries = (0..<10).map { index in
                let config = "{\"replaces\": \(index % 5 == 2), \"ends\": \(index == 7)}"
                return "{\"id\": \"e\(index)\", \"architecture\": {\"id\": \"changing\", \"config\": \(config)}}"
            }
            let manifest = try scratch.file("zoo.json", "{\"version\": 1, \"entries\": [\(entries.joined(separator: ", "))]}")
            let batch = [
                "evaluate", "--all", "--weights", "initial", "--dataset", "strokes?limit=4", "--seeds", "0..9", "--jobs", "2", "--quiet",
                "--manifest", manifest.path, "--plugin-path", scratch.folder.path,
            ]
            let place = ["CHANGING_PLUGIN": scratch.folder.path]
            let first = try zoo(batch, scratch, place)
            #expect(first.status != 0, "jobs that end their process fail")
            let waiting = scratch.folder.path + "/waiting"
            #expect(try FileManager.default.contentsOfDirectory(atPath: waiting).isEmpty, "it was replaced twenty times")
            func check() throws -> (measured: Int, failed: Int) {
                let rows = try store(scratch).results(matching: ResultFilter(history: true))
                for row in rows where row.status == .measured {
                    // The loss on an image that is not of class 0, where the logits are 1 + number and nine zeros.
                    let filed = try #require(row.provenance.plugins["libChanging.so"].flatMap { numbers[$0] }, "under a hash of the plugin")
                    let (labels, losses) = (
                        try store(scratch).samples("upright.label", of: row), try store(scratch).samples("upright.loss", of: row)
                    )
                    guard case .integers(let label)? = labels, case .numbers(let loss)? = losses,
                        let image = label.firstIndex(where: { $0 > 0 })
                    else {
                        Issue.record("no image of another class")
                        continue
                    }
                    let expected = log(exp(Double(1 + filed)) + 9)
                    #expect(abs(loss[image] - expected) < 1e-3, "\(row.subject.entry): \(loss[image]) under \(filed)")
                }
                for row in rows where row.status == .failed && row.subject.entry != "e7" {
                    #expect(row.cause.contains("replaced") || row.cause.contains("changed"), "\(row.subject.entry): \(row.cause)")
                }
                return (rows.count { $0.status == .measured }, rows.count { $0.status == .failed })
            }
            let found = try check()
            #expect(found.measured + found.failed == 100 && found.measured > 0)
            // Nothing is left to replace it: all but the entry that ends its process is measured.
            _ = try zoo(batch, scratch, place)
            _ = try check()
            let settled = try store(scratch).results().filter { $0.status == .measured && $0.subject.entry != "e7" }
            #expect(settled.count == 90)
        }
    }

    /// What an architecture asks for by `kind:id` is a part of what its results are filed under: a plan cannot know it, a result does.
    @Test(.enabled(if: finds("cc"), "needs a C compiler, cc"))
    func aPartThatIsAskedForByItsIdCounts() throws {
        try Scratch.with { scratch in
            try AskingPlugin.build(in: scratch.folder)
            let manifest = try scratch.file("zoo.json", #"{"version": 1, "entries": [{"id": "asking", "architecture": "asking"}]}"#)
            let options = ["--dataset", "strokes?limit=20", "--quiet", "--manifest", manifest.path, "--plugin-path", scratch.folder.path]
            func evaluate() throws -> [StoredResult] {
                let result = try zoo(["evaluate", "asking", "--weights", "initial"] + options, scratch)
                #expect(result.status == 0, "\(result.errors)")
                return try store(scratch).results(matching: ResultFilter(history: true))
            }
            let first = try evaluate()
            #expect(first.count == 1 && first[0].provenance.plugins.keys.sorted() == ["libAsking.so", "libPart.so"])
            #expect(try evaluate().count == 1, "it is known")
            try AskingPlugin.changePart(in: scratch.folder)
            let second = try evaluate()
            #expect(second.count == 2 && Set(second.map(\.job)).count == 2 && Set(second.map(\.provenance.identity.plan)).count == 1)
            let hashes = second.compactMap { $0.provenance.plugins["libPart.so"] }
            #expect(Set(hashes).count == 2)
            // Predictions are what the hashes say.
            for (row, answer) in zip(second, [1, 2]) {
                guard case .integers(let classes)? = try store(scratch).samples("upright.prediction", of: row) else {
                    Issue.record("no predictions")
                    continue
                }
                #expect(Set(classes) == [answer])
            }
        }
    }

    /// The instructions that kernels run on, and whether there are any, are part of a job and of a training run.
    @Test func whatChangesBitsIsAnotherJobAndRun() throws {
        try Scratch.with { scratch in
            let manifest = try scratch.file("zoo.json", Self.tiny)
            struct Planned: Decodable { let job, weights: String }
            func plan(_ command: [String], _ environment: [String: String]) throws -> Planned {
                let result = try zoo(
                    command + ["tiny", "--dataset", "strokes?limit=8", "--plan", "--json", "--manifest", manifest.path], scratch,
                    environment)
                #expect(result.status == 0, "\(result.errors)")
                return try #require(try JSONDecoder().decode([Planned].self, from: Data(result.output.utf8)).first)
            }
            var environments = [[:] as [String: String], ["ZOO_KERNELS": "off"], ["ONEDNN_MAX_CPU_ISA": "SSE41"]]
            // Every other instruction set that this processor has kernels for.
            let best = try zoo(["doctor"], scratch).output.firstMatch(of: /kernels +([a-z0-9_]+);/).map { String($0.output.1) }
            if let best, best != "portable" { environments.append(["ZOO_CPU": "portable"]) }
            let evaluations = try environments.map { try plan(["evaluate", "--weights", "initial"], $0).job }
            let trainings = try environments.map { try plan(["train"], $0) }
            let count = environments.count
            #expect(Set(evaluations).count == count && Set(trainings.map(\.job)).count == count)
            #expect(Set(trainings.map(\.weights)).count == count)
            // The engine's sums depend on the number of threads, though the zoo's kernels do not.
            #expect(try plan(["train", "--threads", "1"], [:]).job != plan(["train", "--threads", "2"], [:]).job)
        }
    }

    /// A run is found from wherever it is asked for, also where a row of the store is not there, and says what it was made with.
    @Test func aFinishedRunIsFoundFromAnyDirectory() throws {
        try Scratch.with { scratch in
            let manifest = try scratch.file("zoo.json", Self.tiny)
            struct Run: Decodable { let weights: String, seconds: Double }
            func train(_ arguments: [String], in folder: URL) throws -> Run {
                let result = try zoo(
                    ["train", "tiny", "--dataset", "strokes?limit=64", "--json", "--manifest", manifest.path] + arguments, scratch,
                    in: folder)
                #expect(result.status == 0, "\(result.errors)")
                let runs = try JSONDecoder().decode([Run].self, from: Data(result.output.utf8))
                return try #require(runs.first)
            }
            let run = try train([], in: scratch.folder)
            let below = try scratch.directory("a/b")
            let found = try train(["--runs", "../../runs", "--store", "other.sqlite"], in: below)
            #expect(found.seconds == run.seconds && found.weights.hasPrefix("../../runs/"))
            let rows = try [scratch.folder.path + "/results/zoo.sqlite", below.path + "/other.sqlite"].map {
                try #require(try ResultStore(path: $0, creating: false).results().first)
            }
            #expect(rows[0].job == rows[1].job && rows[0].provenance.identity == rows[1].provenance.identity)
            #expect(
                rows[0].provenance.weightsChecksum == rows[1].provenance.weightsChecksum && rows[0].provenance.weightsChecksum.count == 64)
            // As JSON, all of it.
            let listed = try zoo(["results", "--json"], scratch)
            let list = try #require(try JSONSerialization.jsonObject(with: Data(listed.output.utf8)) as? [[String: Any]])
            for field in ["code", "engineCode", "instructions", "data", "imagesFingerprint", "trainingData", "weightsChecksum", "origin"] {
                #expect((list.first?[field] as? String)?.isEmpty == false, "\(field)")
            }
        }
    }

    /// Of two results of one data set on different images, one is left out by name, and nothing else of them is said.
    @Test func resultsOnOtherImagesAreNotCompared() throws {
        try Scratch.with { scratch in
            let two = Self.tiny.replacingOccurrences(
                of: "\"entries\": [",
                with:
                    "\"entries\": [{\"id\": \"other\", \"architecture\": \"cnn\", \"parts\": {\"extractor\": {\"id\": \"mnist-cnn\", \"config\": {\"width\": 3}}}}, "
            )
            let manifest = try scratch.file("zoo.json", two)
            for (folder, entry, brightness) in [("a", "tiny", 200), ("b", "other", 201)] {
                let place = try scratch.directory(folder)
                try Data([0, 0, 8, 3, 0, 0, 0, 10, 0, 0, 0, 28, 0, 0, 0, 28] + (0..<7840).map { UInt8($0 % brightness) })
                    .write(to: place.appendingPathComponent("t10k-images-idx3-ubyte"))
                try Data([0, 0, 8, 1, 0, 0, 0, 10] + (0..<10).map { UInt8($0) }).write(
                    to: place.appendingPathComponent("t10k-labels-idx1-ubyte"))
                let result = try zoo(
                    [
                        "evaluate", entry, "--weights", "initial", "--dataset", "mnist", "--data-dir", folder, "--manifest", manifest.path,
                        "--quiet",
                    ],
                    scratch)
                #expect(result.status == 0, "\(result.errors)")
            }
            let arguments = ["--dataset", "mnist", "--initial", "--manifest", manifest.path]
            let compared = try zoo(["compare", "tiny", "other"] + arguments, scratch)
            #expect(compared.status == 66 && compared.output.isEmpty, "\(compared.output)")
            #expect(compared.errors.contains("tiny, seed 0: left out: it was measured on other images"), "\(compared.errors)")
            #expect(compared.errors.contains("zoo evaluate tiny --dataset mnist --seed 0 --weights initial"))
            let ranked = try zoo(["rank"] + arguments + ["--json"], scratch)
            #expect(ranked.status == 0 && ranked.errors.contains("warning: tiny, seed 0: left out"), "\(ranked.errors)")
            struct Report: Decodable {
                struct Row: Decodable { let entry: String }
                let rows, leftOut: [Row]
                let images: String
            }
            let report = try JSONDecoder().decode(Report.self, from: Data(ranked.output.utf8))
            #expect(report.rows.map(\.entry) == ["other"] && report.leftOut.map(\.entry) == ["tiny"] && report.images.count == 64)
        }
    }

    /// An earlier store is taken over: nothing is lost, and what it does not know is not made up.
    @Test func anEarlierStoreIsTakenOver() throws {
        try Scratch.with { scratch in
            let earlier = ZooProcess.root.appendingPathComponent("Tests/Fixtures/earlier")
            let place = try scratch.directory("results").appendingPathComponent("zoo.sqlite")
            try FileManager.default.copyItem(at: earlier.appendingPathComponent("results.sqlite"), to: place)
            let rows = try ResultStore(path: place.path).results()
            #expect(rows.count == 4 && rows.allSatisfy { $0.status == .measured && $0.provenance.identity.images.isEmpty })
            #expect(
                Set(rows.map { "\($0.subject.dataset) \($0.provenance.identity.data)" }) == [
                    "mnist ", "strokes?limit=40 drawn", "strokes?limit=64 drawn",
                ])
            let manifest = ["--manifest", earlier.appendingPathComponent("zoo.json").path]
            let drawn = try zoo(["rank", "tiny", "--dataset", "strokes?limit=40", "--trained-on", "strokes?limit=64"] + manifest, scratch)
            #expect(drawn.status == 0 && drawn.output.contains("tiny"), "\(drawn.errors)")
            let files = try zoo(["rank", "tiny", "--dataset", "mnist"] + manifest, scratch)
            #expect(files.status == 66 && files.errors.contains("before results said which images they saw"), "\(files.errors)")
            let listed = try zoo(["results", "--dataset", "mnist"], scratch)
            #expect(listed.status == 0 && listed.output.contains("error.upright 0.875"), "\(listed.output)")
        }
    }
}
