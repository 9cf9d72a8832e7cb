import ArgumentParser
import Foundation
import ZooCore
import ZooStore
import ZooTrackers

struct PushCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Add stored results to a tracker's server.",
        discussion: discussion(examples: ["zoo push mlflow --tracking-uri http://127.0.0.1:5000": "to MLflow"]),
        subcommands: [PushMLflowCommand.self])
}

struct PushMLflowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mlflow", abstract: "Add stored results and training runs to an MLflow server, a run each.",
        discussion: discussion(
            """
            Parameters say what was measured, metrics are all figures, with learning curves by epoch, and tags hold the hashes of \
            everything that was used. Only the newest result of each entry, data set, seed and probe is added, and none twice: the same \
            command goes on after an interruption. Credentials are taken from MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or \
            from MLFLOW_TRACKING_TOKEN. docs/trackers.md explains it.
            """,
            examples: [
                "zoo push mlflow --tracking-uri http://127.0.0.1:5000": "everything that is stored",
                "zoo push mlflow stn-c0 --probe training --experiment mine": "one entry's trainings; the server by MLFLOW_TRACKING_URI",
            ]))

    @OptionGroup var choice: ResultChoice

    @Option(
        name: .customLong("tracking-uri"),
        help: ArgumentHelp("The server, as in http://127.0.0.1:5000. Default: $MLFLOW_TRACKING_URI.", valueName: "uri"))
    var trackingURI: String?

    @Option(help: ArgumentHelp("The experiment to add to, which is made if there is none.", valueName: "name"))
    var experiment = "stn-zoo"

    @OptionGroup(title: "Output") var shared: OutputOptions
    @OptionGroup(title: "Runs and results") var stored: StoreOptions

    func validate() throws {
        try refuseEmpty(("--tracking-uri", trackingURI, "the URL of a server"), ("--experiment", experiment, "a name"))
    }

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        guard let uri = trackingURI ?? environment["MLFLOW_TRACKING_URI"].flatMap({ $0.isEmpty ? nil : $0 }) else {
            throw ValidationError("name the server with --tracking-uri, or in MLFLOW_TRACKING_URI")
        }
        let server = try MLflowServer(uri: uri, environment: environment)
        let store = try ResultStore(reading: stored.path)
        var filter = try choice.filter()
        filter.statuses = [.measured]
        let results = try store.results(matching: filter)
        var failures = Failures()
        try choice.report(missingIn: store, to: &failures)
        if results.isEmpty {
            if failures.first == nil { failures.report(HostError(.noInput, "\(stored.path): there is no measured result that matches")) }
            return try failures.conclude()
        }
        Signals.install()
        let outcome = try server.push(results, of: store, experiment: experiment, progress: shared.progress)
        let replaced = outcome.replaced == 0 ? "" : ", \(outcome.replaced) of them in place of incomplete ones"
        let text = "\(server.uri): \(outcome.added) results added to '\(experiment)'\(replaced), \(outcome.known) known\n"
        try shared.emit(outcome, or: text)
        try failures.conclude()
    }
}
