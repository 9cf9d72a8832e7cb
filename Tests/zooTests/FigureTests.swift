import Foundation
import Testing
import ZooManifest
import ZooStore

/// Figures as commands show them: none from nothing, each under a name of its own.
@Suite struct FigureTests {
    private static let model = ZooProcess.root.appendingPathComponent("Tests/Fixtures/torchscript.pt").path

    private func entries(_ text: String) throws -> [[String: Any]] {
        let answer = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        return try #require(answer["entries"] as? [[String: Any]])
    }

    /// What has no extractor is no failure, here as there.
    @Test func theoremAndEvaluateAgreeOnWhatDoesNotApply() throws {
        try Scratch.with { scratch in
            try scratch.file(
                "zoo.json",
                #"{"version": 1, "entries": [{"id": "net", "architecture": {"id": "torchscript", "config": {"torchscript": "\#(Self.model)"}}}]}"#
            )
            let manifest = ["--manifest", "zoo.json"]
            let theorem = try ZooProcess.run(["theorem", "net"] + manifest, in: scratch.folder)
            let evaluate = try ZooProcess.run(
                ["evaluate", "net", "--probe", "equivariance", "--dataset", "strokes?limit=20"] + manifest, in: scratch.folder)
            #expect(theorem.status == 0 && evaluate.status == 0, "\(theorem.errors)\(evaluate.errors)")
            let said = "does not apply to net: the entry has no slot that an extractor fills"
            #expect(theorem.errors.contains(said) && evaluate.errors.contains(said), "\(theorem.errors)\(evaluate.errors)")
            #expect(theorem.output.isEmpty)
            #expect(try ZooProcess.run(["theorem", "net", "--quiet"] + manifest, in: scratch.folder).errors.isEmpty)
            // Nothing else is hidden by it.
            let mixed = try ZooProcess.run(["theorem", "net", "nit"] + manifest, in: scratch.folder)
            #expect(mixed.status == 64 && mixed.errors.contains("did you mean 'net'"), "\(mixed.errors)")
        }
    }

    /// A canvas that is too small gives no verdict for what leaves it, but the reason and the size that would do.
    @Test func theoremSaysWhichCanvasWouldDo() throws {
        let small = try ZooProcess.run(["theorem", "p4-cnn", "--untrained", "--images", "2", "--canvas", "28", "--quiet"])
        #expect(small.status == 0, "\(small.errors)")
        let leaving = "the images go over the edge under shift 4, 4 px, rotation 45°, scaling ×2, scaling ×2 by pixels, shear 0.5"
        #expect(small.output.contains(leaving), "\(small.output)")
        #expect(small.output.contains("a canvas of 68 pixels would do"), "\(small.output)")
        #expect(try ZooProcess.run(["theorem", "p4-cnn", "--untrained", "--canvas", "27"]).status == 64)
        let fitting = try ZooProcess.run(["theorem", "p4-cnn", "--untrained", "--images", "2", "--json"])
        let reports = try #require(try JSONSerialization.jsonObject(with: Data(fitting.output.utf8)) as? [[String: Any]])
        #expect(reports.first?["canvas"] as? Int == 56 && (reports.first?["remarks"] as? [String])?.isEmpty == true)
    }

