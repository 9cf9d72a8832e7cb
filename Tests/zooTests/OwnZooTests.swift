import Foundation
import TestSupport
import Testing
import ZooHost
import ZooStore

/// A user's own zoo.json, which holds what is hers and includes the rest.
@Suite struct OwnZooTests {
    private static let text = """
        {"version": 1, "include": ["builtin"], "default_dataset": ["gone", "mine"],
         "datasets": [{"id": "mine", "summary": "a few digits", "source": "strokes", "protocol": {"rotation": 20}, "split": {"limit": 40}},
                      {"id": "gone", "source": {"kind": "folder", "data_path": "nowhere"}}],
         "entries": [{"id": "own", "architecture": "cnn", "parts": {"extractor": {"id": "mnist-cnn", "config": {"width": 4}}},
                      "recipes": {"default": {"epochs": 1, "batch": 20}}}]}
        """

    private struct Row: Decodable {
        let entry, dataset: String
        let imagesFingerprint, job: String?
    }

    @Test func ownDataSetsAreTrainedAndTestedOnLikeOthers() throws {
        try Scratch.with { scratch in
            let path = try scratch.file("zoo.json", Self.text).path
            func zoo(_ arguments: [String]) throws -> ZooProcess.Outcome {
                try ZooProcess.run(arguments, ["ZOO_MANIFEST": path], in: scratch.folder)
            }
            let trained = try zoo(["train", "own", "--json", "--quiet"])
            #expect(trained.status == 0 && trained.output.contains("\"dataset\" : \"mine\""), "\(trained.output)\(trained.errors)")
            let tested = try zoo(["evaluate", "own", "--quiet"])
            #expect(tested.status == 0, "\(tested.errors)")
            // An entry of the included file, with the weights that lie beside that.
            let shipped = try zoo(["evaluate", "cnn", "--trained-on", "strokes-rotated", "--quiet"])
            #expect(shipped.status == 0, "\(shipped.errors)")
            func rows() throws -> [Row] {
                try JSONDecoder().decode([Row].self, from: Data(zoo(["results", "--json", "--history", "--probe", "error"]).output.utf8))
            }
            let before = try rows()
            #expect(Set(before.map(\.dataset)) == ["mine"] && before.count == 2)
            #expect(Set(before.map(\.imagesFingerprint)).count == 1)
            // The same name for something else: other results, and weights that were trained on other data.
            try scratch.file("zoo.json", Self.text.replacing("\"rotation\": 20", with: "\"rotation\": 60"))
            let other = try zoo(["evaluate", "cnn", "--trained-on", "strokes-rotated", "--quiet"])
            #expect(other.status == 0, "\(other.errors)")
            let after = try rows()
            #expect(after.count == 3 && Set(after.map(\.job)).count == 3 && Set(after.map(\.imagesFingerprint)).count == 2)
            let stale = try zoo(["evaluate", "own", "--quiet"])
            #expect(stale.status != 0 && stale.errors.contains("is on other data of that name"), "\(stale.errors)")
            #expect(try zoo(["train", "own", "--quiet"]).status == 0)
            let ranked = try zoo(["rank", "--json"])
            #expect(ranked.status == 0 && ranked.output.contains("\"mine\""), "\(ranked.output)\(ranked.errors)")
        }
    }

    @Test func dataSetsAreListedAndShown() throws {
        try Scratch.with { scratch in
            let path = try scratch.file("zoo.json", Self.text).path
            func zoo(_ arguments: String...) throws -> ZooProcess.Outcome {
                try ZooProcess.run(arguments + ["--manifest", path], in: scratch.folder)
            }
            let listed = try zoo("list", "datasets").output.split(separator: "\n")
            #expect(listed.contains { $0.hasPrefix("mine ") && $0.contains("a few digits (the default)") })
            #expect(listed.contains { $0.hasPrefix("gone ") && $0.contains("missing: put nowhere in a directory") })
            let shown = try zoo("show", "mine").output
            for text in ["data set mine", "rotated within ±20.0°", "40 images of each split", "mean 0.1183", path, "mine-upright"] {
                #expect(shown.contains(text), "\(shown)")
            }
            let varied = try zoo("show", "dataset/folder:/some/where?scale=-1..2&canvas=64").output
            #expect(varied.contains("folder:/some/where?scale=-1.0..2.0&canvas=64") && varied.contains("missing"), "\(varied)")
            let unknown = try zoo("show", "dataset/mnits")
            #expect(unknown.status == 64 && unknown.errors.contains("did you mean 'mnist'?"), "\(unknown.errors)")
            let healthy = try zoo("doctor").output
            #expect(
                healthy.split(separator: "\n").contains { $0.contains("mine") && $0.contains("drawn by the program itself") }, "\(healthy)")
        }
    }

    @Test func aWrongDescriptionIsSaidByEveryCommandThatNeedsIt() throws {
        try Scratch.with { scratch in
            let path = try scratch.file("zoo.json", Self.text.replacing("\"rotation\": 20", with: "\"rotation\": 200")).path
            let commands = [
                ["list", "datasets"], ["show", "mine"], ["evaluate", "cnn"], ["train", "cnn"], ["benchmark", "cnn"], ["theorem", "cnn"],
                ["export", "cnn"], ["doctor"],
            ]
            for command in commands {
                let outcome = try ZooProcess.run(command + ["--manifest", path], in: scratch.folder)
                #expect(outcome.status == 78, "\(command)")
                let said = outcome.errors + outcome.output
                #expect(said.contains("zoo.json: $.datasets[0].protocol.rotation: expected 0 to 180, found 200"), "\(command): \(said)")
            }
        }
    }
}
