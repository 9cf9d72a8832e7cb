import Foundation
import Glibc
import Testing
import ZooCore
import ZooStore

/// Batches of jobs: what they leave in the store, however they are run and whatever happens to them.
@Suite(.serialized) struct BatchTests {
    /// Three tiny untrained entries on 40 images of two sets, two seeds each: twelve jobs.
    private static let manifest = """
        {"version": 1, "entries": [\((2...4).map { width in
            #"{"id": "w\#(width)", "architecture": "cnn", "parts": {"extractor": {"id": "mnist-cnn", "config": {"width": \#(width)}}}}"#
        }.joined(separator: ", "))]}
        """
    private static let batch = [
        "evaluate", "--all", "--weights", "initial", "--images", "40", "--seeds", "0..1", "--dataset", "strokes-rotated", "--dataset",
        "strokes", "--quiet",
    ]
    private static let jobs = 12

    private func run(_ arguments: [String], store: String, in scratch: Scratch) throws -> ZooProcess.Outcome {
        let manifest = try scratch.file("zoo.json", Self.manifest)
        let own = arguments.first == "merge" ? [] : ["--manifest", manifest.path]
        return try ZooProcess.run(arguments + own + ["--store", store], in: scratch.folder)
    }

    /// All results of a store, without what differs from run to run: times, dates, rows.
    private func contents(_ path: String) throws -> [String: ZooStore.Measurement] {
        let store = try ResultStore(path: path, creating: false)
        var contents: [String: ZooStore.Measurement] = [:]
        for result in try store.results(matching: ResultFilter(history: true)) {
            #expect(result.status == .measured, "\(result.subject.entry): \(result.cause)")
            #expect(contents[result.job] == nil, "nothing is done twice")
            var measurement = try store.measurement(of: result)
            measurement.figures.removeAll { $0.isTiming }
            #expect(!measurement.figures.isEmpty && !measurement.samples.isEmpty)
            contents[result.job] = measurement
        }
        return contents
    }

    /// How many results a store holds by now; none while it is being made.
    private func stored(_ path: String) -> Int {
        (try? ResultStore(path: path, creating: false).results(matching: ResultFilter()).count) ?? 0
    }

    /// Killed at the start, and each time that one more job is finished: wherever it then is with the others.
    @Test func aBatchKilledAgainAndAgainEndsInTheSameStore() throws {
        try Scratch.with { scratch in
            let (whole, broken) = (scratch.folder.path + "/whole.sqlite", scratch.folder.path + "/broken.sqlite")
            #expect(try run(Self.batch + ["--jobs", "2"], store: whole, in: scratch).status == 0)
            let expected = try contents(whole)
            #expect(expected.count == Self.jobs)
            for most in 0..<Self.jobs {
                let process = try start(Self.batch + ["--jobs", "2"], store: broken, in: scratch)
                process.waits { stored(broken) >= most }
                if kill(-process.processIdentifier, SIGKILL) != 0 { kill(process.processIdentifier, SIGKILL) }
                process.waitUntilExit()
                // Workers have groups of their own, and end when they see that their parent is gone.
                #expect(eventually { workers(of: scratch) == 0 }, "workers outlive their parent")
            }
            let resumed = try run(Self.batch + ["--jobs", "1"], store: broken, in: scratch)
            #expect(resumed.status == 0, "\(resumed.errors)")
            #expect(try contents(broken) == expected)
        }
    }

    /// Starts the program, and does not wait for it.
    private func start(_ arguments: [String], store: String, in scratch: Scratch, errors: FileHandle = .nullDevice) throws -> Process {
        let manifest = try scratch.file("zoo.json", Self.manifest)
        let process = Process()
        process.executableURL = ZooProcess.program
        process.arguments = arguments + ["--manifest", manifest.path, "--store", store]
        process.environment = ZooProcess.environment()
        process.currentDirectoryURL = scratch.folder
        (process.standardInput, process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice, errors)
        try process.run()
        return process
    }

