import Foundation
import GRDB
import TestSupport
import Testing
import ZooCore
import ZooStore

/// A folder with everything that commands look for: a manifest, a store of an earlier version, runs, a plugin.
struct Project {
    let folder: URL

    static let manifest = """
        {"version": 1, "entries": [
          {"id": "cnn", "architecture": "cnn", "parts": {"extractor": {"id": "mnist-cnn", "config": {"width": 4}}}},
          {"id": "wide", "architecture": "cnn", "parts": {"extractor": {"id": "mnist-cnn", "config": {"width": 8}}}}]}
        """

    /// - Parameter scratch: where it is made, under a name of its own.
    init(in scratch: Scratch, name: String = "project") throws {
        folder = try scratch.directory(name)
        try Self.manifest.write(to: folder.appendingPathComponent("zoo.json"), atomically: false, encoding: .utf8)
        try FileManager.default.createDirectory(at: folder.appendingPathComponent("results"), withIntermediateDirectories: true)
        try FileManager.default.createDirectory(at: folder.appendingPathComponent("runs"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: Repository.fixture("store-1.sqlite"), to: store)
        // The early results are of six images each; those of whole sets are what is compared and ranked.
        let queue = try DatabaseQueue(path: store.path)
        try queue.write { try $0.execute(sql: "UPDATE result SET images = NULL, origin = 'trained', weights = 'w.safetensors'") }
        try queue.close()
    }

    var store: URL { folder.appendingPathComponent("results/zoo.sqlite") }

    func run(_ arguments: [String], _ environment: [String: String] = [:], at place: SourceLocation = #_sourceLocation) throws
        -> ZooProcess.Outcome
    {
        let home = folder.deletingLastPathComponent().path
        // What is known of plugins is shared with other tests: to probe all of them takes longer than most commands.
        var own = ["ZOO_MANIFEST": "", "XDG_DATA_HOME": home + "/data"]
        // A data directory that is named and has no MNIST is something that the doctor finds.
        if arguments.first == "doctor" { own["ZOO_DATA"] = "" }
        return try ZooProcess.run(arguments, own.merging(environment) { _, new in new }, in: folder, at: place)
    }

    /// Names, contents and times of change of all that is in it.
    func tree() throws -> [String: String] {
        var found: [String: String] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
            var status = stat()
            let path = folder.path + "/" + name
            stat(path, &status)
            let content = status.st_mode & S_IFMT == S_IFREG ? try Checksum.sha256(ofFile: path) : ""
            found[name] = "\(content) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec) \(status.st_mode)"
        }
        return found
    }

    /// As on a medium that cannot be written. Root may write there nevertheless, so the tree is compared.
    func lock() { change("a-w") }
    func unlock() { change("u+w") }

    private func change(_ mode: String) {
        _ = try? ZooProcess.execute("/usr/bin/env", ["chmod", "-R", mode, folder.path], ProcessInfo.processInfo.environment)
    }
}

@Suite struct ReadOnlyTests {
    static let reading = [
        ["list"], ["list", "entries", "--json"], ["list", "datasets"], ["show", "cnn"], ["results"], ["results", "--format", "csv"],
        ["compare", "cnn", "wide", "--resamples", "200"], ["rank"], ["rank", "--json"], ["results", "--history"],
        ["theorem", "cnn", "--untrained", "--images", "1"], ["evaluate", "cnn", "--weights", "initial", "--plan"],
        ["train", "cnn", "--plan"], ["merge", "results/zoo.sqlite", "--store", "../target.sqlite"], ["doctor"],
    ]

    @Test(arguments: reading)
    func aProjectThatCannotBeWrittenIsReadAndLeftAsItIs(_ command: [String]) throws {
        try Scratch.with { scratch in
            let project = try Project(in: scratch)
            project.lock()
            defer { project.unlock() }
            let before = try project.tree()
            let outcome = try project.run(command)
            #expect(outcome.status == 0 && !outcome.output.isEmpty, "\(command): \(outcome.errors)")
            #expect(try project.tree() == before, "\(command)")
        }
    }

    /// Another process has the store open, has written to it and not yet into its file.
    @Test func aStoreInUseIsReadWithAllThatIsInItAndLeftAsItIs() throws {
        try Scratch.with { scratch in
            let project = try Project(in: scratch)
            var configuration = Configuration()
            configuration.journalMode = .wal
            let writer = try DatabaseQueue(path: project.store.path, configuration: configuration)
            try writer.write { try $0.execute(sql: "UPDATE result SET machine = 'the other one'") }
            // By other processes: to close a file would end this one's locks.
            func shell(_ script: String) throws -> ZooProcess.Outcome {
                try ZooProcess.execute("/bin/sh", ["-c", script], ProcessInfo.processInfo.environment, in: project.folder)
            }
            let before = try shell("ls -l --full-time results && sha256sum results/*")
            #expect(before.output.contains("zoo.sqlite-wal") && before.output.contains("zoo.sqlite-shm"))
            for _ in 0..<2 {
                let outcome = try project.run(["results", "--format", "csv"])
                #expect(outcome.status == 0 && outcome.output.contains("the other one"), "\(outcome.errors)")
                #expect(try shell("ls -l --full-time results && sha256sum results/*").output == before.output)
            }
            // What a crash would leave, and what somebody has copied without the index.
            for (name, files) in [("crashed", "results/*"), ("copied", "results/zoo.sqlite results/zoo.sqlite-wal")] {
                let state = "ls -l --full-time \(name) && sha256sum \(name)/*"
                let copy = try shell("mkdir \(name) && cp \(files) \(name) && chmod a-w \(name)/* \(name) && \(state)")
                let outcome = try project.run(["results", "--format", "csv", "--store", "\(name)/zoo.sqlite"])
                #expect(outcome.status == 0 && outcome.output.contains("the other one"), "\(name): \(outcome.errors)")
                #expect(try shell(state).output == copy.output, "\(name)")
                _ = try shell("chmod u+w \(name)")
            }
            try writer.close()
        }
    }

