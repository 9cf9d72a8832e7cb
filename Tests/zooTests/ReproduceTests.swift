import Foundation
import TestSupport
import Testing

/// Studies from the command line.
@Suite(.serialized) struct ReproduceTests {
    private static let manifest = """
        {"version": 1, "entries": [
          {"id": "one", "architecture": "cnn", "parts": {"extractor": {"id": "mnist-cnn", "config": {"width": 1}}}},
          {"id": "two", "architecture": "stn-input",
           "parts": {"extractor": {"id": "mnist-cnn", "config": {"width": 2}}, "localization": {"id": "fcn", "config": {"hidden": [4]}},
                     "transformer": {"id": "affine", "config": {"padding": "border"}}}}]}
        """
    private static let study = """
        {"version": 1, "id": "tiny", "title": "two is better", "dataset": "strokes-rotated", "entries": ["one", "two"],
         "tests": [{"dataset": "strokes-rotated", "probes": ["error", "pose?images=40", "invariance?images=20&scales=0.5,1&angles=&shears=&shifts="]}], "recipe": {"optimizer": "adam", "batch": 32},
         "choice": {"validation": 20, "epochs": 1, "seed": 9, "learning_rates": [0.001, 0.01], "localization_rates": [0.5, 1]},
         "budgets": {"smoke": {"epochs": 1, "seeds": 2, "train": 64, "limit": 80, "test": 60}},
         "columns": [{"figure": "images", "title": "images"}, {"figure": "error.transformed", "title": "error rotated"},
                     {"figure": "pose.rotation.slope", "title": "slope"}, {"figure": "invariance.scale.worst", "title": "smallest accuracy"}],
         "claims": [
           {"id": "better", "statement": "two is better", "figure": "error", "contrast": {"one": 1, "two": -1}, "expect": "positive"},
           {"id": "follows", "statement": "two follows", "figure": "pose.rotation.slope", "contrast": {"two": 1}, "expect": "near",
            "target": 0, "margin": 0.5},
           {"id": "stable", "statement": "two is stable", "figure": "error", "contrast": {"one": 1, "two": -1},
            "statistic": "deviation", "expect": "positive"}]}
        """

    private struct Report: Decodable, Equatable {
        struct Row: Decodable, Equatable {
            struct Recipe: Decodable, Equatable {
                let learning_rate, localization_rate: Double
                let epochs: Int
            }
            struct Figure: Decodable, Equatable {
                let figure: String
                let bySeed: [String: Double]
                let mean: Double
            }
            let entry: String
            let recipe: Recipe
            let seeds: [Int]
            let figures: [Figure]
            private let failedWithCauses: [String: String]
            var failed: [String] { failedWithCauses.keys.sorted() }

            enum CodingKeys: String, CodingKey {
                case entry, recipe, seeds, figures
                case failedWithCauses = "failed"
            }
        }
        struct Claim: Decodable, Equatable {
            struct Contrast: Decodable, Equatable { let estimate: Double }
            let claim, verdict, reason: String
            let contrast: Contrast?
        }
        let study, budget: String
        let entries: [Row]
        let claims: [Claim]
    }

    private func report(_ outcome: ZooProcess.Outcome) throws -> Report {
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try #require(try JSONDecoder().decode([Report].self, from: Data(outcome.output.utf8)).first)
    }

