import ArgumentParser
import ZooCore
import ZooHost
import ZooPlugins

struct PluginLockCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock", abstract: "Pin the plugins that are found now, by their hashes.",
        discussion:
            discussion(
                "Writes \(PluginLock.fileName) beside the manifest, or the file that --lock or ZOO_PLUGIN_LOCK names. While it is there, no other plugin is loaded; remove it to lift that.",
                examples: [
                    "zoo plugin lock": "load these plugins and no others from now on"
                ]))

    @OptionGroup var shared: HostOptions

    func run() throws {
        shared.startLogging()
        // A lock that is there is not applied: it is about to be replaced.
        let host = try HostRuntime(searchPath: shared.searchPath, startingEngine: false)
        for plugin in host.broken { shared.warn("\(plugin.cause)") }
        guard !host.plugins.isEmpty else {
            throw HostError(.noInput, "there is no plugin to pin in \(host.searchPath.directories.joined(separator: ", "))")
        }
        let lock = PluginLock(host.plugins, path: shared.lockToWrite)
        try lock.write()
        try shared.emit(lock.pins, or: "\(lock.path): \(lock.pins.count) plugins pinned\n")
    }
}
