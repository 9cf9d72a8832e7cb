public import Foundation
public import ZooCore

/// zoo.json: the entries of the zoo and its data sets, its own and those of the files that it includes. Its schema is docs/zoo.schema.json.
public struct Manifest: Sendable {
    public let path: String
    /// Its own first.
    public let entries: [Entry]
    /// Its own first. What their fields say is checked by those who read images.
    public let dataSets: [DataSetSpecification]
    /// Names of data sets, of which the first that is there is what a command takes that names none; nil where no file says.
    package let defaultDataSets: [JSONPlace]?

    /// Reads and checks a manifest. What components say of themselves is not known yet; `HostRuntime.resolve` checks that.
    ///
    /// - Throws: `noInput` if there is no such file, `data` if it is not JSON, `config` naming file and JSON path if a field is wrong.
    public init(path: String) throws {
        try self.init(contents: FileBytes.read(path), path: path)
    }

    /// Reads a manifest from its bytes; `path` is what errors call it, and what files that it includes are relative to.
    public init(contents: Data, path: String) throws {
        self.path = path
        let reader = try ManifestReader(contents, path: path)
        (entries, dataSets, defaultDataSets) = (reader.entries, reader.dataSets, reader.defaultDataSets)
    }

    /// The entry of that id.
    ///
    /// - Throws: `usage`, with the nearest id there is.
    public func entry(_ id: String) throws(HostError) -> Entry {
        if let entry = entries.first(where: { $0.id == id }) { return entry }
        let known = entries.map(\.id)
        throw HostError(.usage, "there is no entry '\(id)' in \(path)\(suggestion(id, known)); there are: \(known.joined(separator: ", "))")
    }

    /// Where a manifest lies: paths in it stay right when it is read by way of a symbolic link.
    static func folder(of path: String) -> String {
        (((try? FileBytes.target(of: path)) ?? path) as NSString).deletingLastPathComponent
    }

    package static func resolve(_ file: String, in folder: String) -> String {
        file.hasPrefix("/") || folder.isEmpty ? file : folder + "/" + file
    }
}

extension JSONPlace {
    /// A string that can be a file name and a column title.
    package func identifier() throws(HostError) -> String {
        let text = try string()
        guard !text.isEmpty, text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.+".contains($0)) }), text.first != "."
        else {
            throw error("expected letters, digits, '-', '_', '.' or '+', found \"\(text)\"")
        }
        return text
    }
}
