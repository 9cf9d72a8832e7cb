import ArgumentParser
import Foundation
import ZooCore
import ZooData
import ZooManifest
import ZooPlugins

/// The options of commands that read the manifest.
struct ManifestOptions: ParsableArguments, ManifestGroup {
    @OptionGroup(title: "Output") var output: OutputOptions

    @OptionGroup(title: "Entries and plugins") var place: ManifestPlace

    var manifests: ManifestOptions { self }
}

/// Where the manifest is.
struct ManifestPlace: ParsableArguments {
    @Option(
        help: ArgumentHelp("The entries of the zoo. Default: $ZOO_MANIFEST, zoo.json here, or above the program.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var manifest: String?

    func validate() throws { try refuseEmpty(("--manifest", manifest, "a file")) }

    /// Where the zoo that comes with the program keeps data sets: beside its manifest or, as an installed zoo belongs to others and goes with
    /// its version, in the user's data directory. nil without such a zoo.
    static var dataOfTheZoo: String? {
        guard let manifest = Manifest.builtInPath else { return nil }
        let folder = (manifest as NSString).deletingLastPathComponent
        guard !FileManager.default.fileExists(atPath: folder + "/Package.swift") else { return folder + "/" + DataDirectory.usualName }
        return (SearchPath.userDirectory() as NSString).deletingLastPathComponent + "/" + DataDirectory.usualName
    }
}

/// Options that hold those.
protocol ManifestGroup: OutputGroup {
    var manifests: ManifestOptions { get }
}

extension ManifestGroup {
    var manifest: String? { manifests.place.manifest }

    /// Reads the manifest, from the first of the places where it may be.
    func readManifest() throws -> Manifest { try Manifest(path: manifestPath()) }

    /// The manifest, which may be missing unless it was named.
    func readManifestIfThere() throws -> Manifest? {
        do { return try readManifest() } catch let error as HostError where error.kind == .noInput && manifest == nil { return nil }
    }

    /// Where the manifest is.
    func manifestPath() throws(HostError) -> String {
        if let manifest { return manifest }
        if let named = ProcessInfo.processInfo.environment["ZOO_MANIFEST"], !named.isEmpty { return named }
        if FileManager.default.fileExists(atPath: "zoo.json") { return "zoo.json" }
        if let path = Manifest.builtInPath { return path }
        throw HostError(.noInput, "there is no zoo.json here or above the program; name one with --manifest or ZOO_MANIFEST")
    }

    /// Where something of that name may lie: beside the manifest, and beside the one above the program.
    func besideTheManifests(_ name: String) -> [String] {
        let manifests = [try? manifestPath(), Manifest.builtInPath].compactMap { $0 }
        let paths = manifests.map { manifest in
            // A symbolic link to a manifest is followed first, as it is for the paths in the manifest.
            let folder = (((try? FileBytes.target(of: manifest)) ?? manifest) as NSString).deletingLastPathComponent
            return folder.isEmpty ? name : folder + "/" + name
        }
        return paths.enumerated().filter { index, path in !paths[..<index].contains { Self.areSame($0, path) } }.map(\.element)
    }

    private static func areSame(_ a: String, _ b: String) -> Bool {
        URL(fileURLWithPath: a).standardizedFileURL == URL(fileURLWithPath: b).standardizedFileURL
    }

    /// Says where data are looked for that nobody names.
    func announceData() {
        let beside = ((Manifest.builtInPath ?? "") as NSString).deletingLastPathComponent + "/" + DataDirectory.usualName
        DataDirectory.usual = besideTheManifests(DataDirectory.usualName).map { place in
            Self.areSame(place, beside) ? ManifestPlace.dataOfTheZoo ?? place : place
        }
    }
}
