import Foundation
import Glibc
import TestSupport
import Testing

/// What users type, rightly and wrongly, and what they get.
@Suite struct CommandTests {
    /// Runs it and checks the status, and that the complaint is one line that begins with the program's name.
    private func refused(
        _ arguments: [String], _ status: Int32, _ words: String..., environment: [String: String] = [:],
        at place: SourceLocation = #_sourceLocation
    ) throws {
        let result = try ZooProcess.run(arguments, environment, at: place)
        #expect(result.status == status, "\(arguments): \(result.errors)", sourceLocation: place)
        #expect(result.complaints.count == 1 && result.errors.hasPrefix("zoo: "), "\(result.errors)", sourceLocation: place)
        for word in words { #expect(result.errors.contains(word), "\(result.errors)", sourceLocation: place) }
    }

    @Test func wrongUseIsSaidInOneLine() throws {
        try refused(["evaluate"], 64, "--all")
        try refused(["evaluate", "cnn", "--all"], 64, "--all")
        try refused(["evaluate", "ccn"], 64, "did you mean 'cnn'?")
        try refused(["train", "stn-co"], 64, "did you mean 'stn-c0'?")
        try refused(["train", "cnn", "--seed", "3..1"], 64, "3..1")
        try refused(["train", "cnn", "--seed", "0..99999999999999999999"], 64)
        try refused(["train", "cnn", "--epochs", "0"], 64, "epochs")
        try refused(["evaluate", "cnn", "--threads", "0"], 64, "threads")
        try refused(["evaluate", "cnn", "stn-c0", "--weights", "x.safetensors"], 64, "--weights")
        try refused(["benchmark", "cnn", "--batch", "-1"], 64, "batch")
        try refused(["frobnicate"], 64)
        try refused(["show", "localization/cnnn"], 64, "did you mean 'cnn'?")
        try refused(["show", "locution/cnn"], 64, "localization")
        try refused(["evaluate", "cnn", "--weights", "initial", "--dataset", "stroke"], 64, "strokes")
    }

    @Test func aWrongManifestIsNamedWithThePlace() throws {
        try Scratch.with { scratch in
            func write(_ text: String) throws -> String { try scratch.file("my.json", text).path }
            try refused(["list", "--manifest", "/nonexistent.json"], 66, "/nonexistent.json")
            try refused(["list", "--manifest", write("{ \"version\": 1, ")], 65, "my.json")
            try refused(
                ["list", "--manifest", write(#"{"version": 1, "entries": [{"id": "a", "architektur": "cnn"}]}"#)], 78,
                "$.entries[0].architektur", "did you mean 'architecture'?")
            try refused(["list"], 78, "$.version", environment: ["ZOO_MANIFEST": write(#"{"version": 2, "entries": []}"#)])
            let wired =
                #"{"version": 1, "entries": [{"id": "a", "architecture": "cnn", "parts": {"extractor": {"id": "mnist-cnn", "config": {"widht": 8}}}}]}"#
            try refused(
                ["evaluate", "a", "--weights", "initial", "--manifest", write(wired)], 78, "$.entries[0].parts.extractor", "widht",
                "did you mean 'width'?")
        }
    }

    @Test func dataThatAreNotThereAreAskedFor() throws {
        try refused(
            ["evaluate", "cnn", "--weights", "initial", "--dataset", "mnist"], 66, "/nonexistent/data", "ZOO_DATA", "--data-dir",
            environment: ["ZOO_DATA": "/nonexistent/data"])
        try Scratch.with { scratch in
            try refused(
                ["evaluate", "cnn", "--weights", "initial", "--dataset", "mnist", "--data-dir", scratch.folder.path], 66,
                scratch.folder.path)
            try scratch.file("t10k-images-idx3-ubyte", "short")
            try refused(
                ["evaluate", "cnn", "--weights", "initial", "--dataset", "mnist", "--data-dir", scratch.folder.path], 65,
                "t10k-images-idx3-ubyte")
        }
    }

    @Test func weightsThatAreNotWeightsAreRefused() throws {
        try Scratch.with { scratch in
            let lying = try scratch.file("lying.safetensors", "\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}{}").path
            try refused(["evaluate", "cnn", "--weights", lying, "--quiet"], 65, "lying.safetensors")
            try refused(["evaluate", "cnn", "--weights", scratch.folder.path + "/none.safetensors", "--quiet"], 66, "none.safetensors")
            let manifest = #"{"version": 1, "entries": [{"id": "a", "architecture": "cnn", "parts": {"extractor": "mnist-cnn"}}]}"#
            try refused(
                ["evaluate", "a", "--manifest", scratch.file("m.json", manifest).path, "--runs", scratch.folder.path], 66,
                "zoo train a --dataset strokes-rotated")
        }
    }

    @Test func aDirectoryThatCannotBeWrittenIsNamed() throws {
        try Scratch.with { scratch in
            // Root may write anywhere, but not below a file.
            let file = try scratch.file("taken", "")
            try refused(["train", "cnn", "--epochs", "1", "--quiet", "--runs", file.path], 73, file.path)
            let doctor = try ZooProcess.run(["doctor", "--runs", file.path])
            #expect(doctor.status == 78 && doctor.output.contains("it is a file, not a directory"))
        }
    }

    @Test(arguments: [
        ["list"], ["list", "entries"], ["list", "components"], ["list", "plugins"], ["show", "cnn"], ["show", "plugin/Warps"], ["doctor"],
        ["list", "probes"], ["list", "datasets"],
    ])
    func jsonIsJSON(_ arguments: [String]) throws {
        // A data directory that is named and has no MNIST is something that the doctor finds.
        let result = try ZooProcess.run(arguments + ["--json"], arguments == ["doctor"] ? ["ZOO_DATA": ""] : [:])
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.isEmpty, "\(result.errors)")
        #expect((try JSONSerialization.jsonObject(with: Data(result.output.utf8))) is [String: Any])
    }

    @Test func anEntryIsShownWithItsWiring() throws {
        let result = try ZooProcess.run(["show", "entry/stn-c0"])
        #expect(result.status == 0)
        for word in ["affine", "padding border", "libWarps.so", "localization", "cosine"] {
            #expect(result.output.contains(word), "\(result.output)")
        }
    }

    @Test func versionAndHelpGoToStandardOutput() throws {
        for arguments in [["--version"], ["--help"], ["train", "--help"], []] {
            let result = try ZooProcess.run(arguments)
            #expect(result.status == 0 && !result.output.isEmpty && result.errors.isEmpty, "\(arguments): \(result.errors)")
        }
    }

    /// The version is what the build wrote beside the program; with --json come those of everything else.
    @Test func versions() throws {
        struct Answer: Decodable {
            struct Plugin: Decodable { let id, version, path: String }
            let version, contract: String
            let engine: String?
            let plugins: [Plugin]
        }
        let file = ZooProcess.products.appendingPathComponent("VERSION")
        let output = try ZooProcess.run(["--version"]).output
        let built = String(try #require(output.wholeMatch(of: /zoo (\d+\.\d+\.\d+[\w.+~-]*)\n/)).output.1)
        if let written = try? String(contentsOf: file, encoding: .utf8) { #expect(written == built + "\n") }
        for words in [["--version", "--json"], ["--json", "--version"]] {
            let answer = try JSONDecoder().decode(Answer.self, from: Data(ZooProcess.run(words).output.utf8))
            #expect(answer.version == built && answer.contract.wholeMatch(of: /1\.\d+/) != nil && answer.engine != nil)
            #expect(answer.plugins.map { $0.path.split(separator: "/").last.map(String.init) } == (try ZooProcess.builtIn()))
        }
    }

    @Test func aReaderWhoHasSeenEnoughIsNoError() throws {
        let result = try ZooProcess.execute(
            "/usr/bin/env", ["bash", "-o", "pipefail", "-c", "\"$0\" list --json | head -c 1", ZooProcess.program.path],
            ZooProcess.environment())
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    }

    @Test(.enabled(if: PseudoTerminal.isThere, "needs a pseudo-terminal")) func coloursAreForTerminalsWhoseUserWantsThem() throws {
        #expect(!(try ZooProcess.run(["list"], ["TERM": "xterm"])).output.contains("\u{1b}["))
        #expect(try onTerminal(["list"], ["TERM": "xterm"]).contains("\u{1b}["))
        #expect(!(try onTerminal(["list"], ["TERM": "xterm", "NO_COLOR": "1"])).contains("\u{1b}["))
    }

    /// What the program prints when its output is a terminal.
    private func onTerminal(_ arguments: [String], _ changes: [String: String]) throws -> String {
        let terminal = try #require(PseudoTerminal())
        defer { close(terminal.leader) }
        let process = Process()
        process.executableURL = ZooProcess.program
        process.arguments = arguments
        process.environment = ZooProcess.environment(changes)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(fileDescriptor: terminal.follower, closeOnDealloc: false)
        process.standardError = FileHandle.nullDevice
        try process.run()
        close(terminal.follower)
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        // Reading fails once the program has closed its end.
        while case let count = read(terminal.leader, &buffer, buffer.count), count > 0 { text += buffer[..<count] }
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 0)
        return String(decoding: text, as: UTF8.self)
    }
}

/// Whole commands that compute.
@Suite(.serialized) struct WorkTests {
    @Test func untrainedEntriesAreMeasuredAndABrokenOneDoesNotStopTheOthers() throws {
        try Scratch.with { scratch in
            let manifest = try scratch.file(
                "zoo.json",
                """
                {"version": 1, "entries": [
                  {"id": "orphan", "architecture": "no-such-thing"},
                  {"id": "cnn", "architecture": "cnn", "parts": {"extractor": {"id": "mnist-cnn", "config": {"width": 4}}}}]}
                """)
            let arguments = ["evaluate", "--all", "--weights", "initial", "--manifest", manifest.path]
            let result = try ZooProcess.run(arguments + ["--json", "--quiet"])
            #expect(result.status == 69, "\(result.errors)")
            #expect(result.complaints.count == 1 && result.errors.contains("no-such-thing"))
            struct Evaluation: Decodable {
                struct Score: Decodable { let error: Double }
                let entry: String
                let upright, transformed: Score
                let plugins: [String]
            }
            let evaluations = try JSONDecoder().decode([Evaluation].self, from: Data(result.output.utf8))
            #expect(evaluations.map(\.entry) == ["cnn"])
            #expect(evaluations.first?.plugins == ["libBaselineCNN.so"])
            #expect((0.5...1).contains(evaluations.first?.upright.error ?? 0), "untrained is near chance")
            let table = try ZooProcess.run(["evaluate", "cnn", "--weights", "initial", "--manifest", manifest.path])
            #expect(table.status == 0, "\(table.errors)")
            for word in ["error upright %", "error rotated %", "libBaselineCNN.so"] {
                #expect(table.output.contains(word), "\(table.output)")
            }
            #expect(!table.errors.contains("\u{1b}") && !table.errors.contains("\r"), "a log file gets plain lines")
        }
    }

    @Test func benchmarkPrintsWhatTheBenchmarksRead() throws {
        let result = try ZooProcess.run(["benchmark", "cnn", "--json", "--batch", "8", "--rounds", "2", "--warmup", "0", "--threads", "1"])
        #expect(result.status == 0, "\(result.errors)")
        let list = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]])
        #expect(list.count == 1 && list[0]["entry"] as? String == "cnn" && list[0]["threads"] as? Int == 1)
        for key in ["train_step_ms", "evaluate_ms"] { #expect((list[0][key] as? [Double])?.count == 2) }
    }

    /// Another run with other numbers, in the workers too, and stored under its name; not with libtorch's operators,
    /// which have float32 only.
    @Test func bfloat16IsARunOfItsOwn() throws {
        try Scratch.with { scratch in
            func train(_ more: [String], _ environment: [String: String] = [:]) throws -> ZooProcess.Outcome {
                let command = ["train", "small-cnn", "--dataset", "strokes-rotated?limit=64", "--epochs", "1", "--json"]
                return try ZooProcess.run(command + more, environment, in: scratch.folder)
            }
            struct Run: Decodable { let weights: String, trainLoss: Double }
            let runs = try [[], ["--precision", "bf16"]].map { more in
                let result = try train(more)
                #expect(result.status == 0, "\(result.errors)")
                return try #require(try JSONDecoder().decode([Run].self, from: Data(result.output.utf8)).first)
            }
            #expect(runs[0].weights != runs[1].weights)
            // One step from the same weights: the losses differ by rounding, and they do differ.
            let difference = abs(runs[0].trainLoss - runs[1].trainLoss)
            #expect(difference > 0 && difference < 0.01 * runs[0].trainLoss)
            let listed = try ZooProcess.run(["results", "--json", "--probe", "training", "--history"], in: scratch.folder)
            #expect(listed.output.contains(", bfloat16"), "\(listed.output) \(listed.errors)")
            let refused = try train(["--precision", "bf16", "--runs", "other"], ["ZOO_KERNELS": "off"])
            #expect(refused.status == 69 && refused.errors.contains("ZOO_KERNELS=off"), "\(refused.errors)")
        }
    }

    @Test func dataSetsAreListedWithWhereTheirImagesAre() throws {
        let result = try ZooProcess.run(["list", "datasets", "--json"], ["ZOO_DATA": "/nonexistent"])
        struct Answer: Decodable {
            struct DataSet: Decodable { let name: String, shape: [Int], heads: Int, isThere: Bool, source: String }
            let datasets: [DataSet]
        }
        let sets = try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8)).datasets
        let drawn = try #require(sets.first { $0.name == "strokes-scaled" })
        #expect(drawn.shape == [1, 112, 112] && drawn.heads == 1 && drawn.isThere)
        let missing = try #require(sets.first { $0.name == "mnist" })
        #expect(!missing.isThere && missing.source.contains("--data-dir"), "\(missing.source)")
        #expect(sets.first { $0.name == "svhn" }?.heads == 5)
    }

    @Test func anInterruptEndsTrainingWithTheShellsStatus() throws {
        try Scratch.with { scratch in
            let errors = try scratch.file("stderr", "")
            let process = Process()
            process.executableURL = ZooProcess.program
            process.arguments = ["train", "cnn", "--epochs", "100000", "--runs", scratch.folder.path + "/runs"]
            process.environment = ZooProcess.environment(["TERM": "dumb"])
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            process.standardError = try FileHandle(forWritingTo: errors)
            try process.run()
            // The run's directory appears when training begins.
            process.waits { FileManager.default.fileExists(atPath: scratch.folder.path + "/runs") }
            process.interrupt()
            process.waitUntilExit()
            let text = try String(contentsOf: errors, encoding: .utf8)
            #expect(process.terminationReason == .exit && process.terminationStatus == 130, "\(text)")
            #expect(text.contains("zoo: interrupted"), "\(text)")
        }
    }
}
