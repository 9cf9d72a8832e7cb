import ArgumentParser
import Foundation
import ZooCore
import ZooHost
import ZooPlugins
import ZooReport

struct PluginInstallCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Copy a plugin to the user's own directory, where every 'zoo' of this user finds it.",
        discussion: discussion(
            "The plugin is loaded once before, beside all others; if that fails or its ids are taken, it is not installed.",
            examples: [
                "zoo plugin install build/libSqueezeLoc.so": "for every zoo of yours",
                "zoo plugin install --replace build/libSqueezeLoc.so": "the same again, rebuilt",
            ]))

    @Argument(help: ArgumentHelp("The plugin's library, lib*.so.", valueName: "path"), completion: .file(extensions: ["so"]))
    var path: String

    @Flag(help: "Take the place of an installed plugin of the same id or file name.")
    var replace = false

    @OptionGroup(title: "Output") var shared: OutputOptions

    private struct Answer: Encodable {
        let id, version, path: String
        let components: [String]
    }

    func run() throws {
        let plugin = try PluginShelf().install(path, replace: replace)
        let answer = Answer(
            id: plugin.descriptor.id, version: plugin.descriptor.version, path: plugin.path,
            components: plugin.components.map { "\($0.kind)/\($0.id)" })
        try shared.emit(
            answer,
            or: "installed \(answer.id) \(answer.version) as \(answer.path); it offers \(answer.components.joined(separator: ", "))\n")
    }
}

struct PluginListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the plugins that are installed in the user's own directory.",
        discussion: discussion(
            "Their descriptors are read, nothing is loaded. 'zoo list plugins' lists all that are in use, wherever they lie.",
            examples: [
                "zoo plugin list --json": "for programs"
            ]))

    @OptionGroup(title: "Output") var shared: OutputOptions

    func run() throws {
        let shelf = PluginShelf()
        let plugins = shelf.items().map(InstalledPlugin.init)
        if plugins.isEmpty { shared.note("nothing is installed in \(shelf.directory)") }
        try shared.emit(plugins, or: plugins.isEmpty ? "" : InstalledPlugin.table(of: plugins).rendered(for: .standardOutput))
    }
}

struct PluginRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove an installed plugin from the user's own directory.",
        discussion: discussion(
            examples: [
                "zoo plugin remove SqueezeLoc": "by its id"
            ]))

    @Argument(help: ArgumentHelp("Id or file name of the plugin.", valueName: "plugin"), completion: Completions.installedPlugins)
    var plugin: String

    @OptionGroup(title: "Output") var shared: OutputOptions

    func run() throws {
        let path = try PluginShelf().remove(plugin)
        try shared.emit(["removed": path], or: "removed \(path)\n")
    }
}

struct PluginInfoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Show everything about one plugin: descriptor, file, hash, dependencies, load time, components.",
        discussion: discussion(
            "Ends with 65 if the plugin cannot be used.",
            examples: [
                "zoo plugin info Warps": "one that is in use",
                "zoo plugin info build/libSqueezeLoc.so": "a file",
            ]))

    @Argument(help: ArgumentHelp("A library, or the id of a plugin that is in use.", valueName: "plugin"), completion: Completions.plugins)
    var plugin: String

    @OptionGroup var shared: HostOptions

    func run() throws {
        shared.startLogging()
        let report = try PluginReport(path: path())
        try shared.emit(report, or: report.rendered(for: .standardOutput))
        if report.problem != nil { throw ExitCode(HostError.Kind.data.rawValue) }
    }

    private func path() throws -> String {
        // A folder of that name here, the plugin's own project for example, is no library.
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: plugin, isDirectory: &isFolder)
        if plugin.contains("/") || (exists && !isFolder.boolValue) { return plugin }
        let match = try Catalogue(host: try shared.host(), manifest: nil, dataSets: nil).find("plugin/" + plugin, dataDirectory: nil)
        return match.plugins.first?.path ?? match.broken.first?.path ?? plugin
    }
}
