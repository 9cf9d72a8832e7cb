import Foundation
import Testing

/// `zoo data get` and `zoo data list`, against a server on this machine.
@Suite(.enabled(if: finds("python3"), "needs python3 for the server"))
struct DownloadTests {
    private struct Answer: Decodable {
        struct File: Decodable {
            let file: String
            let from: String?
            let fetched: Int
        }
        let name, folder: String
        let files: [File]
    }

    private struct Site {
        let server: FileServer
        let folder: URL

        func get(_ arguments: [String] = ["mini"], data: String = "data") throws -> ZooProcess.Outcome {
            try ZooProcess.run(
                ["data", "get"] + arguments + ["--data-dir", data], ["ZOO_MANIFEST": folder.appendingPathComponent("zoo.json").path],
                in: folder)
        }

        func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder.appendingPathComponent(name).path) }

        func names() throws -> [String] {
            let place = folder.appendingPathComponent("data/mini").path
            // A folder that nothing came into is taken away.
            guard FileManager.default.fileExists(atPath: place) else { return [] }
            return try FileManager.default.contentsOfDirectory(atPath: place).sorted()
        }

        /// Whether the file has the content that the server has told of, by a program that is not the zoo's.
        func isWhole(_ name: String) throws -> Bool {
            let path = folder.appendingPathComponent("data/mini/\(name)").path
            return try ZooProcess.execute("/usr/bin/env", ["sha256sum", path], ZooProcess.environment()).output
                .hasPrefix(server.files[name]?.sha256 ?? "-")
        }
    }

    /// - Parameter manners: how the server behaves at each of the places.
    private func at(_ manners: [String], _ names: [String] = ["large.bin"], _ body: (Site) throws -> Void) throws {
        try Scratch.with { scratch in
            let server = try FileServer(in: scratch)
            try server.list(names, at: manners.map(server.place), in: scratch.folder)
            try body(Site(server: server, folder: scratch.folder))
        }
    }

    @Test func filesComeAreCheckedAndAreNotFetchedAgain() throws {
        try at(["redirect"], ["large.bin", "small.bin"]) { site in
            let first = try site.get(["mini", "mini-rotated", "--json"])
            #expect(first.status == 0, "\(first.errors)")
            let answers = try JSONDecoder().decode([Answer].self, from: Data(first.output.utf8))
            #expect(answers.count == 1 && answers.first?.files.map(\.fetched) == [250_000, 1000], "\(first.output)")
            #expect(first.errors.contains("0.3 MB") && first.errors.contains("none"), "the size and the terms are told: \(first.errors)")
            #expect(try site.isWhole("large.bin") && site.isWhole("small.bin"))
            #expect(try site.names() == ["large.bin", "small.bin"])
            let requests = try site.server.requests
            let again = try site.get()
            #expect(again.status == 0 && again.output.contains("was there before"), "\(again.errors)")
            #expect(try site.server.requests == requests)
            let listed = try ZooProcess.run(
                ["data", "list", "--data-dir", "data"], ["ZOO_MANIFEST": site.folder.path + "/zoo.json"], in: site.folder)
            #expect(listed.status == 0 && listed.output.contains("data/mini"), "\(listed.output)\(listed.errors)")
        }
    }

    @Test func whatWasCutGoesOnWhereItStopped() throws {
        try at(["cut"]) { site in
            let outcome = try site.get()
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try site.server.requests == ["-", "bytes=100000-", "bytes=200000-"].map { "/cut/large.bin \($0)" })
            #expect(try site.isWhole("large.bin") && site.names() == ["large.bin"])
        }
    }

    /// Where a file cannot be continued, or where what was put together is not the file, it is fetched anew.
    @Test(arguments: [["cut", "ignores"], ["cut-wrong", "plain"], ["changed", "plain"], ["missing", "plain"], ["short", "plain"]])
    func theNextPlaceServes(_ manners: [String]) throws {
        try at(manners) { site in
            let outcome = try site.get(["mini", "--json"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try site.isWhole("large.bin") && site.names() == ["large.bin"])
            let from = try JSONDecoder().decode([Answer].self, from: Data(outcome.output.utf8)).first?.files.first?.from
            let last = manners == ["changed", "plain"] ? "changed" : manners[1]
            #expect(from == site.server.place(last) + "large.bin")
            if manners[0] == "missing" { #expect(outcome.errors.contains("HTTP status 404"), "\(outcome.errors)") }
        }
    }

    @Test(arguments: [
        (["wrong"], Int32(65), "sha256"), (["short"], 65, "size"), (["missing"], 69, "404"), (["wrong", "missing"], 69, "404"),
    ])
    func whatNoPlaceHasRightIsRefused(_ manners: [String], _ status: Int32, _ word: String) throws {
        try at(manners) { site in
            let outcome = try site.get()
            #expect(outcome.status == status && outcome.errors.contains(word), "\(outcome.errors)")
            #expect(outcome.errors.contains("it can be made by hand"), "\(outcome.errors)")
            #expect(try site.names().isEmpty)
        }
    }

    @Test func aServerThatIsNotThereIsUnavailable() throws {
        try at([]) { site in
            let outcome = try site.get(["mini", "--from", "http://127.0.0.1:1/"])
            #expect(outcome.status == 69 && outcome.errors.contains("127.0.0.1:1"), "\(outcome.errors)")
        }
    }

    /// Some servers say of every .gz that gzip is its encoding on the way.
    @Test func aCompressedFileStaysWhatItIs() throws {
        try at(["encoded"], ["packed.gz"]) { site in
            let outcome = try site.get()
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try site.isWhole("packed.gz"))
        }
    }

    @Test func anInterruptKeepsWhatHasCome() throws {
        try at(["slow"]) { site in
            let errors = site.folder.appendingPathComponent("stderr")
            try Data().write(to: errors)
            let process = Process()
            process.executableURL = ZooProcess.program
            process.arguments = ["data", "get", "mini", "--data-dir", "data"]
            process.environment = ZooProcess.environment(["ZOO_MANIFEST": site.folder.path + "/zoo.json"])
            process.currentDirectoryURL = site.folder
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            process.standardError = try FileHandle(forWritingTo: errors)
            try process.run()
            let part = site.folder.appendingPathComponent("data/mini/large.bin.part").path
            func size() -> Int { (try? FileManager.default.attributesOfItem(atPath: part)[.size] as? Int) ?? 0 }
            process.waits { size() == 100_000 }
            process.interrupt()
            process.waitUntilExit()
            let said = try String(contentsOf: errors, encoding: .utf8)
            #expect(
                process.terminationStatus == 130 && said.contains("100000 of 250000 bytes") && said.contains("data/mini/large.bin.part"),
                "\(said)")
            #expect(size() == 100_000 && !site.exists("data/mini/large.bin"))
            let next = try site.get(["mini", "--from", site.server.place("plain")])
            #expect(next.status == 0, "\(next.errors)")
            #expect(try site.isWhole("large.bin") && site.names() == ["large.bin"])
            // A mirror may have the sets' folders.
            #expect(try site.server.requests.last == "/plain/mini/large.bin bytes=100000-")
        }
    }

    @Test func nothingThatIsThereIsOverwritten() throws {
        try at(["plain"], ["small.bin"]) { site in
            let file = site.folder.appendingPathComponent("data/mini/small.bin")
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data("theirs".utf8).write(to: file)
            let other = try site.get()
            #expect(other.status == 73 && other.errors.contains("expected 1000 bytes, found 6 bytes"), "\(other.errors)")
            #expect(try Data(contentsOf: file) == Data("theirs".utf8))
            try FileManager.default.removeItem(at: file)
            let part = file.appendingPathExtension("part")
            try Data("theirs".utf8).write(to: part)
            let partial = try site.get()
            #expect(partial.status == 73 && partial.errors.contains("small.bin.part"), "\(partial.errors)")
            #expect(try Data(contentsOf: part) == Data("theirs".utf8))
            #expect(try site.server.requests.isEmpty)
        }
    }

    @Test func aFolderServesInPlaceOfAServer() throws {
        try at(["plain"], ["small.bin"]) { site in
            #expect(try site.get().status == 0)
            try FileManager.default.moveItem(
                at: site.folder.appendingPathComponent("data"), to: site.folder.appendingPathComponent("a copy"))
            let outcome = try site.get(["mini", "--from", "a copy"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try site.isWhole("small.bin") && site.server.requests.count == 1)
        }
    }

    @Test func whatIsAskedForWronglyIsRefusedBeforeAnythingIsFetched() throws {
        try at(["plain"], ["small.bin"]) { site in
            func refused(_ arguments: [String], _ status: Int32, _ words: String..., data: String = "data") throws {
                let outcome = try site.get(arguments, data: data)
                #expect(outcome.status == status && outcome.output.isEmpty, "\(arguments): \(outcome.errors)")
                for word in words { #expect(outcome.errors.contains(word), "\(arguments): \(outcome.errors)") }
            }
            try refused(["mini", "minni"], 64, "'minni'", "did you mean 'mini'?")
            try refused(["mini", "--from", "no such folder"], 64, "--from no such folder")
            try refused(["mini", "--from", "ftp://127.0.0.1/"], 64, "--from ftp")
            try refused(["mini", "--places", "none.json"], 66, "none.json")
            try refused(["mini"], 73, "zoo.json/mini", data: "zoo.json")
            try Data(#"{"version": 1, "sets": [{"name": "a", "folder": "../a", "terms": "", "places": [], "files": []}]}"#.utf8)
                .write(to: site.folder.appendingPathComponent("wrong.json"))
            try refused(["a", "--places", "wrong.json"], 78, "wrong.json: $.sets[0].folder", "'-', '_' and '.'")
            #expect(try site.server.requests.isEmpty)
        }
    }

    /// Without an option, they go beside the manifest, and are found there.
    @Test func dataLieBesideTheManifest() throws {
        try at(["plain"], ["small.bin"]) { site in
            let manifest = ["ZOO_MANIFEST": site.folder.path + "/zoo.json", "ZOO_DATA": ""]
            let elsewhere = site.folder.appendingPathComponent("elsewhere")
            try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: true)
            // The checkout's own would be next.
            try FileManager.default.createDirectory(at: site.folder.appendingPathComponent("data"), withIntermediateDirectories: true)
            let outcome = try ZooProcess.run(["data", "get", "mini"], manifest, in: elsewhere)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try site.isWhole("small.bin"))
            struct Listing: Decodable { let dataDirectory: String? }
            let listed = try ZooProcess.run(["list", "datasets", "--json"], manifest, in: elsewhere)
            let directory = try JSONDecoder().decode(Listing.self, from: Data(listed.output.utf8)).dataDirectory
            #expect(directory == site.folder.path + "/data")
            let wanted = try ZooProcess.run(["evaluate", "cnn", "--dataset", "mnist"], manifest, in: elsewhere)
            #expect(wanted.errors.contains("there is no entry 'cnn'"), "\(wanted.errors)")
            let doctor = try ZooProcess.run(["doctor"], manifest, in: elsewhere)
            #expect(doctor.output.contains(site.folder.path + "/data"), "\(doctor.output)")
        }
    }
}
