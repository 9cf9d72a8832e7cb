public import ArgumentParser
import Foundation
import Logging
import Synchronization
import ZooHarness
public import ZooHost
import ZooReport

/// The options that every command has.
struct SharedOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The entries of the zoo. Default: $ZOO_MANIFEST, zoo.json here, or above the program.", valueName: "file"))
    var manifest: String?

    @Option(help: ArgumentHelp("A directory with plugins, before all others. Repeatable.", valueName: "dir"))
    var pluginPath: [String] = []

    @Option(help: ArgumentHelp("A plugin, or a directory of plugins, to load whoever may write it. Repeatable.", valueName: "path"))
    var allow: [String] = []

    @Option(
        help: ArgumentHelp(
            "Load only the plugins that this file pins. Default: $ZOO_PLUGIN_LOCK, or \(PluginLock.fileName) beside the manifest.",
            valueName: "file"))
    var lock: String?

    @Option(help: ArgumentHelp("Where data sets are kept. Default: $ZOO_DATA.", valueName: "dir"))
    var dataDir: String?

    @Option(help: ArgumentHelp("Where training runs are kept.", valueName: "dir"))
    var runs = "runs"

    @Option(help: ArgumentHelp("Where results are stored: an SQLite database.", valueName: "file"))
    var store = "results/zoo.sqlite"

    @Option(help: ArgumentHelp("Threads of the engine. Default: as many as there are cores.", valueName: "n"))
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            "What convolutions multiply: fp32, or bf16, fast where zoo doctor says so. Sums and weights stay float32.", valueName: "type"))
    var precision = Precision.fp32

    @Flag(help: "Print JSON instead of tables.")
    var json = false

    @Flag(help: "No progress, no warnings.")
    var quiet = false

    @Flag(help: "Log what happens.")
    var verbose = false

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads is \(threads), expected 1 to 1024") }
        if quiet, verbose { throw ValidationError("--quiet and --verbose exclude each other") }
        if store.isEmpty { throw ValidationError("--store is empty, expected a file") }
        if runs.isEmpty { throw ValidationError("--runs is empty, expected a directory") }
    }

    var logLevel: Logger.Level { quiet ? .error : verbose ? .debug : .warning }

    /// Sets up logging, finds the plugins and starts the engine.
    ///
    /// - Parameters:
    ///   - startingEngine: false for commands that may not need it.
    ///   - retrying: look again at plugins that crashed when they were last looked at.
    /// - Throws: `unavailable` for bf16 where `ZOO_KERNELS=off` turns off the kernels that have it.
    func host(startingEngine: Bool = true, retrying: Bool = false) throws -> HostRuntime {
        try EngineControl.choose(precision)
        startLogging()
        let lock = try lockFile.map { try PluginLock(path: $0) }
        let host = try HostRuntime(
            searchPath: searchPath, threads: threads, lock: lock, startingEngine: startingEngine, retrying: retrying)
        if verbose {
            for plugin in host.plugins { Console.error("zoo: debug: found \(plugin.path)") }
        }
        return host
    }

    var searchPath: SearchPath { get throws { try SearchPath(given: pluginPath, allowed: allow) } }

    /// The lock in force, if there is one.
    private var lockFile: String? {
        if let named = namedLock { return named }
        let beside = lockBesideManifest
        return FileManager.default.fileExists(atPath: beside) ? beside : nil
    }

    private var namedLock: String? {
        lock ?? ProcessInfo.processInfo.environment["ZOO_PLUGIN_LOCK"].flatMap { $0.isEmpty ? nil : $0 }
    }

    private var lockBesideManifest: String {
        let folder = (((try? Self.find(manifest)) ?? "") as NSString).deletingLastPathComponent
        return folder.isEmpty ? PluginLock.fileName : folder + "/" + PluginLock.fileName
    }

    /// Where a lock is to be written.
    var lockToWrite: String { namedLock ?? lockBesideManifest }

    /// Sends log messages to standard error; the first call in a process counts.
    func startLogging() {
        let level = logLevel
        Self.logging.withLock { isStarted in
            if !isStarted { LoggingSystem.bootstrap { StandardErrorLog(label: $0, logLevel: level) } }
            isStarted = true
        }
    }

    private static let logging = Mutex(false)

    /// Reads the manifest, from the first of the places where it may be.
    func readManifest() throws -> Manifest { try Manifest(path: manifestPath()) }

    /// Where the manifest is.
    func manifestPath() throws(HostError) -> String { try Self.find(manifest) }

    private static func find(_ given: String?) throws(HostError) -> String {
        if let given { return given }
        if let named = ProcessInfo.processInfo.environment["ZOO_MANIFEST"], !named.isEmpty { return named }
        let files = FileManager.default
        if files.fileExists(atPath: "zoo.json") { return "zoo.json" }
        var folder = ((try? files.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "") as NSString
        while folder.length > 1 {
            folder = folder.deletingLastPathComponent as NSString
            let candidate = folder.appendingPathComponent("zoo.json")
            if files.fileExists(atPath: candidate) { return candidate }
        }
        throw HostError(.noInput, "there is no zoo.json here or above the program; name one with --manifest or ZOO_MANIFEST")
    }

    func laboratory(_ host: HostRuntime, _ manifest: Manifest) -> Laboratory {
        Laboratory(host: host, manifest: manifest, dataDirectory: dataDir, runs: runs)
    }

    /// The arguments that make this program a worker for the same entries, plugins and data.
    func workerArguments(_ manifest: Manifest, threads: Int) -> [String] {
        var list = ["worker", "--manifest", manifest.path, "--runs", runs, "--threads", "\(threads)"]
        for directory in pluginPath { list += ["--plugin-path", directory] }
        for path in allow { list += ["--allow", path] }
        if let lock { list += ["--lock", lock] }
        if let dataDir { list += ["--data-dir", dataDir] }
        if precision != .fp32 { list += ["--precision", precision.rawValue] }
        if verbose { list.append("--verbose") }
        if quiet { list.append("--quiet") }
        return list
    }

    var progress: any ZooHarness.ProgressListener { quiet ? SilentProgress() : BarProgress() }

    /// Says in a line each which plugins could not be loaded.
    func warn(about broken: [BrokenDescription]) {
        guard !quiet else { return }
        for plugin in broken { Console.error("zoo: warning: \(plugin.path): \(plugin.cause)") }
    }

    /// Prints `value` as JSON if that was asked for, else the text.
    func emit(_ value: some Encodable, or text: @autoclosure () -> String) throws {
        try Console.output(json ? jsonText(value) : text())
    }
}

