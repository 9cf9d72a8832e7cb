import Foundation
import TestSupport
import Testing
import ZooCore
import ZooManifest

/// Manifests that include others.
@Suite struct IncludeTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func write(_ name: String, entries: [String] = [], includes: [String] = [], more: String = "") throws {
        let list = entries.map { id in
            let checksum = String(repeating: "a", count: 64)
            return """
                {"id": "\(id)", "architecture": {"id": "net", "config": {"file": "m.pt"}},
                 "weights": [{"dataset": "strokes", "seed": 0, "file": "w/\(id).safetensors", "sha256": "\(checksum)"}]}
                """
        }
        let names = includes.map { "\"\($0)\"" }.joined(separator: ", ")
        try folder.write(
            name, Array("{\"version\": 1, \"include\": [\(names)], \"entries\": [\(list.joined(separator: ", "))]\(more)}".utf8))
    }

    private func read(_ name: String = "zoo.json") throws -> Manifest { try Manifest(path: folder.file(name)) }

    private func failure(_ name: String = "zoo.json") -> HostError? { #expect(throws: HostError.self) { try read(name) } }

    @Test func entriesOfIncludedFilesAreKnownAndTheirPathsAreRelativeToThem() throws {
        try write("mine/zoo.json", entries: ["own"], includes: ["../theirs/a.json", "\(folder.path)/theirs/b.json"])
        try write("theirs/a.json", entries: ["a"], includes: ["deep/c.json"])
        try write("theirs/b.json", entries: ["b"], includes: ["deep/c.json"])
        try write("theirs/deep/c.json", entries: ["c"])
        let manifest = try read("mine/zoo.json")
        #expect(manifest.entries.map(\.id) == ["own", "a", "c", "b"], "a file that two include is read once")
        for (id, place) in [("own", "mine"), ("a", "theirs"), ("b", "theirs"), ("c", "theirs/deep")] {
            let entry = try manifest.entry(id)
            let weights = try #require(entry.weights.first)
            let (found, wanted) = (weights.path, "\(folder.path)/\(place)/w/\(id).safetensors")
            #expect(URL(fileURLWithPath: found).standardizedFileURL.path == URL(fileURLWithPath: wanted).standardizedFileURL.path)
            #expect(weights.manifest == entry.manifest && weights.file == "w/\(id).safetensors")
            #expect(URL(fileURLWithPath: entry.manifest).standardizedFileURL.path.hasPrefix("\(folder.path)/\(place)/"))
        }
    }

    @Test func aFileMayHoldNothingButWhatItIncludes() throws {
        try folder.write("zoo.json", Array(#"{"version": 1, "include": ["other.json"]}"#.utf8))
        try folder.write("other.json", Array(#"{"version": 1, "datasets": [{"id": "mine", "source": "strokes"}]}"#.utf8))
        let manifest = try read()
        #expect(manifest.entries.isEmpty && manifest.dataSets.map(\.id) == ["mine"])
        #expect(manifest.dataSets.first?.file == folder.file("other.json"))
    }

    @Test func anIdThatIsTakenNamesBothFiles() throws {
        try write("zoo.json", entries: ["cnn"], includes: ["other.json"])
        try write("other.json", entries: ["x", "cnn"])
        let error = failure()
        #expect(error?.kind == .config)
        #expect(
            error?.message == "\(folder.path)/other.json: $.entries[1].id: the id 'cnn' is taken by an entry of \(folder.path)/zoo.json")
        try folder.write(
            "zoo.json", Array(#"{"version": 1, "include": ["data.json"], "datasets": [{"id": "d", "source": "mnist"}]}"#.utf8))
        try folder.write("data.json", Array(#"{"version": 1, "datasets": [{"id": "d", "source": "strokes"}]}"#.utf8))
        let other = failure()
        #expect(
            other?.message == "\(folder.path)/data.json: $.datasets[0].id: the id 'd' is taken by a data set of \(folder.path)/zoo.json")
    }

    @Test func aCircleIsAnError() throws {
        try write("zoo.json", includes: ["a.json"])
        try write("a.json", includes: ["b.json"])
        try write("b.json", includes: ["./a.json"])
        let error = failure()
        #expect(error?.kind == .config && error?.message.contains("/b.json: $.include[0]: a file cannot include itself") == true)
        try FileManager.default.createSymbolicLink(atPath: folder.file("link.json"), withDestinationPath: folder.file("self.json"))
        try write("self.json", includes: ["link.json"])
        #expect(failure("self.json")?.message.contains("self.json: $.include[0]: a file cannot include itself") == true)
    }

    @Test func whatIsWrongWithAnIncludedFileIsSaidOfIt() throws {
        try write("zoo.json", includes: ["gone.json"])
        let missing = failure()
        #expect(missing?.kind == .noInput && missing?.message.hasPrefix("zoo.json: $.include[0]: \(folder.path)/gone.json") == true)
        try folder.write("gone.json", Array(#"{"version": 1, "entries": [{"id": "a"}]}"#.utf8))
        #expect(failure()?.message == "\(folder.path)/gone.json: $.entries[0]: the field 'architecture' is missing")
        try folder.write("gone.json", Array("{".utf8))
        #expect(failure()?.kind == .data)
        for (value, expected) in [
            ("\"x\"", "$.include: expected a list, found the string"), ("[3]", "$.include[0]: expected a string"),
            ("[\"\"]", "$.include[0]: expected a file, or 'builtin'"),
        ] {
            try folder.write("zoo.json", Array("{\"version\": 1, \"include\": \(value), \"entries\": []}".utf8))
            let error = failure()
            #expect(error?.message.hasPrefix("zoo.json: " + expected) == true && error?.kind == .config, "\(error?.message ?? "")")
        }
    }

    @Test func theProgramsOwnZooIsIncludedByItsName() throws {
        try write("zoo.json", entries: ["mine"], includes: ["builtin"])
        let (manifest, shipped) = try (read(), Repository.manifest())
        #expect(manifest.entries.map(\.id) == ["mine"] + shipped.entries.map(\.id))
        // Its weights are found where it lies.
        let weights = try #require(manifest.entry("cnn").weights.first)
        #expect(try Checksum.sha256(ofFile: weights.path) == weights.sha256)
        try write("zoo.json", entries: ["cnn"], includes: ["builtin"])
        #expect(failure()?.message.contains("the id 'cnn' is taken by an entry of \(folder.path)/zoo.json") == true)
    }

    @Test func anEntryIsAddedToTheFileItselfAlone() throws {
        try write("other.json", entries: ["theirs"])
        let added = JSON.object(["id": .string("new"), "architecture": .string("cnn")])
        let path = folder.file("zoo.json")
        for text in [
            #"{"version": 1, "include": ["other.json"]}"#, "{\n  \"version\": 1,\n  \"include\": [\"other.json\"]\n}\n",
            #"{"version": 1, "include": ["other.json"], "entries": []}"#,
        ] {
            let result = try Manifest.adding(added, to: Data(text.utf8), path: path)
            try folder.write("zoo.json", result)
            #expect(try read().entries.map(\.id) == ["new", "theirs"])
            #expect(!String(decoding: result, as: UTF8.self).contains("theirs"))
            let again = #expect(throws: HostError.self) { try Manifest.adding(added, to: result, path: path) }
            #expect(again?.message.contains("the id 'new' is taken") == true)
        }
        let taken = JSON.object(["id": .string("theirs"), "architecture": .string("cnn")])
        let error = #expect(throws: HostError.self) {
            try Manifest.adding(taken, to: Data(#"{"version": 1, "include": ["other.json"]}"#.utf8), path: path)
        }
        #expect(error?.message.contains("other.json: $.entries[0].id: the id 'theirs' is taken by an entry of \(path)") == true)
    }
}
