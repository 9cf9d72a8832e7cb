import Foundation
import Testing

/// Commands that the program's messages suggest can be pasted into a shell, and look where the command did that suggested them.
@Suite struct SuggestionTests {
    @Test func whatIsSuggestedFindsTheSamePlaces() throws {
        try Scratch.with { scratch in
            let part = #""architecture": "cnn", "parts": {"extractor": {"id": "mnist-cnn", "config": {"width": 2}}}"#
            try scratch.file("my zoo's.json", #"{"version": 1, "entries": [{"id": "a", \#(part)}, {"id": "b", \#(part)}]}"#)
            let places = ["--manifest", "my zoo's.json", "--store=my store.sqlite"]
            let dataset = ["--dataset", "strokes?limit=40"]
            let measured = try ZooProcess.run(
                ["evaluate", "a", "--weights", "initial"] + dataset + places, in: scratch.folder)
            #expect(measured.status == 0, "\(measured.errors)")
            let compare = ["compare", "a", "b", "--initial"] + dataset + places
            let lacking = try ZooProcess.run(compare, in: scratch.folder)
            #expect(lacking.status == 66, "\(lacking.errors)")
            let suggested = try #require(lacking.errors.firstMatch(of: /zoo evaluate b [^\n]*/)).output
            let environment = ZooProcess.environment([
                "PATH": ZooProcess.products.path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
            ])
            let pasted = try ZooProcess.execute("/bin/sh", ["-c", String(suggested)], environment, in: scratch.folder)
            #expect(pasted.status == 0, "\(suggested): \(pasted.errors)")
            #expect(try ZooProcess.run(compare, in: scratch.folder).status == 0)
        }
    }

    /// A suggested command repeats all options that say where things are, and is given none that it does not have.
    @Test func theOptionsAreThere() throws {
        try Scratch.with { scratch in
            let part = #""architecture": "cnn", "parts": {"extractor": {"id": "mnist-cnn", "config": {"width": 2}}}"#
            let manifest = try scratch.file("zoo.json", #"{"version": 1, "entries": [{"id": "a", \#(part)}]}"#).path
            let lock = scratch.folder.path + "/plugins.lock"
            #expect(try ZooProcess.run(["plugin", "lock", "--lock", lock, "--manifest", manifest]).status == 0)
            let weights = ZooProcess.root.appendingPathComponent("Tests/Fixtures/group.safetensors").path
            let folder = scratch.folder.path
            let host = ["--manifest": manifest, "--plugin-path": folder, "--allow": folder, "--lock": lock]
            let experiment = host.merging(["--data-dir": folder, "--store": folder + "/s.sqlite", "--runs": folder + "/runs"]) { $1 }
            let cases: [(command: [String], places: [String: String], suggested: Substring)] = [
                (["show", "nothing"], host, "list"), (["import", weights], host, "import"),
                (["evaluate", "a", "--dataset", "strokes?limit=40"], experiment, "train"),
                (["rank"], ["--manifest": manifest, "--store": folder + "/s.sqlite"], "evaluate"),
            ]
            for (command, places, name) in cases {
                let said = try ZooProcess.run(command + places.flatMap { [$0.key, $0.value] }, in: scratch.folder).errors
                let suggested = try #require(said.matches(of: /zoo ([a-z]+)( [^\n;]*)/).first { $0.1 == name }, "\(command): \(said)")
                let options = suggested.2.matches(of: /--[a-z-]+/).map { String($0.0) }
                #expect(Set(places.keys).isSubset(of: options), "\(command): \(suggested.0)")
                let help = try ZooProcess.run([String(name), "--help"]).output
                for option in options { #expect(help.contains(option), "\(suggested.0): \(name) has no \(option)") }
            }
        }
    }
}