/// Work that goes on after a failure: remembers the first one's exit status.
struct Failures {
    private(set) var first: Failure?

    mutating func report(_ error: any Error) { report(Failure(error)) }

    mutating func report(_ failure: Failure) {
        Console.error("zoo: \(failure)")
        if first == nil { first = failure }
    }

    /// - Throws: the exit status of the first failure, if there was one.
    func conclude() throws {
        if let first { throw ExitCode(first.exitStatus) }
    }
}

/// Seeds on the command line: `3`, or `0..4` for all five.
struct SeedRange: ExpressibleByArgument {
    let seeds: ClosedRange<UInt64>

    init?(argument: String) {
        let ends = argument.components(separatedBy: "..")
        guard let first = ends.first.flatMap({ UInt64($0) }), let last = ends.last.flatMap({ UInt64($0) }), ends.count <= 2,
            first <= last, last <= UInt64(Int64.max), last - first < Self.most
        else { return nil }
        seeds = first...last
    }

    private static let most: UInt64 = 1000

    /// All of them in order, without repetition; seed 0 if none was given.
    static func all(_ ranges: [SeedRange]) -> [UInt64] {
        var seen: Set<UInt64> = []
        let list = ranges.flatMap { Array($0.seeds) }.filter { seen.insert($0).inserted }
        return list.isEmpty ? [0] : list
    }
}

extension Precision: ExpressibleByArgument {}
