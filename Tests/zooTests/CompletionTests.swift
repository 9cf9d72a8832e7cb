import Foundation
import TestSupport
import Testing

/// What bash offers where a command takes a name.
@Suite(.enabled(if: finds("bash"), "needs bash")) struct CompletionTests {
    /// What is offered for the last of the words.
    private func offered(_ words: String..., in folder: URL? = nil) throws -> [String] {
        let script = """
            source <("$ZOO_PROGRAM" --generate-completion-script bash)
            PATH=${ZOO_PROGRAM%/*}:$PATH
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
            _zoo zoo "${@: -1}" "${@: -2:1}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let outcome = try ZooProcess.execute(
            "/usr/bin/env", ["bash", "-c", script, "bash", "zoo"] + words,
            ZooProcess.environment(["ZOO_PROGRAM": ZooProcess.program.path]), in: folder)
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
        return outcome.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    @Test func commandsAndOptions() throws {
        #expect(try offered("eval") == ["evaluate"])
        #expect(try offered("evaluate", "--trained") == ["--trained-on"])
        #expect(try offered("plugin", "new", "X", "--language", "") == ["swift", "cpp", "c"])
    }

    @Test func namesOfWhatThereIs() throws {
        let entries = try offered("evaluate", "stn-c")
        #expect(entries.count > 5 && entries.contains("stn-c0-x2") && entries.allSatisfy { $0.hasPrefix("stn-c") }, "\(entries)")
        #expect(try offered("train", "cnn", "--dataset", "strokes-r") == ["strokes-rotated"])
        #expect(try offered("evaluate", "cnn", "--probe", "po") == ["pose"])
        #expect(try offered("reproduce", "lin") == ["lin2017-mnist"])
        #expect(try offered("data", "get", "kmn") == ["kmnist"])
        #expect(try offered("plugin", "check", "x.so", "--only", "desc") == ["descriptor"])
    }

    @Test func componentsOnceTheyAreKnown() throws {
        #expect(try ZooProcess.run(["list", "components"]).status == 0)
        #expect(try offered("show", "localization/f").contains("localization/fcn"))
        #expect(try offered("theorem", "mnist-c").contains("mnist-cnn"))
    }

    @Test func entriesOfTheManifestThatIsNamed() throws {
        try Scratch.with { scratch in
            try scratch.file(
                "mine.json", #"{"version": 1, "entries": [{"id": "own", "architecture": "cnn", "parts": {"extractor": "mnist-cnn"}}]}"#)
            #expect(try offered("train", "--manifest", "mine.json", "", in: scratch.folder) == ["own"])
            // What cannot be read offers nothing, and says nothing in the middle of a line.
            #expect(try offered("train", "--manifest", "none.json", "s", in: scratch.folder).isEmpty)
        }
    }
}