    /// A training run has seconds of its own, beside those that the job took.
    @Test func columnsOfACSVHaveNamesOfTheirOwn() throws {
        try Scratch.with { scratch in
            let store = try ResultStore(path: scratch.directory("results").appendingPathComponent("zoo.sqlite").path)
            let subject = ResultSubject(
                entry: "cnn", dataset: "strokes", seed: 0, trainedOn: "strokes", origin: .trained, weights: "w.safetensors",
                probe: "training")
            try store.append(
                job: "1", subject: subject,
                outcome: .measured(
                    Measurement(figures: [
                        .init("epochs", 3), .init("seconds", 12.5, unit: "s", isTiming: true), .init("a.b", 1), .init("a-b", 2),
                    ])),
                provenance: Provenance(
                    zoo: "test", code: "", engine: "none", plugins: [:], machine: "test", processor: "", threads: 1, date: Date(),
                    command: "test", seconds: 99))
            let csv = try ZooProcess.run(["results", "--format", "csv", "--probe", "training"], in: scratch.folder)
            let lines = csv.output.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
            #expect(csv.status == 0 && lines.count == 2, "\(csv.errors)")
            #expect(Set(lines[0]).count == lines[0].count, "\(lines[0])")
            func value(_ name: String) throws -> Substring { lines[1][try #require(lines[0].firstIndex { $0 == name }, "\(lines[0])")] }
            #expect(try value("seconds") == "99.0")
            #expect(try value("figure_seconds") == "12.5")
        }
    }

    /// An entry for images of its own is counted for those: mnist-cnn, by hand, on 3×64×64 with seven classes.
    @Test func parametersAreThoseOfTheEntrysOwnSize() throws {
        try Scratch.with { scratch in
            let part = #""architecture": "cnn", "parts": {"extractor": "mnist-cnn"}"#
            try scratch.file(
                "zoo.json",
                """
                {"version": 1, "entries": [
                  {"id": "plain", \(part)}, {"id": "own", \(part), "input": [3, 64, 64], "classes": 7},
                  {"id": "recipe", \(part), "recipes": {"svhn": {"epochs": 1}}},
                  {"id": "folder", \(part), "recipes": {"folder:pics?size=40&color=rgb": {"epochs": 1}}}
                ]}
                """)
            let listed = try ZooProcess.run(["list", "entries", "--json", "--manifest", "zoo.json"], in: scratch.folder)
            #expect(listed.status == 0, "\(listed.errors)")
            let entries = Dictionary(
                uniqueKeysWithValues: try entries(listed.output).compactMap { entry in (entry["id"] as? String).map { ($0, entry) } })
            func count(_ channels: Int, _ side: Int, _ classes: Int) -> Int {
                let map = ((side - 8) / 2 - 6) / 2
                return 64 * (81 * channels + 1) + 64 * (49 * 64 + 1) + classes * (64 * map * map + 1)
            }
            #expect(entries["plain"]?["parameters"] as? Int == 208_586 && count(1, 28, 10) == 208_586)
            #expect(entries["own"]?["parameters"] as? Int == count(3, 64, 7))
            #expect(entries["own"]?["input"] as? [Int] == [3, 64, 64] && entries["own"]?["classes"] as? Int == 7)
            #expect(entries["folder"]?["parameters"] as? Int == count(3, 40, 10))
            #expect((entries["recipe"]?["input"] as? [Int])?.first == 3)
            let page = try ZooProcess.run(["show", "own", "--manifest", "zoo.json"], in: scratch.folder)
            #expect(page.output.contains("for 7 classes of 3×64×64 images"), "\(page.output)")
        }
    }

    /// An import writes down what it is for, so that the listing knows.
    @Test func anImportLeavesItsSize() throws {
        try Scratch.with { scratch in
            let made = try ZooProcess.run(
                ["import", Self.model, "--id", "net", "--input", "1x28x28", "--manifest", "zoo.json"], in: scratch.folder)
            #expect(made.status == 0, "\(made.errors)")
            let text = try String(contentsOf: scratch.folder.appendingPathComponent("zoo.json"), encoding: .utf8)
            let manifest = try Manifest(contents: Data(text.utf8), path: "zoo.json")
            #expect(try manifest.entry("net").classes == 10)
            #expect(try manifest.entry("net").input != nil)
        }
    }

    /// The paper of an entry is that of what defines it, not of the wiring that it shares with others.
    @Test func papersAreThoseOfWhatDefinesAnEntry() throws {
        let listed = try ZooProcess.run(["list", "entries", "--json"])
        let papers = Dictionary(
            uniqueKeysWithValues: try entries(listed.output).compactMap { entry in
                (entry["id"] as? String).map { ($0, entry["paper"] as? String ?? "none") }
            })
        for (id, paper) in [
            "cnn": "arXiv:2004.11678", "p4-cnn": "arXiv:1602.07576", "c8-cnn": "arXiv:1602.07576", "cw-p4cnn": "arXiv:1602.07576",
            "stn-c0": "arXiv:1506.02025", "stn-sl1": "arXiv:2004.11678", "polar": "arXiv:1709.01889", "ic-stn-affine": "arXiv:1612.03897",
            // Averaging over transformed copies is older than any paper of the zoo's.
            "tta": "",
        ] { #expect(papers[id] == paper, "\(id): \(papers[id] ?? "")") }
    }
}
