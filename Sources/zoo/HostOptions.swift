import ArgumentParser
import Foundation
import Logging
import Synchronization
import ZooHost
import ZooPlugins
import ZooReport

/// The options of commands that look for plugins.
struct HostOptions: ParsableArguments, HostGroup {
    @OptionGroup var manifests: ManifestOptions

    @OptionGroup(title: "Entries and plugins") var plugins: PluginPlaces
    @OptionGroup(title: "Output") var log: LogOptions

    var output: OutputOptions { manifests.output }
    var hosting: HostOptions { self }

    func validate() throws {
        if quiet, log.verbose { throw ValidationError("--quiet and --verbose exclude each other") }
    }

    fileprivate static let logging = Mutex(false)
}

/// Where plugins are looked for, and which are loaded.
struct PluginPlaces: ParsableArguments {
    @Option(help: ArgumentHelp("A directory with plugins, before all others. Repeatable.", valueName: "dir"), completion: .directory)
    var pluginPath: [String] = []

    @Option(
        help: ArgumentHelp(
            "A plugin, or a directory of plugins, to load without checking its owner and permissions. Repeatable.", valueName: "path"),
        completion: .file())
    var allow: [String] = []

    @Option(
        help: ArgumentHelp(
            "Load only the plugins that this file pins. Default: $ZOO_PLUGIN_LOCK, or \(PluginLock.fileName) beside the manifest.",
            valueName: "file"), completion: .file())
    var lock: String?

    func validate() throws {
        try refuseEmpty(("--lock", lock, "a file"))
        for path in pluginPath { try refuseEmpty(("--plugin-path", path, "a directory")) }
        for path in allow { try refuseEmpty(("--allow", path, "a plugin or a directory")) }
    }
}

/// Whether messages for engineers are printed.
struct LogOptions: ParsableArguments {
    @Flag(help: "Log what happens.")
    var verbose = false
}

/// Options that hold those.
protocol HostGroup: ManifestGroup {
    var hosting: HostOptions { get }
}

extension HostGroup {
    var manifests: ManifestOptions { hosting.manifests }
    var output: OutputOptions { hosting.output }

    /// Sets up logging, says where data are looked for, and finds the plugins.
    ///
    /// - Parameters:
    ///   - threads: the number of threads of the engine.
    ///   - startingEngine: false for commands that may not need it.
    ///   - retrying: look again at plugins that crashed when they were last looked at.
    ///   - plan: the plugins to use, if another process has found them.
    func findPlugins(
        threads: Int? = nil, startingEngine: Bool = true, retrying: Bool = false, plan: PluginPlan? = nil
    ) throws -> HostRuntime {
        startLogging()
        announceData()
        let lock = try lockFile.map { try PluginLock(path: $0) }
        if let plan { return try HostRuntime(plan: plan, searchPath: searchPath, threads: threads, lock: lock) }
        let host = try HostRuntime(
            searchPath: searchPath, threads: threads, lock: lock, startingEngine: startingEngine, retrying: retrying)
        if hosting.log.verbose {
            for plugin in host.plugins { Console.error("zoo: debug: found \(plugin.path)") }
        }
        return host
    }

    var searchPath: SearchPath { get throws { try SearchPath(given: hosting.plugins.pluginPath, allowed: hosting.plugins.allow) } }

    /// The lock in force, if there is one.
    private var lockFile: String? {
        if let named = namedLock { return named }
        let beside = lockBesideManifest
        return FileManager.default.fileExists(atPath: beside) ? beside : nil
    }

    private var namedLock: String? {
        hosting.plugins.lock ?? ProcessInfo.processInfo.environment["ZOO_PLUGIN_LOCK"].flatMap { $0.isEmpty ? nil : $0 }
    }

    private var lockBesideManifest: String {
        let folder = (((try? manifestPath()) ?? "") as NSString).deletingLastPathComponent
        return folder.isEmpty ? PluginLock.fileName : folder + "/" + PluginLock.fileName
    }

    /// Where a lock is to be written.
    var lockToWrite: String { namedLock ?? lockBesideManifest }

    /// Sends log messages to standard error; the first call in a process counts.
    func startLogging() {
        let level: Logger.Level = quiet ? .error : hosting.log.verbose ? .debug : .warning
        HostOptions.logging.withLock { isStarted in
            if !isStarted { LoggingSystem.bootstrap { StandardErrorLog(label: $0, logLevel: level) } }
            isStarted = true
        }
    }
}

extension HostOptions {
    func host(startingEngine: Bool = true, retrying: Bool = false) throws -> HostRuntime {
        try findPlugins(startingEngine: startingEngine, retrying: retrying)
    }
}