    @Test func mergingSkipsTheTargetAndGoesOnAfterABadSource() throws {
        try Scratch.with { scratch in
            let project = try Project(in: scratch)
            let good = project.folder.appendingPathComponent("good.sqlite")
            try FileManager.default.copyItem(at: Repository.fixture("store-1.sqlite"), to: good)
            try ZooStore.ResultStore(path: project.folder.path + "/all.sqlite").append(
                job: "x",
                subject: ResultSubject(
                    entry: "cnn", dataset: "strokes", seed: 7, trainedOn: "strokes", origin: .given, weights: "w", probe: "error"),
                outcome: .notApplicable("no reason"),
                provenance: Provenance(
                    zoo: "1", code: "c", engine: "e", plugins: [:], machine: "m", processor: "p", threads: 1, date: Date(),
                    command: "zoo", seconds: 1))
            try "no database".write(to: project.folder.appendingPathComponent("bad.sqlite"), atomically: false, encoding: .utf8)
            try FileManager.default.createSymbolicLink(
                atPath: project.folder.path + "/link.sqlite", withDestinationPath: "all.sqlite")
            let before = try project.tree()
            let files = ["all.sqlite", "bad.sqlite", "./link.sqlite", "missing.sqlite", "good.sqlite"]
            let outcome = try project.run(["merge"] + files + ["--store", "all.sqlite", "--json"])
            #expect(outcome.status == 65, "the first failure's: \(outcome.errors)")
            #expect(outcome.complaints.count == 4 && outcome.errors.contains("bad.sqlite"), "\(outcome.errors)")
            struct Answer: Decodable { let file: String, added: Int, known: Int }
            let answers = try JSONDecoder().decode([Answer].self, from: Data(outcome.output.utf8))
            #expect(answers.map(\.file) == ["good.sqlite"] && answers.first?.added == 3)
            let again = try project.run(["merge", "missing.sqlite", "good.sqlite", "--store", "all.sqlite", "--quiet"])
            #expect(again.status == 66 && again.output == "good.sqlite: 0 results added, 3 known\n", "\(again.errors)")
            var (old, new) = (before, try project.tree())
            for name in ["all.sqlite", "link.sqlite"] { (old[name], new[name]) = (nil, nil) }
            #expect(old == new)
            #expect(try project.run(["merge", "all.sqlite", "--store", "all.sqlite"]).status == 0)
            let none = try project.run(["merge", "bad.sqlite", "--store", "new.sqlite"])
            #expect(none.status == 65 && !FileManager.default.fileExists(atPath: project.folder.path + "/new.sqlite"))
        }
    }

    /// Every command with a store, on databases of somebody else's.
    @Test(arguments: [
        ["results"], ["compare", "cnn", "wide"], ["rank"], ["evaluate", "cnn", "--weights", "initial"], ["train", "cnn", "--epochs", "1"],
        ["merge", "results/zoo.sqlite"], ["evaluate", "cnn", "--plan"],
    ])
    func aDatabaseOfAnotherProgramIsRefusedUntouched(_ command: [String]) throws {
        try Scratch.with { scratch in
            let project = try Project(in: scratch)
            for (name, sql) in [
                ("theirs.sqlite", "CREATE TABLE result (x)"), ("marked.db", "PRAGMA application_id = 99"),
                ("log.db", "PRAGMA journal_mode = WAL; CREATE TABLE t (x)"),
            ] {
                let queue = try DatabaseQueue(path: project.folder.path + "/" + name)
                try queue.inDatabase { try $0.execute(sql: sql) }
                try queue.close()
            }
            try "text".write(to: project.folder.appendingPathComponent("text"), atomically: false, encoding: .utf8)
            let before = try project.tree()
            for name in ["theirs.sqlite", "marked.db", "log.db", "text"] {
                let outcome = try project.run(command + ["--store", name])
                #expect(
                    outcome.status == 65 && outcome.complaints.count == 1 && outcome.errors.contains(name), "\(command): \(outcome.errors)")
                #expect(outcome.output.isEmpty)
            }
            #expect(try project.tree() == before, "\(command)")
        }
    }
}
