import Foundation
import Testing

/// What README.md and docs/ tell people to type can be typed.
@Suite struct DocumentationTests {
    @Test func theDocumentsHoldCommands() throws {
        #expect(Documents.names.contains("README.md") && Documents.names.contains("docs/plugins.md"))
        let commands = try Documents.commands()
        #expect(Documents.blocks.count >= 8 && commands.count >= 40)
    }

    /// Every subcommand and every option that a document names is in the program's help.
    @Test func everyCommandAndOptionExists() throws {
        var helps: [[String]: String] = [:]
        func help(_ path: [String]) throws -> String {
            if let known = helps[path] { return known }
            let text = try ZooProcess.run(path + ["--help"]).output
            helps[path] = text
            return text
        }
        for (place, words) in try Documents.commands() {
            var path: [String] = []
            for word in words.dropFirst() where !word.hasPrefix("-") {
                // A subcommand stands at the beginning of a line of its parent's list.
                guard try help(path).contains(try Regex("(?m)^  \(NSRegularExpression.escapedPattern(for: word))( |$)")) else { break }
                path.append(word)
            }
            // Those of the program itself, and what no help lists.
            let isHidden = words.count > 1 && (words[1].hasPrefix("--") || ["worker", "probe-plugin", "task"].contains(words[1]))
            #expect(!path.isEmpty || isHidden, "\(place): \(words.joined(separator: " ")): no such command")
            for word in words where word.hasPrefix("--") {
                let option = word.prefix { $0 != "=" }
                if option == "--generate-completion-script" { continue }
                #expect(try help(path).contains("\(option)"), "\(place): \(words.joined(separator: " ")): no option \(option)")
            }
        }
    }

    /// Blocks that cannot be run as they are, by a word in them.
    private static let unrunnable = [
        "model.pt2": "an AOTInductor package is made for one machine", "submit slurm": "Slurm is tried by `make test-slurm`",
        "push mlflow": "MLflow is tried by `make test-mlflow`", "--device cuda": "a GPU is tried by `make test-device`",
    ]

    /// The blocks of a document, one after the other, each from the same folder.
    @Test(.enabled(if: finds("bash") && finds("make") && finds("cc"), "needs bash, make and a C compiler"), arguments: Documents.names)
    func theBlocksRun(_ document: String) throws {
        let blocks = Documents.blocks.filter { block in
            block.document == document && !Self.unrunnable.keys.contains { block.script.contains($0) }
        }
        guard !blocks.isEmpty else { return }
        try Scratch.with { scratch in
            try prepare(scratch)
            let path = scratch.folder.appendingPathComponent("bin").path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
            let environment = ZooProcess.environment([
                "PATH": path, "ZOO_MANIFEST": scratch.folder.appendingPathComponent("zoo/zoo.json").path,
                "XDG_DATA_HOME": scratch.folder.appendingPathComponent("share").path, "ZOO_PROGRAM": ZooProcess.program.path,
                "ZOO_ROOT": ZooProcess.root.path,
            ])
            for block in blocks {
                let outcome = try ZooProcess.execute("/usr/bin/env", ["bash", "-e", "-c", block.script], environment, in: scratch.folder)
                let place = "\(block.document):\(block.line)"
                #expect(outcome.status == 0, "\(place):\n\(block.script)\n\(outcome.output.suffix(500))\n\(outcome.errors.suffix(2000))")
            }
        }
    }

