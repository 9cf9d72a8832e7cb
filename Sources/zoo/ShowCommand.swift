import ArgumentParser
import ZooCore
import ZooManifest
import ZooReport

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show everything known about an entry, a component or a plugin.",
        discussion: "Where several things have the same id, all are shown; 'localization/cnn', 'entry/cnn' or 'plugin/Warps' picks one.")

    @Argument(help: "An id, 'kind/id', or a plugin's file name.")
    var id: String

    @OptionGroup var shared: HostOptions

    func run() throws {
        // Components and plugins can be looked at without any manifest, but not with a wrong one.
        let manifest: Manifest?
        do { manifest = try shared.readManifest() } catch let error as HostError where error.kind == .noInput && shared.manifest == nil {
            manifest = nil
        }
        let match = try Catalogue(host: try shared.host(startingEngine: false), manifest: manifest).find(id)
        try shared.emit(match, or: Listing.page(match, for: .standardOutput))
        if match.entries.isEmpty, match.components.isEmpty, match.plugins.isEmpty { throw ExitCode(HostError.Kind.data.rawValue) }
    }
}
