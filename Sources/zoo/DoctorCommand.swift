import ArgumentParser
import ZooCore
import ZooHost
import ZooReport

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look at engine, plugins, manifest, data and runs, and say what is wrong and how to cure it.",
        discussion: discussion(
            "Ends with 0 if all is well, with 78 if something needs a cure.",
            examples: [
                "zoo doctor": "what is wrong, and the cure"
            ]))

    @OptionGroup var shared: HostOptions
    @OptionGroup(title: "Data") var data: DataOptions
    @OptionGroup(title: "Runs and results") var kept: RunOptions

    func run() throws {
        shared.startLogging()
        // CUDA can only be asked for before the engine has run anything.
        try EngineControl.start()
        var cuda: HostError?
        do throws(HostError) { try EngineControl.enableCUDA() } catch { cuda = error }
        let host = try shared.host(retrying: true)
        let manifest = Result { try shared.readManifest() }.mapError { Failure($0) }
        let diagnosis = Diagnosis(host: host, cuda: cuda, manifest: manifest, dataDirectory: data.dataDir, runs: kept.runs)
        try shared.emit(diagnosis, or: diagnosis.rendered(for: .standardOutput))
        if !diagnosis.isHealthy { throw ExitCode(HostError.Kind.config.rawValue) }
    }
}
