import Foundation
import TestSupport
import Testing
import ZooCore
import ZooStore

/// What standard output, standard error and the exit status mean, in every command alike.
@Suite struct OutputTests {
    private static let plugin = ZooProcess.products.appendingPathComponent("libWarps.so").path
    private static let model = Repository.fixture("torchscript.pt").path

    /// Every command once, with work that is small and well.
    static let commands = [
        ["list"], ["list", "plugins"], ["list", "probes"], ["list", "datasets"], ["data", "list"], ["show", "cnn"], ["results"],
        ["results", "--history"],
        ["compare", "cnn", "wide", "--resamples", "200"], ["rank"], ["merge", "results/zoo.sqlite", "--store", "new.sqlite"], ["doctor"],
        ["theorem", "cnn", "--untrained", "--images", "1"],
        ["benchmark", "cnn", "--batch", "2", "--rounds", "1", "--warmup", "0", "--shape", "1x28x28", "--threads", "1"],
        ["evaluate", "cnn", "--weights", "initial", "--images", "4"], ["evaluate", "cnn", "--weights", "initial", "--plan"],
        ["evaluate", "cnn", "--weights", "initial", "--images", "4", "--probe", "pose", "--probe", "cost"],
        ["train", "cnn", "--epochs", "1", "--dataset", "strokes?limit=16"], ["train", "cnn", "--plan"],
        ["export", "cnn", "--weights", "initial", "--output", "out"], ["import", model, "--id", "theirs"],
        ["plugin", "new", "Tiny", "--kind", "localization", "--language", "c"], ["plugin", "list"], ["plugin", "info", plugin],
        ["plugin", "check", plugin, "--only", "descriptor"], ["plugin", "lock", "--lock", "pins.json"],
        ["plugin", "install", "lib/libTiny.so"], ["plugin", "remove", "Tiny"],
    ]

    /// Some need something to be there.
    private func prepare(_ command: [String], _ project: Project) throws {
        guard command.starts(with: ["plugin", "install"]) || command == ["plugin", "remove", "Tiny"] || command == ["plugin", "list"] else {
            return
        }
        let folder = project.folder.appendingPathComponent("lib")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try ForeignPlugin().build("libTiny.so", in: folder)
        if command[1] != "install" { #expect(try project.run(["plugin", "install", "lib/libTiny.so"]).status == 0) }
    }

    @Test(arguments: commands)
    func jsonIsOneDocumentAndQuietLeavesTheResults(_ command: [String]) throws {
        try Scratch.with { scratch in
            let outcomes = try ["--json", "--quiet"].map { flag in
                let home = Scratch(folder: try scratch.directory(String(flag.dropFirst(2))))
                let project = try Project(in: home)
                try prepare(command, project)
                return try project.run(command + [flag])
            }
            let (json, quiet) = (outcomes[0], outcomes[1])
            #expect(json.status == 0 && quiet.status == 0, "\(command): \(json.errors) \(quiet.errors)")
            #expect(
                (try? JSONSerialization.jsonObject(with: Data(json.output.utf8))) != nil, "\(command): no JSON: \(json.output.prefix(300))")
            #expect(!quiet.output.isEmpty && !quiet.output.hasPrefix("{") && !quiet.output.hasPrefix("["), "\(command)")
            #expect(quiet.errors.isEmpty, "\(command): \(quiet.errors)")
        }
    }

