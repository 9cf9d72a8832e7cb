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
        version: "zoo \(ZooVersion.current)",
        subcommands: [
            ListCommand.self, ShowCommand.self, TrainCommand.self, EvaluateCommand.self, BenchmarkCommand.self, DoctorCommand.self,
            TheoremCommand.self, CompareCommand.self, RankCommand.self, ReproduceCommand.self, ReportCommand.self, PeekCommand.self,
            ServeCommand.self,
            ResultsCommand.self, MergeCommand.self, SubmitCommand.self, StatusCommand.self, CollectCommand.self, RetryCommand.self,
            WorkerCommand.self, TaskCommand.self,
            PluginCommand.self, DataCommand.self, ImportCommand.self, ExportCommand.self, ProbePluginCommand.self, CheckPluginCommand.self,
        ])

    static func main() {
        StandardOutput.claim()
        Wordings.current = CommandLineWording()
        // A reader who has seen enough (`zoo list | head`) is no error; writing tells, and output stops.
        signal(SIGPIPE, SIG_IGN)
        do {
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
