import Foundation
import Testing
import ZooStore

/// Plugins that crash, hang, eat memory and lie: their jobs fail, with the cause in one line, and no others.
@Suite(.serialized, .enabled(if: finds("cc"), "needs a C compiler, cc")) struct FaultyPluginTests {
    private func results(_ scratch: Scratch) throws -> [String: StoredResult] {
        let store = try ResultStore(path: scratch.folder.path + "/results/zoo.sqlite", creating: false)
        return Dictionary(try store.results().map { ($0.subject.entry, $0) }, uniquingKeysWith: { first, _ in first })
    }

    @discardableResult
    private func evaluate(_ ways: [String], _ options: [String], in scratch: Scratch) throws -> ZooProcess.Outcome {
        try FaultyPlugin.build(in: scratch.folder)
        let manifest = try scratch.file("zoo.json", FaultyPlugin.manifest(ways))
        return try ZooProcess.run(
            ["evaluate", "--all", "--weights", "initial", "--images", "100", "--manifest", manifest.path] + options,
            ["ZOO_PLUGIN_PATH": scratch.folder.path], in: scratch.folder)
    }

    @Test func eachFailsOnItsOwnWithItsCause() throws {
        try Scratch.with { scratch in
            let ways = ["none", "crash", "abort", "exit", "error", "nan", "shape", "chatter", "memory", "last"]
            let outcome = try evaluate(ways, ["--jobs", "2", "--memory-limit", "1500M", "--quiet"], in: scratch)
            #expect(outcome.status == 70, "the first failure's: \(outcome.errors)")
            let results = try results(scratch)
            #expect(results.count == ways.count)
            for way in ["none", "chatter", "last"] {
                #expect(results[way]?.status == .measured, "\(way): \(results[way]?.cause ?? "nothing")")
                #expect(results[way]?["error.upright"] == results["none"]?["error.upright"])
            }
            let causes = [
                "crash": "SIGSEGV", "abort": "this cannot go on", "exit": "status 3", "error": "not before lunch", "nan": "NaN",
                "shape": "[100, 9]", "memory": "out of memory",
            ]
            for (way, words) in causes {
                let result = try #require(results[way])
                #expect(result.status == .failed && result.cause.contains(words), "\(way): \(result.cause)")
                #expect(!result.cause.contains("\n"))
                let lines = outcome.complaints.filter { $0.hasPrefix("zoo: \(way), ") }
                #expect(lines.count == 1 && lines.first?.contains(words) == true, "\(way): \(outcome.errors)")
            }
            #expect(outcome.complaints.count == causes.count, "\(outcome.errors)")
            let table = outcome.output.split(separator: "\n").map { $0.prefix { $0 != " " } }
            #expect(table == ["entry", "none", "chatter", "last"])

            // What failed can be listed with its cause.
            let listing = try ZooProcess.run(["results", "--failed"], in: scratch.folder)
            #expect(listing.output.contains("not before lunch") && !listing.output.contains("chatter"))
        }
    }

    /// With more time if the machine is so busy that the job after the hang does not end in it either.
    @Test func aHangEndsAtTheTimeLimitAndTheNextJobRuns() throws {
        let enough = try [3, 12, 48].first { limit in
            try Scratch.with { scratch in
                try evaluate(["hang", "last"], ["--jobs", "1", "--time-limit", "\(limit)", "--quiet"], in: scratch)
                let results = try results(scratch)
                let hang = try #require(results["hang"])
                #expect(hang.status == .failed && hang.cause.contains("the time limit"), "\(hang.cause)")
                return results["last"]?.status == .measured
            }
        }
        #expect(enough != nil)
    }

    /// 100 images at 16 MiB each are too much at once, and 64; a quarter of that is not.
    @Test func lessMemoryMeansSmallerBatches() throws {
        try Scratch.with { scratch in
            let outcome = try evaluate(["large", "none"], ["--memory-limit", "900M", "--images", "100"], in: scratch)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let results = try results(scratch)
            #expect(results["large"]?.warnings.contains { $0.contains("batches of") } == true, "\(results["large"]?.warnings ?? [])")
            #expect(results["large"]?["error.upright"] != nil && results["none"]?.warnings.isEmpty == true)
        }
    }
}
