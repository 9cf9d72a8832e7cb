import Foundation
import TestSupport
import Testing
import ZooCore
import ZooManifest

@Suite("Studies") struct StudyTests {
    private static let valid = """
        {"version": 1, "id": "s", "title": "t", "dataset": "mnist", "entries": ["a", "b"],
         "tests": [{"dataset": "mnist", "probes": ["error"]}, {"dataset": "mnist-rotated", "probes": ["error", "pose?images=20"]}],
         "recipe": {"optimizer": "adam", "batch": 64}, "chosen": {"b": {"learning_rate": 0.25}},
         "choice": {"validation": 10, "epochs": 2, "seed": 7, "learning_rates": [0.2, 0.1], "localization_rates": [1]},
         "budgets": {"smoke": {"epochs": 1, "seeds": 2, "train": 5, "limit": 9, "test": 7, "size": 16}, "cpu": {"epochs": 30, "seeds": 5}},
         "columns": [{"figure": "error", "title": "error"}],
         "claims": [{"id": "c", "statement": "b is better", "figure": "error", "contrast": {"a": 1, "b": -1}, "expect": "positive"}]}
        """

    private func study(_ change: (String) -> String = { $0 }) throws -> Study {
        try Study(contents: Data(change(Self.valid).utf8), path: "Protocols/s.json")
    }

    @Test("every field is read")
    func fields() throws {
        let study = try study()
        #expect(study.entries == ["a", "b"] && study.tests[1].probes == ["error", "pose?images=20"] && study.level == 0.95)
        #expect(study.choice?.learningRates == [0.1, 0.2], "the smaller rates come first, and win where errors are equal")
        let budget = try study.budget("smoke")
        #expect(budget.epochs == 1 && budget.seeds == 2 && budget.train == 5 && budget.limit == 9 && budget.test == 7 && budget.size == 16)
        #expect(
            try study.manifest == nil
                && self.study { $0.replacing("\"version\": 1", with: "\"version\": 1, \"manifest\": \"m.json\"") }.manifest == "m.json")
        #expect(study.claims[0].contrast == ["a": 1, "b": -1] && study.claims[0].expectation == .positive)
    }

    @Test("an entry's recipe is its own, then the study's, then what was chosen, then the budget's epochs")
    func recipes() throws {
        let manifest = try Manifest(
            contents: Data(
                """
                {"version": 1, "entries": [
                  {"id": "a", "architecture": "cnn", "recipes": {"default": {"learning_rate": 0.5, "epochs": 3, "momentum": 0.1}}},
                  {"id": "b", "architecture": "cnn", "recipes": {"mnist": {"learning_rate": 0.5, "weight_decay": 0.2}}}]}
                """.utf8), path: "zoo.json")
        let study = try study()
        let (a, b) = try (
            study.recipe(of: manifest.entry("a"), budget: study.budget("cpu")),
            study.recipe(of: manifest.entry("b"), budget: study.budget("smoke"))
        )
        #expect(a.learningRate == 0.5 && a.momentum == 0.1 && a.batch == 64 && a.optimizer == .adam && a.epochs == 30)
        #expect(b.learningRate == 0.25 && b.weightDecay == 0.2 && b.epochs == 1)
    }

    @Test(
        "what is wrong is named with file and JSON path",
        arguments: [
            ("\"version\": 1", "\"version\": 2", "$.version: expected 1, found 2"), ("\"title\": \"t\", ", "", "'title' is missing"),
            ("\"title\"", "\"titel\"", "$.titel: unknown field, did you mean 'title'?"),
            ("[\"a\", \"b\"]", "[\"a\", \"a\"]", "$.entries[1]: the entry 'a' stands here twice"),
            ("[\"a\", \"b\"]", "[]", "$.entries: expected at least one"),
            ("{\"b\": {\"learning_rate\"", "{\"bb\": {\"learning_rate\"", "$.chosen.bb: not an entry of this study, did you mean 'b'?"),
            ("\"learning_rate\": 0.25", "\"learning_rate\": -1", "$.chosen.b.learning_rate: expected"),
            ("\"a\": 1, \"b\": -1", "\"a\": 1, \"z\": -1", "$.claims[0].contrast.z: not an entry of this study"),
            ("\"a\": 1, \"b\": -1", "\"a\": 0", "$.claims[0].contrast: expected a weight other than 0"),
            ("\"positive\"", "\"positiv\"", "$.claims[0].expect: expected one of positive, negative, near"),
            ("\"positive\"", "\"near\", \"margin\": 0.1", "needs a 'target'"),
            ("\"positive\"", "\"positive\", \"margin\": 0.1", "$.claims[0].margin: goes with \"expect\": \"near\" only"),
            ("\"positive\"", "\"positive\", \"dataset\": \"mnist-rotatet\"", "did you mean 'mnist-rotated'?"),
            ("\"positive\"", "\"positive\", \"statistic\": \"deviation\", \"contrast\": {\"a\": 2, \"b\": -1}", "compares two entries"),
            ("\"seeds\": 5", "\"seeds\": 0", "$.budgets.cpu.seeds: expected 1 to 1000, found 0"),
            ("[0.2, 0.1]", "[]", "$.choice.learning_rates: expected at least one rate"),
            (
                "\"figure\": \"error\", \"title\"", "\"dataset\": \"x\", \"figure\": \"error\", \"title\"",
                "$.columns[0].dataset: 'x' is not among the tests"
            ),
        ])
    func wrong(part: String, change: String, complaint: String) {
        let error = #expect(throws: HostError.self) {
            try study { text in
                // Of a field that is given twice the last counts in JSON's grammar; here it is replaced.
                change.contains("\"contrast\"") && part == "\"positive\""
                    ? text.replacing("\"contrast\": {\"a\": 1, \"b\": -1}, ", with: "").replacing(part, with: change)
                    : text.replacing(part, with: change)
            }
        }
        #expect(error?.message.contains(complaint) == true && error?.message.hasPrefix("s.json: ") == true, "\(error?.message ?? "")")
        #expect(error?.kind == .config)
    }

    @Test("an unknown budget suggests the nearest")
    func budget() throws {
        let error = #expect(throws: HostError.self) { try study().budget("smok") }
        #expect(error?.kind == .usage && error?.message.contains("did you mean 'smoke'?") == true)
    }
}