    /// Stand-ins on PATH that do what is typed on less data, and the files that documents speak of.
    private func prepare(_ scratch: Scratch) throws {
        func program(_ name: String, _ text: String) throws {
            let file = scratch.folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try ("#!/usr/bin/env bash\n" + text).write(to: file, atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
        }
        try program(
            "bin/zoo",
            """
            words=()
            few='?limit=32'
            for word in "$@"; do
              case $word in
              mnist-rotated | strokes-rotated) word+=$few ;;
              esac
              words+=("$word")
            done
            case $1 in
            train | evaluate | compare | rank) [[ " $* " == *" --dataset "* ]] || words+=(--dataset "strokes-rotated$few") ;;
            esac
            case $1 in
            train) [[ " $* " == *" --epochs "* ]] && words=("${words[@]/#6/1}") || words+=(--epochs 1) ;;
            # The weights that are shipped were trained on the whole set; those of the document's own manifest are trained here.
            evaluate | compare | rank) [[ " $* " == *" zoo.json "* ]] || words+=(--trained-on strokes-rotated) ;;
            theorem) words+=(--images 4) ;;
            benchmark) words+=(--batch 2) ;;
            plugin) [[ $2 != new ]] || { [[ " $* " == *" --language "* ]] || words+=(--language c); words+=(--zoo "$ZOO_ROOT"); } ;;
            doctor) "$ZOO_PROGRAM" "${words[@]}"; exit 0 ;;
            # Until it says where it is.
            serve)
              output=$(mktemp)
              "$ZOO_PROGRAM" "${words[@]}" --port 0 >"$output" & server=$!
              while kill -0 $server 2>/dev/null && [[ ! -s $output ]]; do sleep 0.05; done
              kill -INT $server; wait $server; exit ;;
            esac
            exec "$ZOO_PROGRAM" "${words[@]}"
            """)
        // The targets exist; what they do has tests of its own.
        try program(
            "bin/make",
            """
            PATH=${PATH#*:}
            # Those of the zoo itself: that they exist is enough here.
            [[ -f Makefile ]] || exec make -n -C "$ZOO_ROOT" "$@" > /dev/null
            case ${1:-all} in
            all | install) exec make "$@" ;;
            *) make -n "$@" > /dev/null ;;
            esac
            """)
        try program(
            ".venv/bin/python",
            """
            script=$ZOO_ROOT/$1
            [[ -f $script ]] || { echo "no $script" >&2; exit 1; }
            for word in "${@:2}"; do [[ $word != --* ]] || grep -q -- "\\"$word\\"" "$script" || { echo "no option $word" >&2; exit 1; }; done
            """)
        // A manifest of the test's own, as `zoo import` writes into the one that is in use.
        let zoo = try scratch.directory("zoo")
        try FileManager.default.copyItem(
            at: ZooProcess.root.appendingPathComponent("zoo.json"), to: zoo.appendingPathComponent("zoo.json"))
        try FileManager.default.createSymbolicLink(
            at: zoo.appendingPathComponent("weights"), withDestinationURL: ZooProcess.root.appendingPathComponent("weights"))
        let fixtures = ZooProcess.root.appendingPathComponent("Tests/Fixtures")
        try FileManager.default.copyItem(
            at: fixtures.appendingPathComponent("torchscript.pt"), to: scratch.folder.appendingPathComponent("model.pt"))
        try FileManager.default.copyItem(
            at: ZooProcess.root.appendingPathComponent("weights/strokes-rotated/cnn.safetensors"),
            to: scratch.folder.appendingPathComponent("theirs.safetensors"))
        try scratch.file("names.json", #"{"extractor.": "extractor."}"#)
        let folder = try scratch.directory("FOLDER")
        for (split, count) in [("train", 64), ("t10k", 32)] {
            try idx(0x803, [count, 28, 28], (0..<count * 784).map { UInt8(truncatingIfNeeded: $0 &* 7 / 5) })
                .write(to: folder.appendingPathComponent("\(split)-images-idx3-ubyte"))
            try idx(0x801, [count], (0..<count).map { UInt8($0 % 10) }).write(
                to: folder.appendingPathComponent("\(split)-labels-idx1-ubyte"))
        }
    }

    private func idx(_ magic: UInt32, _ dimensions: [Int], _ bytes: [UInt8]) -> Data {
        var data = Data()
        for word in [magic] + dimensions.map(UInt32.init) { withUnsafeBytes(of: word.bigEndian) { data.append(contentsOf: $0) } }
        return data + bytes
    }
}
