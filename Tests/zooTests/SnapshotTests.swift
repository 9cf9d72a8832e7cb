import Foundation
import Testing

/// What the program says in its help and of common mistakes, whole, against Tests/zooTests/Snapshots: a file for each command.
///
/// `ZOO_RECORD_SNAPSHOTS=1` writes the files anew; the difference is then read in the commit.
@Suite struct SnapshotTests {
    private static let folder = ZooProcess.root.appendingPathComponent("Tests/zooTests/Snapshots")
    private static let isRecording = ProcessInfo.processInfo.environment["ZOO_RECORD_SNAPSHOTS"] == "1"

    /// Every command that the help lists, "" for the program itself.
    static let commands: [String] = {
        func subcommands(of path: [String]) -> [[String]] {
            let help = (try? ZooProcess.run(path + ["--help"]).output) ?? ""
            guard let start = help.range(of: "SUBCOMMANDS:\n") else { return [] }
            let names = help[start.upperBound...].matches(of: /(?m)^  ([a-z-]+)/).map { String($0.output.1) }
            return names.map { path + [$0] }
        }
        let first = subcommands(of: [])
        return ([[]] + first + first.flatMap(subcommands)).map { $0.joined(separator: " ") }
    }()

    /// Wrong uses that people make of each command: of the options that are its own.
    private static let mistakes: [String: [[String]]] = [
        "": [["frobnicate"], ["--jsn"]],
        "list": [["entrees"], ["--manifest", ""]],
        "show": [[], ["mnist-cnnn"]],
        "train": [[], ["stn-co"], ["cnn", "--seed", "3..1"], ["cnn", "--epochs", "0"]],
        "evaluate": [
            [], ["ccn"], ["cnn", "--all"], ["cnn", "--probe", "poze"],
            ["cnn", "--probe", "pose?images=-1"], ["cnn", "--dataset", "stroke"],
            ["cnn", "--threads", "0"], ["cnn", "--quiet", "--verbose"], ["cnn", "--memory-limit", "1M"],
        ],
        "benchmark": [["cnn", "--shape", "1x28"], ["cnn", "--classes", "3"], ["cnn", "--shape", "1x28x28", "--heads", "17"]],
        "doctor": [["x"]],
        "theorem": [["cnnn"], ["cnn", "--untrained", "--seed", "1"]],
        "compare": [["cnn"], ["cnn", "stn-c0", "--confidence", "20"]],
        "rank": [["--within", "5"], ["--store", "none.sqlite"], ["--json", "--format", "csv"]],
        "reproduce": [["--all", "x"], ["x", "--seed", "1"]],
        "report": [["--image", "1", "--no-pictures"], ["--image", "1", "--format", "md"], ["--confidence", "20"]],
        "peek": [[], ["stn-co"], ["stn-c0", "--angle", "400"], ["stn-c0", "--graphics", "ascii"]],
        "serve": [["--port", "x"], ["--address", "nowhere"], ["cnn"]],
        "results": [["--store", "none.sqlite"], ["--format", "timm"], ["--format", "timm", "--dataset", "strokes", "--history"]],
        "merge": [[], ["none.sqlite"]],
        "push mlflow": [
            [], ["--tracking-uri", "mlruns"], ["--tracking-uri", ""],
            ["--tracking-uri", "http://127.0.0.1:1", "--store", "none.sqlite"],
        ],
        "init": [[], ["zoo.json"]],
        "submit slurm": [
            [], ["frobnicate"], ["train"], ["train", "cnn", "--shard", "1/2"], ["--throttle", "0", "train", "cnn"],
            ["--sbatch", "qos", "train", "cnn"],
        ],
        "status": [["none"]],
        "collect": [["none"], ["--store", ""]],
        "retry": [[], ["none"]],
        "plugin new": [[], ["1Loc", "--kind", "localization"]],
        "plugin check": [["none.so"], ["none.so", "--only", "symbls"]],
        "plugin install": [["none.so"]],
        "plugin remove": [["none"]],
        "data get": [["mnistt"]],
        "import": [[], ["none.pt"], ["none.pt", "--input", "28"]],
        "export": [[], ["ccn"]],
    ]