    /// - Parameter words: what the one line has to name.
    private func refused(_ project: Project, _ command: [String], _ status: Int32, _ words: String..., at place: SourceLocation) throws {
        let outcome = try project.run(command, at: place)
        #expect(outcome.status == status, "\(command): \(outcome.errors)", sourceLocation: place)
        #expect(outcome.complaints.count == 1 && outcome.errors.hasPrefix("zoo: "), "\(command): \(outcome.errors)", sourceLocation: place)
        let isDocument = (try? JSONSerialization.jsonObject(with: Data(outcome.output.utf8))) != nil
        #expect(outcome.output.isEmpty || command.contains("--json") && isDocument, "\(command): \(outcome.output)", sourceLocation: place)
        for word in words { #expect(outcome.errors.contains(word), "\(command): \(outcome.errors)", sourceLocation: place) }
    }

    @Test(arguments: [
        ["evaluate", "x"], ["train", "x"], ["compare", "cnn", "x"], ["rank", "x"], ["rank", "--near", "x"], ["theorem", "x"],
        ["benchmark", "x"], ["export", "x"], ["show", "x"], ["import", "--weights", "w", "--entry", "x", "--output", "o"],
        ["compare", "cnn", "wide", "--reference", "x"], ["data", "get", "x"],
    ])
    func aNameThatIsNoneIsWrongUse(_ command: [String]) throws {
        try Scratch.with { scratch in
            let project = try Project(in: scratch)
            for more in [[], ["--json"], ["--quiet"]] { try refused(project, command + more, 64, "'x'", at: #_sourceLocation) }
        }
    }

    @Test(arguments: [["results"], ["compare", "cnn", "wide"], ["rank"], ["merge", "none.sqlite"]])
    func whatIsMissingIsMissingInEveryCommand(_ command: [String]) throws {
        try Scratch.with { scratch in
            let project = try Project(in: scratch)
            let place = command[0] == "merge" ? [] : ["--store", "none.sqlite"]
            for more in [[], ["--json"], ["--quiet"]] {
                try refused(project, command + place + more, 66, "none.sqlite", at: #_sourceLocation)
            }
        }
    }

    static let withManifest = [
        ["list"], ["show", "cnn"], ["evaluate", "cnn"], ["train", "cnn"], ["compare", "cnn", "wide"], ["rank"], ["theorem", "cnn"],
        ["benchmark", "cnn"], ["export", "cnn"],
    ]

    @Test(arguments: withManifest)
    func aManifestIsMissingDamagedOrWrongInEveryCommand(_ command: [String]) throws {
        try Scratch.with { scratch in
            let project = try Project(in: scratch)
            func write(_ name: String, _ text: String) throws {
                try text.write(to: project.folder.appendingPathComponent(name), atomically: false, encoding: .utf8)
            }
            try write("cut.json", String(Project.manifest.prefix(40)))
            try write("wrong.json", #"{"version": 1, "entries": 3}"#)
            try refused(project, command + ["--manifest", "none.json"], 66, "none.json", at: #_sourceLocation)
            try refused(project, command + ["--manifest", "cut.json"], 65, "cut.json", at: #_sourceLocation)
            try refused(project, command + ["--manifest", "wrong.json"], 78, "wrong.json", "$.entries", at: #_sourceLocation)
            try refused(project, command + ["--manifest", "results"], 66, "results", "directory", at: #_sourceLocation)
            try refused(project, command + ["--manifest", ""], 64, "--manifest", at: #_sourceLocation)
            #expect(mkfifo(project.folder.path + "/pipe", 0o600) == 0)
            try refused(project, command + ["--manifest", "pipe"], 66, "pipe", at: #_sourceLocation)
        }
    }

    @Test(arguments: [
        ["evaluate", "cnn", "--weights", "initial"], ["train", "cnn"], ["benchmark", "cnn"], ["theorem", "cnn", "--untrained"],
    ])
    func dataAreMissingOrWronglyNamedInEveryCommand(_ command: [String]) throws {
        try Scratch.with { scratch in
            let project = try Project(in: scratch)
            try refused(project, command + ["--dataset", "mnist", "--data-dir", "."], 66, at: #_sourceLocation)
            try refused(project, command + ["--dataset", "stroke"], 64, "stroke", at: #_sourceLocation)
            try refused(project, command + ["--data-dir", ""], 64, "--data-dir", at: #_sourceLocation)
        }
    }

    /// Options that do not apply are refused, as are values that cannot be.
    @Test(arguments: [
        ["list", "--store", "x"], ["list", "--runs", "x"], ["list", "--threads", "1"], ["list", "components", "--data-dir", "x"],
        ["show", "cnn", "--store", "x"], ["results", "--runs", "x"],
        ["results", "--manifest", "zoo.json"],
        ["results", "--plugin-path", "x"], ["results", "--precision", "bf16"], ["compare", "cnn", "wide", "--runs", "x"],
        ["compare", "cnn", "wide", "--threads", "1"], ["rank", "--plugin-path", "x"], ["rank", "--within", "3"],
        ["merge", "results/zoo.sqlite", "--manifest", "zoo.json"], ["theorem", "cnn", "--store", "x"],
        ["theorem", "cnn", "--untrained", "--seed", "1"], ["benchmark", "cnn", "--store", "x"], ["benchmark", "cnn", "--runs", "x"],
        ["benchmark", "cnn", "--heads", "2"], ["benchmark", "cnn", "--classes", "2"], ["doctor", "--store", "x"],
        ["doctor", "--precision", "bf16"], ["export", "cnn", "--store", "x"], ["export", "cnn", "--runs", "x"],
        ["import", "model.pt", "--store", "x"], ["import", "--weights", "w", "--entry", "cnn", "--output", "o", "--id", "x"],
        ["evaluate", "cnn", "--weights", "initial", "--trained-on", "strokes"], ["plugin", "list", "--store", "x"],
        ["plugin", "install", "x", "--manifest", "y"], ["plugin", "lock", "--runs", "x"], ["plugin", "info", "Warps", "--threads", "1"],
        ["evaluate", "cnn", "--store", ""], ["train", "cnn", "--runs", ""], ["results", "--store", ""], ["rank", "--store", ""],
        ["theorem", "cnn", "--runs", ""], ["doctor", "--runs", ""], ["list", "--plugin-path", ""], ["list", "--allow", ""],
        ["list", "--lock", ""], ["data", "list", "--places", ""], ["data", "get", "mnist", "--from", ""], ["list", "--quiet", "--verbose"],
        ["results", "--json", "--format", "csv"],
        ["rank", "--json", "--format", "latex"], ["results", "--probe", "eror"],
    ])
    func whatDoesNotApplyIsRefused(_ command: [String]) throws {
        try Scratch.with { scratch in
            let project = try Project(in: scratch)
            let before = try project.tree()
            try refused(project, command, 64, at: #_sourceLocation)
            #expect(try project.tree() == before)
        }
    }

    @Test func placesThatAreOfAnotherKindAreNamed() throws {
        try Scratch.with { scratch in
            let project = try Project(in: scratch)
            #expect(mkfifo(project.folder.path + "/pipe", 0o600) == 0)
            for place in ["pipe", "runs"] {
                for command in [["results"], ["rank"]] {
                    try refused(project, command + ["--store", place], 66, place, at: #_sourceLocation)
                }
                try refused(project, ["evaluate", "cnn", "--weights", "initial", "--store", place], 73, place, at: #_sourceLocation)
                try refused(project, ["merge", place, "--quiet"], 66, place, at: #_sourceLocation)
            }
            try refused(
                project, ["train", "cnn", "--epochs", "1", "--dataset", "strokes?limit=16", "--runs", "pipe", "--quiet"], 73, "pipe",
                at: #_sourceLocation)
            try refused(project, ["list", "--lock", "pipe"], 66, "pipe", at: #_sourceLocation)
            try refused(project, ["results", "--store", "pipe/zoo.sqlite"], 66, "pipe", at: #_sourceLocation)
            try refused(project, ["results", "cnnn"], 66, "cnnn", at: #_sourceLocation)
        }
    }

    /// An answer, not a failure, whichever command finds it out.
    @Test func whatDoesNotApplyToAnEntryIsSaidAlike() throws {
        try Scratch.with { scratch in
            let project = try Project(in: scratch)
            #expect(try project.run(["import", Self.model, "--id", "theirs"]).status == 0)
            let probe = ["--probe", "equivariance", "--images", "4"]
            for command in [["evaluate", "theirs"] + probe, ["theorem", "theirs", "--images", "1"]] {
                let outcome = try project.run(command)
                #expect(outcome.status == 0 && outcome.output.isEmpty, "\(command): \(outcome.output)")
                #expect(outcome.errors.contains("does not apply to theirs: "), "\(command): \(outcome.errors)")
                let quiet = try project.run(command + ["--quiet"])
                #expect(quiet.status == 0 && quiet.errors.isEmpty, "\(command): \(quiet.errors)")
                let json = try project.run(command + ["--json"])
                let list = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
                #expect(json.status == 0 && list.count == 1 && list[0]["status"] as? String == "not applicable", "\(json.output)")
                #expect(list.first?["cause"] is String)
            }
        }
    }

    /// A figure may be called as a column of the provenance is, and two names may differ in signs that columns do not have.
    @Test func columnsForProgramsHaveNamesOfTheirOwn() throws {
        try Scratch.with { scratch in
            let project = try Project(in: scratch)
            let names = ["seconds", "job", "a.b", "a b", "a-b"]
            try ResultStore(path: project.folder.path + "/new.sqlite").append(
                job: "x",
                subject: ResultSubject(
                    entry: "cnn", dataset: "strokes", seed: 7, trainedOn: "strokes", origin: .trained, weights: "w", probe: "training"),
                outcome: .measured(.init(figures: names.enumerated().map { .init($1, Double($0) + 0.5) })),
                provenance: Provenance(
                    zoo: "1", code: "c", engine: "e", plugins: [:], machine: "m", processor: "p", threads: 1, date: Date(),
                    command: "zoo", seconds: 9))
            let outcome = try project.run(["results", "--store", "new.sqlite", "--format", "csv"])
            let lines = outcome.output.split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
            try #require(lines.count == 2 && lines[0].count == lines[1].count, "\(outcome.output)")
            #expect(Set(lines[0]).count == lines[0].count, "\(lines[0])")
            let row = Dictionary(zip(lines[0], lines[1]), uniquingKeysWith: { first, _ in first })
            #expect(row["seconds"] == "9" || row["seconds"] == "9.0")
            #expect(row["figure_seconds"] == "0.5" && row["a_b"] == "2.5" && row["figure_a_b"] == "3.5" && row["figure_a_b_2"] == "4.5")
        }
    }
}
