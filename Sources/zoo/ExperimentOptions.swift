import ArgumentParser
import ZooCluster
import ZooCore
import ZooHost
import ZooManifest
import ZooPlugins
import ZooStore
import ZooTraining

/// The options of commands that compute with weights of training runs.
struct ExperimentOptions: ParsableArguments, LaboratoryGroup {
    @OptionGroup var computing: LaboratoryOptions
    @OptionGroup(title: "Runs and results") var kept: RunOptions

    var runs: String { kept.runs }

    func laboratory(_ host: HostRuntime, _ manifest: Manifest) throws -> Laboratory {
        try Laboratory(host: host, manifest: manifest, dataDirectory: dataDir, runs: runs)
    }

    /// The arguments that make this program a worker for the same entries and data, and for the very plugins that `host` has found; all
    /// but the device, which workers may differ in.
    func workerArguments(_ manifest: Manifest, threads: Int, _ host: HostRuntime) throws -> [String] {
        var list = ["worker", "--manifest", manifest.path, "--runs", runs, "--threads", "\(threads)"]
        list += ["--plugins", try host.plan().write()]
        for directory in hosting.plugins.pluginPath { list += ["--plugin-path", directory] }
        for path in hosting.plugins.allow { list += ["--allow", path] }
        if let lock = hosting.plugins.lock { list += ["--lock", lock] }
        if let dataDir { list += ["--data-dir", dataDir] }
        if computing.engine.precision != .fp32 { list += ["--precision", computing.engine.precision.rawValue] }
        if hosting.log.verbose { list.append("--verbose") }
        if quiet { list.append("--quiet") }
        return list
    }
}

/// Where training runs lie.
struct RunOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where training runs are kept.", valueName: "dir"), completion: .directory)
    var runs = Self.usual

    static let usual = "runs"

    func validate() throws { try refuseEmpty(("--runs", runs, "a directory")) }
}

/// Where results lie.
struct StoreOptions: ParsableArguments {
    @Option(
        name: .customLong("store"), help: ArgumentHelp("Where results are stored: an SQLite database.", valueName: "file"),
        completion: .file(extensions: ["sqlite"]))
    var path = "results/zoo.sqlite"

    /// - Parameter reading: do not write; where there is no store, take an empty one.
    func open(reading: Bool) throws -> ResultStore {
        if let task = RunningTask.current { return try task.store() }
        guard reading else { return try ResultStore(path: path) }
        do { return try ResultStore(reading: path) } catch let error as HostError where error.kind == .noInput { return try ResultStore() }
    }

    func validate() throws { try refuseEmpty(("--store", path, "a file")) }
}
