import Foundation
import Testing

/// A project folder of one's own, from `zoo init`.
@Suite struct InitTests {
    /// The program runs as a user runs it, who names no manifest and no data.
    private func zoo(_ arguments: String..., in folder: URL) throws -> ZooProcess.Outcome {
        try ZooProcess.run(arguments, ["ZOO_MANIFEST": ""], in: folder)
    }

    @Test func commandsWorkFromInside() throws {
        try Scratch.with { scratch in
            let made = try zoo("init", "mine", in: scratch.folder)
            try #require(made.status == 0 && made.output.contains("cd mine"), "\(made.errors)")
            let folder = scratch.folder.appendingPathComponent("mine")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(Set(names).isSuperset(of: [".gitignore", "results", "zoo.json"]), "\(names)")
            let listed = try zoo("list", "entries", in: folder)
            #expect(listed.status == 0 && listed.output.contains("stn-c0-x2"), "\(listed.errors)")
            #expect(try zoo("reproduce", in: folder).output.contains("finnveden2020-mnist-r"))
            #expect(try zoo("data", "list", in: folder).status == 0)
            let tested = try zoo(
                "evaluate", "cnn", "--dataset", "strokes-rotated?limit=20", "--trained-on", "strokes-rotated", "--quiet", in: folder)
            #expect(tested.status == 0, "\(tested.errors)")
            #expect(FileManager.default.fileExists(atPath: folder.path + "/results/zoo.sqlite"))

            // An entry of one's own, beside those of the zoo; one of the zoo's ids is not to be had.
            let manifest = folder.appendingPathComponent("zoo.json")
            let empty = try String(contentsOf: manifest, encoding: .utf8)
            func write(_ id: String) throws {
                let own = #""entries": [{"id": "\#(id)", "architecture": "cnn", "parts": {"extractor": "mnist-cnn"}}]"#
                try empty.replacing(#""entries": []"#, with: own).write(to: manifest, atomically: false, encoding: .utf8)
            }
            try write("own")
            #expect(try zoo("show", "entry/own", in: folder).status == 0)
            try write("stn-c0")
            let taken = try zoo("list", in: folder)
            #expect(taken.status == 78 && taken.errors.contains("the id 'stn-c0' is taken"), "\(taken.errors)")
        }
    }

    @Test func whatCannotBeMadeIsSaid() throws {
        try Scratch.with { scratch in
            let files = FileManager.default
            try files.createDirectory(atPath: scratch.folder.path + "/full/inner", withIntermediateDirectories: true)
            try scratch.file("file", "a file")
            try files.createSymbolicLink(atPath: scratch.folder.path + "/link", withDestinationPath: "nowhere")
            func refused(_ folder: String, _ status: Int32, _ word: String, at place: SourceLocation = #_sourceLocation) throws {
                let outcome = try zoo("init", folder, in: scratch.folder)
                #expect(
                    outcome.status == status && outcome.complaints.count == 1 && outcome.errors.contains(word), "\(outcome.errors)",
                    sourceLocation: place)
            }
            try refused("full", 73, "full: is there already and not empty")
            try refused("file", 73, "file: is there already and not a folder")
            try refused("file/below", 73, "file/below")
            try refused("link", 73, "link")
            try refused("", 64, "empty")
            #expect(try files.contentsOfDirectory(atPath: scratch.folder.path + "/full") == ["inner"])
            try files.createDirectory(atPath: scratch.folder.path + "/empty", withIntermediateDirectories: true)
            #expect(try zoo("init", "empty", "--json", in: scratch.folder).status == 0)
        }
    }
}
