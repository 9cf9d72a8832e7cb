import Foundation
import Glibc
import ZooCore

/// Reads a manifest and the files that it includes.
struct ManifestReader {
    private(set) var entries: [Entry] = []
    private(set) var dataSets: [DataSetSpecification] = []
    /// The default data sets of the first file that names any.
    private(set) var defaultDataSets: [JSONPlace]?

    /// The files that include the one that is being read, and that one.
    private var open: [(path: String, identity: String)] = []
    /// Those that have been read: two files may include the same one.
    private var seen: Set<String> = []

    private static let fields = ["$schema", "version", "include", "default_dataset", "datasets", "entries"]

    /// - Throws: `HostError` naming file and JSON path.
    init(_ contents: Data, path: String) throws {
        // Errors call the file that the user names by its last part, and the others by their paths.
        try read(contents, path: path, called: path.split(separator: "/").last.map(String.init) ?? path)
    }

    private mutating func read(_ contents: Data, path: String, called file: String) throws {
        let root = JSONPlace(value: try JSON(contents: contents, file: file), file: file, path: "$")
        let fields = try root.object(Self.fields, required: ["version"])
        if fields["include"] == nil, fields["datasets"] == nil, fields["entries"] == nil {
            throw root.error("the field 'entries' is missing, and there are neither 'datasets' nor an 'include'")
        }
        if let version = fields["version"] { _ = try version.int(in: 1...1) }
        let folder = Manifest.folder(of: path)
        for place in try fields["entries"]?.array() ?? [] {
            let entry = try Entry(place, manifest: path, folder: folder)
            if let other = entries.first(where: { $0.id == entry.id }) {
                throw place.child("id", .null).error(
                    "the id '\(entry.id)' is taken by an \(other.manifest == path ? "earlier entry" : "entry of \(other.manifest)")")
            }
            entries.append(entry)
        }
        for place in try fields["datasets"]?.array() ?? [] {
            let dataSet = try DataSetSpecification(place, file: path, folder: folder)
            if let other = dataSets.first(where: { $0.id == dataSet.id }) {
                throw place.child("id", .null).error(
                    "the id '\(dataSet.id)' is taken by \(other.file == path ? "an earlier data set" : "a data set of \(other.file)")")
            }
            dataSets.append(dataSet)
        }
        if let place = fields["default_dataset"], defaultDataSets == nil {
            if case .array = place.value { defaultDataSets = try place.array() } else { defaultDataSets = [place] }
            for name in defaultDataSets ?? [] { _ = try name.string() }
            guard defaultDataSets != [] else { throw place.error("expected the name of a data set or several, found an empty list") }
        }
        open.append((path, Self.identity(path)))
        defer { open.removeLast() }
        for place in try fields["include"]?.array() ?? [] { try include(place, folder: folder) }
    }

    private mutating func include(_ place: JSONPlace, folder: String) throws {
        let name = try place.string()
        guard !name.isEmpty else { throw place.error("expected a file, or '\(Manifest.builtInName)', found an empty string") }
        let path: String
        if name == Manifest.builtInName {
            guard let found = Manifest.builtInPath else {
                throw HostError(.noInput, "\(place.file): \(place.path): there is no zoo.json above the program")
            }
            path = found
        } else {
            path = Manifest.resolve(name, in: folder)
        }
        let identity = Self.identity(path)
        if let first = open.firstIndex(where: { $0.identity == identity }) {
            let circle = (open[first...].map(\.path) + [path]).joined(separator: " includes ")
            throw place.error("a file cannot include itself: \(circle)")
        }
        guard seen.insert(identity).inserted else { return }
        let contents: Data
        do throws(HostError) { contents = try FileBytes.read(path) } catch {
            throw HostError(error.kind, "\(place.file): \(place.path): \(error.message)")
        }
        try read(contents, path: path, called: path)
    }

    /// The path without links, by which a file is known again.
    private static func identity(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}

extension Manifest {
    /// What `include` calls the zoo that comes with the program.
    public static let builtInName = "builtin"

    /// The zoo.json that comes with the program: in one of the folders above it, the nearest first; nil if there is none.
    public static var builtInPath: String? {
        let files = FileManager.default
        var folder = Program.path as NSString
        while folder.length > 1 {
            folder = folder.deletingLastPathComponent as NSString
            let candidate = folder.appendingPathComponent("zoo.json")
            if files.fileExists(atPath: candidate) { return candidate }
        }
        return nil
    }
}