    /// Entries of the mistakes, so that those of the zoo can change.
    private static let manifest = #"""
        {"version": 1, "entries": [
            {"id": "cnn", "architecture": "cnn", "parts": {"extractor": "mnist-cnn"}},
            {"id": "stn-c0", "architecture": "stn-input",
             "parts": {"extractor": "mnist-cnn", "localization": "cnn", "transformer": "affine"}}
        ]}
        """#

    /// The help of a command and its mistakes, as they would stand in a terminal.
    private func transcript(_ command: String) throws -> String {
        let path = command.split(separator: " ").map(String.init)
        let help = try ZooProcess.run(path + ["--help"])
        #expect(help.status == 0 && help.errors.isEmpty, "\(command): \(help.errors)")
        var text = "$ \((["zoo"] + path + ["--help"]).joined(separator: " "))\n" + help.output
        try Scratch.with { scratch in
            try scratch.file("zoo.json", Self.manifest)
            for arguments in Self.mistakes[command] ?? [] {
                let outcome = try ZooProcess.run(path + arguments, ["ZOO_MANIFEST": "zoo.json"], in: scratch.folder)
                #expect(outcome.status != 0 && outcome.output.isEmpty, "\(command) \(arguments): \(outcome.output)")
                let words = (["zoo"] + path + arguments).map { $0.isEmpty ? "''" : $0 }
                text += "\n$ \(words.joined(separator: " "))      # \(outcome.status)\n" + outcome.errors
            }
            // Where the repository and the scratch folder lie differs from machine to machine.
            for (path, name) in [(scratch.folder.path, "SCRATCH"), (ZooProcess.products.path, "PRODUCTS"), (ZooProcess.root.path, "ZOO")] {
                text = text.replacingOccurrences(of: path, with: name)
            }
        }
        return text
    }

    @Test(arguments: commands)
    func theTextIsAsItWas(_ command: String) throws {
        let name = command.isEmpty ? "zoo" : command.replacingOccurrences(of: " ", with: "-")
        let file = Self.folder.appendingPathComponent(name + ".txt")
        let text = try transcript(command)
        if Self.isRecording {
            try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
            return try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let kept = try String(contentsOf: file, encoding: .utf8)
        let (lines, keptLines) = (text.components(separatedBy: "\n"), kept.components(separatedBy: "\n"))
        let differing = zip(lines, keptLines).first { $0 != $1 }
        #expect(
            text == kept,
            """
            \(file.lastPathComponent): now '\(differing?.0 ?? "")', was '\(differing?.1 ?? "")'. If the new text is meant: \
            ZOO_RECORD_SNAPSHOTS=1 writes it
            """)
    }

    /// Every command shows how it is used, with options that it has.
    @Test(arguments: commands)
    func theHelpHasExamples(_ command: String) throws {
        let help = try ZooProcess.run(command.split(separator: " ").map(String.init) + ["--help"]).output
        let own = (["zoo"] + command.split(separator: " ")).joined(separator: " ")
        let examples = help.split(separator: "\n").filter { $0.hasPrefix("  \(own)") }
        #expect(!examples.isEmpty, "\(help)")
        let usage = try #require(help.range(of: "USAGE:")).lowerBound
        for example in examples {
            #expect(example.count <= 80, "\(example)")
            // Examples of a group are of its subcommands, which say themselves what options they have.
            for option in example.matches(of: /--[a-z-]+/).map(\.output) where !help.contains("SUBCOMMANDS:") {
                #expect(help[usage...].contains(option), "\(example)")
            }
        }
    }

    /// No mistake is listed for a command that is not there, and no file kept.
    @Test func allSnapshotsAreOfCommands() throws {
        #expect(Self.commands.count > 20)
        #expect(Set(Self.mistakes.keys).isSubset(of: Self.commands))
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).map { ($0 as NSString).deletingPathExtension }
        #expect(Set(files) == Set(Self.commands.map { $0.isEmpty ? "zoo" : $0.replacingOccurrences(of: " ", with: "-") }))
    }
}
