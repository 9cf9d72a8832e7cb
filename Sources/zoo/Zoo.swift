import ArgumentParser
import Glibc
import ZooCore
import ZooHost
import ZooReport

/// The command line of the zoo.
@main
struct Zoo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zoo",
        abstract: "An architecture zoo for spatial transformer networks, made of plugins.",
        discussion: discussion(
            examples: [
                "zoo list": "what there is",
                "zoo evaluate --all --images 1000": "measure every entry that has weights",
                "zoo init mine && cd mine": "a folder for work of your own",
                "zoo --version --json": "versions of the program, the engine, the contract and all plugins",
            ]),
        version: "zoo \(ProgramVersion.current)",
        subcommands: [WorkerCommand.self, TaskCommand.self, ProbePluginCommand.self, CheckPluginCommand.self],
        groupedSubcommands: [
            CommandGroup(name: "Catalogue", subcommands: [ListCommand.self, ShowCommand.self, DoctorCommand.self, InitCommand.self]),
            CommandGroup(
                name: "Experiment",
                subcommands: [
                    TrainCommand.self, EvaluateCommand.self, TheoremCommand.self, ReproduceCommand.self, BenchmarkCommand.self,
                ]),
            CommandGroup(
                name: "Cluster", subcommands: [SubmitCommand.self, StatusCommand.self, CollectCommand.self, RetryCommand.self]),
            CommandGroup(
                name: "Result",
                subcommands: [
                    CompareCommand.self, RankCommand.self, ResultsCommand.self, MergeCommand.self, ReportCommand.self, PeekCommand.self,
                    ServeCommand.self,
                ]),
            CommandGroup(
                name: "Exchange",
                subcommands: [PluginCommand.self, DataCommand.self, ImportCommand.self, ExportCommand.self, PushCommand.self]),
        ])

    static func main() {
        StandardOutput.claim()
        Wordings.current = CommandLineWording()
        // A reader who has seen enough (`zoo list | head`) is no error; writing tells, and output stops.
        signal(SIGPIPE, SIG_IGN)
        do {
            let arguments = arguments
            if arguments.count == 2, Set(arguments) == ["--version", "--json"] {
                try Console.output(ProgramVersion.json())
                leave(0)
            }
            var command = try parseAsRoot(arguments)
            try command.run()
            leave(0)
        } catch let code as ExitCode {
            leave(code.rawValue)
        } catch {
            leave(explain(error))
        }
    }

    /// The command line. Swift's own list loses what is not UTF-8; here such bytes are written as `ByteName` writes them, and data sets
    /// are found by them.
    private static var arguments: [String] {
        (1..<max(1, Int(CommandLine.argc))).compactMap { CommandLine.unsafeArgv[$0] }.map { argument in
            ByteName.text(ofArgument: Array(UnsafeRawBufferPointer(start: argument, count: strlen(argument))))
        }
    }

    /// Says what went wrong, in one line on standard error, and gives the exit status for it. Help and version, which the
    /// parser throws too, go to standard output.
    private static func explain(_ error: any Error) -> Int32 {
        let code = exitCode(for: error)
        if code.isSuccess {
            do { try Console.output(fullMessage(for: error) + "\n") } catch { return Failure(error).exitStatus }
            return 0
        }
        if code == .validationFailure {
            let message = message(for: error).split(whereSeparator: \.isNewline).joined(separator: " ")
            Console.error("zoo: \(message); 'zoo --help' and 'zoo COMMAND --help' show how it is used")
            return code.rawValue
        }
        let failure = Failure(error)
        Console.error("zoo: \(failure)")
        return failure.exitStatus
    }

    /// Ends the process without libtorch's static destructors, which take 70 ms and free what the system frees anyway.
    private static func leave(_ status: Int32) -> Never {
        HostRuntime.removeTemporaryCopies()
        fflush(nil)
        _exit(status)
    }
}
