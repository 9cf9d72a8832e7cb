import ArgumentParser
import ZooCheck
import ZooCore
import ZooReport

struct PluginCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Try whether a plugin keeps its contract.",
        discussion:
            discussion(
                "Every check runs in a process of its own. Ends with 0 if none fails, with 65 if one does.\n\n"
                    + Check.all.map { "\($0.name): \($0.summary)" }.joined(separator: "\n"),
                examples: [
                    "zoo plugin check build/libSqueezeLoc.so": "all checks",
                    "zoo plugin check build/libSqueezeLoc.so --only descriptor": "one of them",
                ]))

    @Argument(help: ArgumentHelp("The plugin's library.", valueName: "file"), completion: .file(extensions: ["so"]))
    var file: String

    @Option(help: ArgumentHelp("Run only that check. Repeatable. Default: all.", valueName: "name"), completion: Completions.checks)
    var only: [String] = []

    @Option(help: ArgumentHelp("Seed of everything that is random in the checks.", valueName: "n"))
    var seed: UInt64 = 0

    @Option(help: ArgumentHelp("Number of calls after which memory must not have grown.", valueName: "n"))
    var calls = 1000

    @Option(
        help: ArgumentHelp("A directory with plugins whose components may fill slots. Repeatable.", valueName: "dir"),
        completion: .directory)
    var pluginPath: [String] = []

    @Option(help: ArgumentHelp("Time limit for each check in seconds.", valueName: "s"))
    var timeLimit = 60.0

    @Flag(help: "Run all checks in one process as long as none ends it: faster, but one check may affect another.")
    var shared = false

    @OptionGroup(title: "Output") var printing: OutputOptions

    func validate() throws {
        if !(1...1_000_000).contains(calls) { throw ValidationError("--calls is \(calls), expected 1 to 1000000") }
        if !(0.1...86_400).contains(timeLimit) { throw ValidationError("--time-limit is \(timeLimit), expected 0.1 to 86400 seconds") }
    }

    func run() throws {
        let check = PluginCheck(
            file: file, seed: seed, calls: calls, others: pluginPath, timeLimit: timeLimit, sharing: shared)
        let report = try check.run(PluginCheck.named(only)) { result in
            printing.note("\(result.check): \(result.verdict.rawValue)")
        }
        try printing.emit(report, or: ResultTables.text(of: report, for: .standardOutput))
        if report.hasFailures { throw ExitCode(HostError.Kind.data.rawValue) }
    }
}

/// Runs checks in this very process, for `PluginCheckCommand`.
struct CheckPluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: PluginCheck.command, shouldDisplay: false)

    @Argument var request: String

    func run() throws { try PluginCheck.answer(request) }
}