    @Test func aStudyIsCarriedOutAndReadAgain() throws {
        try Scratch.with { scratch in
            let manifest = try scratch.file("zoo.json", Self.manifest)
            _ = try scratch.directory("Protocols")
            _ = try scratch.file("Protocols/tiny.json", Self.study)
            func reproduce(_ more: [String]) throws -> ZooProcess.Outcome {
                try ZooProcess.run(
                    ["reproduce", "tiny", "--budget", "smoke", "--manifest", manifest.path, "--jobs", "2"] + more, in: scratch.folder)
            }
            let before = try reproduce(["--stored", "--json"])
            let empty = try report(before)
            #expect(empty.entries.allSatisfy { $0.seeds.isEmpty } && empty.claims.allSatisfy { $0.verdict == "undecided" })
            #expect(!FileManager.default.fileExists(atPath: scratch.folder.path + "/results"), "reading makes no store")

            let first = try report(try reproduce(["--quiet", "--json"]))
            #expect(first.entries.map(\.seeds) == [[0, 1], [0, 1]] && first.entries.allSatisfy { $0.recipe.epochs == 1 })
            let errors = first.entries.compactMap { $0.figures.first { $0.figure == "error.transformed" } }
            #expect(errors.count == 2)
            #expect(first.entries.map { $0.figures.first { $0.figure == "images" }?.mean } == [60, 60], "no more than the budget's 'test'")
            #expect(first.entries.allSatisfy { $0.figures.contains { $0.figure == "invariance.scale.worst" } }, "settings that are numbers")
            // The claim is about the very errors in the table.
            let difference = try #require(first.claims.first { $0.claim == "better" }?.contrast).estimate
            #expect(abs(difference - (errors[0].mean - errors[1].mean)) < 1e-12)
            #expect(first.claims.first { $0.claim == "follows" }?.verdict != "contradicted")
            #expect(first.claims.first { $0.claim == "stable" }?.reason.contains("fewer than three seeds") == true)

            // Nothing is done twice, and the store alone says the same.
            let again = try reproduce(["--json"])
            #expect(!again.errors.contains("jobs"), "\(again.errors)")
            #expect(try report(again) == first)
            let document = scratch.folder.path + "/results.md"
            #expect(try report(try reproduce(["--stored", "--json", "--markdown", document])) == first)
            let text = try String(contentsOfFile: document, encoding: .utf8)
            #expect(text.contains("## tiny") && text.contains("| two | 2 |") && text.contains("**Undecided**: two is stable"))

            // Rates are chosen on validation images, by the smallest error.
            let chosen = try reproduce(["--choose", "--json"])
            let rates = try report(chosen).entries.map(\.recipe)
            #expect(rates.allSatisfy { [0.001, 0.01].contains($0.learning_rate) } && [0.5, 1].contains(rates[1].localization_rate))
            #expect(chosen.errors.contains("two: learning rate × localization rate"), "\(chosen.errors)")
        }
    }

    /// Entries of a study may stand in a manifest of their own.
    @Test func aStudyNamesItsManifest() throws {
        try Scratch.with { scratch in
            let manifest = try scratch.file("zoo.json", Self.manifest)
            _ = try scratch.directory("Protocols")
            _ = try scratch.file(
                "Protocols/other.json",
                """
                {"version": 1, "id": "other", "title": "entries of another file", "dataset": "strokes-rotated", "manifest": "../other.json",
                 "entries": ["three"], "tests": [{"dataset": "strokes-rotated", "probes": ["error"]}],
                 "budgets": {"smoke": {"epochs": 1, "seeds": 1, "train": 64, "limit": 80}}, "columns": [], "claims": []}
                """)
            _ = try scratch.file(
                "Protocols/own.json",
                """
                {"version": 1, "id": "own", "title": "entries of the manifest in use", "dataset": "strokes-rotated",
                 "entries": ["one"], "tests": [{"dataset": "strokes-rotated", "probes": ["error"]}],
                 "budgets": {"smoke": {"epochs": 1, "seeds": 1, "train": 64, "limit": 80}}, "columns": [], "claims": []}
                """)
            func zoo(_ arguments: [String]) throws -> ZooProcess.Outcome {
                try ZooProcess.run(arguments + ["--manifest", manifest.path, "--quiet", "--json"], in: scratch.folder)
            }
            let missing = try zoo(["reproduce", "other", "--budget", "smoke"])
            #expect(missing.status == 78 && missing.errors.contains("Protocols/other.json: $.manifest: "), "\(missing.errors)")
            #expect(missing.errors.contains("other.json") && !FileManager.default.fileExists(atPath: scratch.folder.path + "/runs"))
            _ = try scratch.file("other.json", Self.manifest.replacing("\"one\"", with: "\"three\""))
            let outcome = try zoo(["reproduce", "--all", "--budget", "smoke"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            let reports = try JSONDecoder().decode([Report].self, from: Data(outcome.output.utf8))
            #expect(reports.map(\.study) == ["other", "own"] && reports.flatMap(\.entries).map(\.entry) == ["three", "one"])
            #expect(reports.flatMap(\.entries).allSatisfy { $0.seeds == [0] }, "\(outcome.output)")
            let page = try zoo(["report"])
            #expect(
                page.status == 0 && page.output.contains("entries of another file")
                    && page.output.contains("entries of the manifest in use"))
            let unknown = try zoo(["reproduce", "own", "--budget", "smok"])
            #expect(unknown.status == 64 && unknown.errors.contains("smoke"))
        }
    }

    /// A training that diverges is counted, not repeated; trained by its name alone it is an error each time, until it is forced.
    @Test func aDivergenceIsAResult() throws {
        try Scratch.with { scratch in
            let recipe = "{\"optimizer\": \"sgd\", \"learning_rate\": 100, \"weight_decay\": 1, \"batch\": 2, \"epochs\": 1}"
            let manifest = try scratch.file(
                "zoo.json", Self.manifest.replacing("\"id\": \"one\",", with: "\"id\": \"one\", \"recipes\": {\"default\": \(recipe)},"))
            _ = try scratch.directory("Protocols")
            let study = Self.study.replacing("\"optimizer\": \"adam\", \"batch\": 32", with: "\"optimizer\": \"sgd\", \"batch\": 2")
            _ = try scratch.file("Protocols/tiny.json", study)
            let reproduce = ["reproduce", "tiny", "--budget", "smoke", "--manifest", manifest.path, "--json"]
            let first = try ZooProcess.run(reproduce, in: scratch.folder)
            let again = try ZooProcess.run(reproduce, in: scratch.folder)
            #expect(
                first.errors.contains("one, seed 1, training on strokes-rotated?train=64&limit=80: diverged: the loss is"),
                "\(first.errors)")
            #expect(!again.errors.contains("jobs"), "\(again.errors)")
            let rows = try report(first).entries
            #expect(rows.map(\.seeds) == [[], [0, 1]] && rows.map(\.failed) == [["0", "1"], []])
            #expect(try report(again) == report(first))

            let train = ["train", "one", "--dataset", "strokes-rotated?train=64&limit=80", "--manifest", manifest.path, "--threads", "1"]
            for force in [[], [], ["--force"]] {
                let outcome = try ZooProcess.run(train + force, in: scratch.folder)
                #expect(outcome.status == 78 && outcome.errors.contains("diverged"), "\(outcome)")
            }
        }
    }

