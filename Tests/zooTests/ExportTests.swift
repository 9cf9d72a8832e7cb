import Foundation
import Testing
import ZooModelFiles

/// What `zoo export` writes, as far as no PyTorch is needed to see it.
@Suite struct ModuleExportTests {
    private func manifest(_ id: String, summary: String, in scratch: Scratch) throws -> String {
        let entry: [String: Any] = [
            "id": id, "summary": summary, "architecture": "cnn", "parts": ["extractor": "mnist-cnn"],
        ]
        let data = try JSONSerialization.data(withJSONObject: ["version": 1, "entries": [entry]])
        let url = scratch.folder.appendingPathComponent("zoo.json")
        try data.write(to: url)
        return url.path
    }

    /// Texts that end, escape or break a string of Python.
    @Test(
        .enabled(if: finds("python3"), "needs python3"),
        arguments: [
            #"of \Network and \u and \x and \400"#, #"ends in a backslash \"#, #"""" three quotes """"#, #"one quote at its end""#,
            "''' \"",
            "NUL \u{0}, \u{1B}[31m, \r\n and \t", "\u{202E}turned\u{2028}about\u{FEFF}", #"\"""; import os; """"#, "%s {x} {{ $HOME `ls`",
            "",
        ]) func parseWhateverTheTextsAre(summary: String) throws
    {
        try Scratch.with { scratch in
            let path = try manifest("cnn", summary: summary, in: scratch)
            let made = try ZooProcess.run(
                ["export", "cnn", "--weights", "initial", "--manifest", path, "--output", scratch.folder.path])
            try #require(made.status == 0, "\(made.errors)")
            try scratch.file(
                "parse.py",
                """
                import ast, json, sys, warnings
                warnings.simplefilter("error")
                tree = ast.parse(open(sys.argv[1] + "/cnn.py", "rb").read())
                print(json.dumps(ast.get_docstring(tree, clean=False).split("\\n\\nWritten by")[0]))
                """)
            let python = "/usr/bin/env"
            let result = try ZooProcess.execute(
                python, ["python3", scratch.folder.path + "/parse.py", scratch.folder.path], ZooProcess.environment())
            try #require(result.status == 0, "\(result.errors)")
            #expect(try JSONDecoder().decode(String.self, from: Data(result.output.utf8)) == "cnn: " + summary)
        }
    }

    @Test(arguments: [
        ("cnn", "cnn"), ("a-b.c", "a_b_c"), ("2nd", "entry_2nd"), ("class", "entry_class"), ("torch", "entry_torch"),
        ("json", "entry_json"),
        ("None", "entry_None"),
    ]) func modulesHaveNamesThatPythonCanImport(id: String, module: String) throws {
        try Scratch.with { scratch in
            let path = try manifest(id, summary: "", in: scratch)
            let made = try ZooProcess.run(["export", id, "--weights", "initial", "--manifest", path, "--output", scratch.folder.path])
            #expect(made.status == 0 && made.output.contains("/\(module).py\n"), "\(made.errors)\(made.output)")
        }
    }

    @Test func theirNormalisationIsThatOfTheData() throws {
        try Scratch.with { scratch in
            let folder = scratch.folder.path
            func export(_ more: String...) throws -> ZooProcess.Outcome {
                try ZooProcess.run(["export", "cnn", "--output", folder, "--check", folder + "/check.safetensors"] + more)
            }
            func constants() throws -> [Substring] {
                let source = try String(contentsOfFile: folder + "/cnn.py", encoding: .utf8)
                return source.split(separator: "\n").filter { $0.hasPrefix("MEAN") || $0.hasPrefix("STD") }
            }
            // The weights that come with the zoo, and what they say of themselves when they are named as a file.
            #expect(try export("--dataset", "strokes-rotated").status == 0)
            #expect(try constants() == ["MEAN = [0.1183]", "STD = [0.2883]"])
            let written = try SafetensorsFile(path: folder + "/cnn.safetensors").metadata
            #expect(written["dataset"] == "strokes-rotated" && written["mean"] == "0.1183" && written["std"] == "0.2883")
            let shipped = ZooProcess.root.appendingPathComponent("weights/strokes-rotated/cnn.safetensors").path
            #expect(try export("--weights", shipped).errors.isEmpty)
            #expect(try constants() == ["MEAN = [0.1183]", "STD = [0.2883]"])
            let check = try SafetensorsFile(path: folder + "/check.safetensors")
            let (pixels, input) = try (check.bytes(of: "pixels"), check.bytes(of: "input"))
            let first = input.withUnsafeBytes { $0.loadUnaligned(as: Float.self) }
            #expect(abs(Double(first) - (Double(pixels.first ?? 0) / 255 - 0.1183) / 0.2883) < 1e-5)
            // Another one that is asked for, against what they say.
            let other = try export("--weights", shipped, "--dataset", "mnist-rotated")
            #expect(other.status == 0 && other.errors.contains("trained on strokes-rotated, not on mnist-rotated"), "\(other.errors)")
            #expect(try constants() == ["MEAN = [0.1307]", "STD = [0.3081]"])
            // What nobody knows is said.
            let silent = folder + "/silent.safetensors"
            let file = try SafetensorsFile(path: shipped)
            try SafetensorsFile.write(
                file.entries.map { SafetensorsTensor(name: $0.name, dtype: $0.dtype, shape: $0.shape, bytes: try file.bytes(of: $0.name)) },
                to: silent)
            let unknown = try export("--weights", silent)
            #expect(unknown.status == 0 && unknown.errors.contains("--dataset"), "\(unknown.errors)")
            #expect(try constants() == ["MEAN = [0.0]", "STD = [1.0]"])
        }
    }

    @Test func anotherSeedIsNotTaken() throws {
        try Scratch.with { scratch in
            let refused = try ZooProcess.run(["export", "cnn", "--seed", "5", "--output", scratch.folder.path])
            #expect(refused.status == 66 && refused.errors.contains("seed 5; there are those of seed 0"), "\(refused.errors)")
        }
    }
}
