import Foundation
import Testing
import ZooCore

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

    /// A suggested command is given no option that it does not have.
    @Test(arguments: SuggestedCommand.places.keys.sorted())
    func theOptionsAreThere(_ command: String) throws {
        let help = try ZooProcess.run([command, "--help"]).output
        for option in try #require(SuggestedCommand.places[command]) { #expect(help.contains("\(option) <"), "\(command): \(option)") }
    }
}