    @Test func whatIsWrongIsSaid() throws {
        try Scratch.with { scratch in
            let manifest = try scratch.file("zoo.json", Self.manifest)
            _ = try scratch.directory("Protocols")
            _ = try scratch.file("Protocols/tiny.json", Self.study)
            func refused(_ arguments: [String], _ status: Int32, _ complaint: String) throws {
                let outcome = try ZooProcess.run(["reproduce", "--manifest", manifest.path] + arguments, in: scratch.folder)
                #expect(outcome.status == status && outcome.errors.contains(complaint), "\(outcome)")
                #expect(outcome.errors.split(separator: "\n").count == 1)
            }
            try refused(["tinny"], 64, "did you mean 'tiny'?")
            try refused(["tiny", "--all"], 64, "exclude each other")
            try refused(["tiny", "--budget", "smokes"], 64, "did you mean 'smoke'?")
            try refused(["./none.json"], 66, "none.json")
            let other = try scratch.file("other.json", Self.study.replacing("\"entries\": [\"one\"", with: "\"entries\": [\"on\", \"one\""))
            try refused([other.path, "--budget", "smoke"], 78, "$.entries: there is no entry 'on'")
            let probe = try scratch.file("probe.json", Self.study.replacing("pose?images=40", with: "pos"))
            try refused([probe.path, "--budget", "smoke"], 78, "$.tests: there is no probe 'pos', did you mean 'pose'?")
            let set = try scratch.file(
                "set.json",
                Self.study.replacing("\"dataset\": \"strokes-rotated\", \"entries\"", with: "\"dataset\": \"stroke-rotated\", \"entries\""))
            try refused([set.path, "--budget", "smoke"], 78, "$.dataset:")
        }
    }

    /// Every study that comes with the zoo names what there is, at every budget.
    @Test func theZoosOwnStudiesFitTheZoo() throws {
        let listed = try ZooProcess.run(["reproduce", "--json"])
        struct Summary: Decodable {
            let id: String
            let budgets: [String]
        }
        let studies = try JSONDecoder().decode([Summary].self, from: Data(listed.output.utf8))
        #expect(studies.count >= 5)
        for study in studies {
            for budget in study.budgets {
                let outcome = try ZooProcess.run([
                    "reproduce", study.id, "--budget", budget, "--stored", "--json", "--store", "/nonexistent/x.sqlite",
                ])
                #expect(outcome.status == 0, "\(study.id), \(budget): \(outcome.errors)")
            }
        }
    }
}