    private func workers(of scratch: Scratch) -> Int {
        let processes = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).filter { Int($0) != nil }
        return processes.count { process in
            guard let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") else { return false }
            return String(decoding: line, as: UTF8.self).contains(scratch.folder.path + "/zoo.json")
        }
    }

    /// Another process that reads the store neither disturbs the batch nor sees a result vanish.
    @Test func aBatchIsReadWhileItRuns() throws {
        try Scratch.with { scratch in
            let store = scratch.folder.path + "/zoo.sqlite"
            let process = try start(Self.batch + ["--jobs", "2"], store: store, in: scratch)
            defer { process.waitUntilExit() }
            func count() throws -> Int {
                let seen = try ZooProcess.run(["results", "--json", "--store", store])
                // 66: there is no store yet.
                #expect(seen.status == 0 || seen.status == 66, "\(seen.errors)")
                return (try? JSONSerialization.jsonObject(with: Data(seen.output.utf8)) as? [Any])?.count ?? 0
            }
            var last = 0
            while process.isRunning {
                let found = try count()
                #expect(found >= last, "what was there stays there")
                last = found
            }
            #expect(process.terminationStatus == 0)
            #expect(try count() == Self.jobs)
        }
    }

    @Test func theNumberOfWorkersChangesNothing() throws {
        try Scratch.with { scratch in
            let stores = try [1, 2, 3].map { workers in
                let path = scratch.folder.path + "/\(workers).sqlite"
                #expect(try run(Self.batch + ["--jobs", "\(workers)"], store: path, in: scratch).status == 0)
                return try contents(path)
            }
            #expect(stores[0].count == Self.jobs && stores[1] == stores[0] && stores[2] == stores[0])
        }
    }

    @Test func partsOfABatchMergeToTheWhole() throws {
        try Scratch.with { scratch in
            let path = { (name: String) in scratch.folder.path + "/\(name).sqlite" }
            #expect(try run(Self.batch, store: path("whole"), in: scratch).status == 0)
            for part in 1...2 {
                #expect(try run(Self.batch + ["--shard", "\(part)/2"], store: path("part\(part)"), in: scratch).status == 0)
            }
            #expect(try contents(path("part1")).count == Self.jobs / 2)
            let merged = try run(["merge", path("part2")], store: path("part1"), in: scratch)
            #expect(merged.status == 0 && merged.output.contains("6 results added"), "\(merged.output)\(merged.errors)")
            #expect(try contents(path("part1")) == contents(path("whole")))
            let again = try run(["merge", path("part2")], store: path("part1"), in: scratch)
            #expect(again.output.contains("0 results added, 6 known"), "\(again.output)")
            #expect(try run(["merge", "/nonexistent.sqlite"], store: path("part1"), in: scratch).status == 66)
        }
    }

    @Test func moreStoresMergeThanAProcessMayHaveOpen() throws {
        try Scratch.with { scratch in
            _ = try ResultStore(path: scratch.folder.path + "/0.sqlite")
            for number in 1..<150 {
                try FileManager.default.copyItem(
                    at: scratch.folder.appendingPathComponent("0.sqlite"), to: scratch.folder.appendingPathComponent("\(number).sqlite"))
            }
            let result = try ZooProcess.execute(
                "/bin/sh", ["-c", "ulimit -n 100 && exec \"$0\" merge [0-9]*.sqlite --store all.sqlite", ZooProcess.program.path],
                ZooProcess.environment(), in: scratch.folder)
            #expect(result.status == 0 && result.complaints.isEmpty, "\(result.errors)")
            #expect(result.output.split(separator: "\n").count == 150, "\(result.output)")
        }
    }

    /// Ctrl-C: what runs is finished and stored, nothing new begins, the status is the shell's for an interrupt, and the results stay.
    /// There are so many jobs that none of this is over before the interrupt.
    @Test func anInterruptedBatchFinishesWhatItIsAt() throws {
        try Scratch.with { scratch in
            let store = scratch.folder.path + "/results.sqlite"
            let errors = try scratch.file("stderr", "")
            let batch = Self.batch.map { $0 == "0..1" ? "0..199" : $0 } + ["--jobs", "2"]
            let process = try start(batch, store: store, in: scratch, errors: FileHandle(forWritingTo: errors))
            process.waits { stored(store) > 0 }
            process.interrupt()
            process.waitUntilExit()
            let text = try String(contentsOf: errors, encoding: .utf8)
            #expect(process.terminationReason == .exit && process.terminationStatus == 130, "\(text)")
            let (kept, all) = (stored(store), 100 * Self.jobs)
            #expect((1..<all).contains(kept) && text.contains("\(kept) of \(all) jobs are finished"), "\(kept): \(text)")
            #expect(eventually { workers(of: scratch) == 0 })
            let before = try contents(store)
            let rest = try run(Self.batch, store: store, in: scratch)
            #expect(rest.status == 0, "\(rest.errors)")
            let after = try contents(store)
            #expect(before.allSatisfy { after[$0.key] == $0.value })
        }
    }

    @Test func twoProcessesShareAStore() throws {
        try Scratch.with { scratch in
            let store = scratch.folder.path + "/shared.sqlite"
            let processes = try (1...2).map { part in
                try start(Self.batch + ["--shard", "\(part)/2", "--jobs", "1"], store: store, in: scratch)
            }
            for process in processes {
                process.waitUntilExit()
                #expect(process.terminationReason == .exit && process.terminationStatus == 0)
            }
            #expect(try contents(store).count == Self.jobs)
        }
    }

    /// Two processes at one training run would write each other's checkpoints over.
    @Test func aRunIsTrainedByOneProcessAtATime() throws {
        try Scratch.with { scratch in
            let training = ["train", "w2", "--dataset", "strokes-rotated?limit=500", "--epochs", "100000", "--seed", "0"]
            let process = try start(training, store: scratch.folder.path + "/first.sqlite", in: scratch)
            defer {
                process.interrupt()
                process.waitUntilExit()
            }
            // A checkpoint is written by who trains.
            let runs = scratch.folder.path + "/runs"
            process.waits {
                FileManager.default.enumerator(atPath: runs)?.contains { "\($0)".hasSuffix("checkpoint.safetensors") } == true
            }
            let second = try run(training, store: scratch.folder.path + "/second.sqlite", in: scratch)
            #expect(second.status == 69 && second.errors.contains("another process trains this very run"), "\(second.errors)")
        }
    }

    @Test func aPlanIsPrintedAndNothingIsDoneTwiceUnlessForced() throws {
        try Scratch.with { scratch in
            let path = scratch.folder.path + "/zoo.sqlite"
            struct Planned: Decodable {
                let job, entry: String
                let isKnown: Bool
            }
            func plan() throws -> [Planned] {
                let outcome = try run(Self.batch + ["--plan", "--json"], store: path, in: scratch)
                #expect(outcome.status == 0, "\(outcome.errors)")
                return try JSONDecoder().decode([Planned].self, from: Data(outcome.output.utf8))
            }
            let before = try plan()
            #expect(before.count == Self.jobs && Set(before.map(\.job)).count == Self.jobs && !before.contains(where: \.isKnown))
            #expect(!FileManager.default.fileExists(atPath: path), "a plan writes nothing")
            #expect(try run(Self.batch + ["--shard", "1/4"], store: path, in: scratch).status == 0)
            #expect(try plan().filter(\.isKnown).count == Self.jobs / 4)
            #expect(try plan().map(\.job) == before.map(\.job))
            #expect(try run(Self.batch, store: path, in: scratch).status == 0)
            let known = try contents(path)
            #expect(try run(Self.batch, store: path, in: scratch).status == 0)
            #expect(try contents(path) == known)
            #expect(try run(Self.batch + ["--force", "--shard", "1/12"], store: path, in: scratch).status == 0)
            let store = try ResultStore(path: path)
            #expect(try store.results(matching: ResultFilter(history: true)).count == Self.jobs + 1)
            #expect(try store.results().count == Self.jobs)
        }
    }

    /// A plan without jobs looks as if everything were done.
    @Test(arguments: [
        ["train", "cnn", "--dataset", "mnist-rotated"],
        ["evaluate", "cnn", "--dataset", "mnist-rotated", "--weights", "initial"], ["reproduce", "lin2017-mnist", "--budget", "smoke"],
    ])
    func aPlanSaysWhatCannotBePlanned(_ command: [String]) throws {
        try Scratch.with { scratch in
            let data = scratch.folder.path + "/data"
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
            let outcome = try ZooProcess.run(command + ["--plan", "--data-dir", data], in: scratch.folder)
            #expect(outcome.status == HostError.Kind.noInput.rawValue && outcome.errors.contains(data), "\(outcome.errors)")
            #expect(outcome.output.hasPrefix("job  entry"))
        }
    }
}
