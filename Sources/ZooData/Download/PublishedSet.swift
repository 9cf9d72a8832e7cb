public import Foundation
public import ZooCore

/// A file that somebody publishes, and how its content is known.
public struct PublishedFile: Sendable, Hashable {
    public let name: String
    /// In bytes; nil where only the checksum is published.
    public let size: Int?
    /// One or more.
    public let sums: [Checksum.Kind: String]
    /// The same in another form, inflated for example: where that is, this file is not needed.
    public var alternatives: [PublishedFile] = []

    /// What is wrong with a file that should have this content; nil if it has it.
    ///
    /// - Throws: `noInput` if there is no such file, `io` if reading fails.
    func fault(at path: String) throws(HostError) -> Fault? {
        let found = try RegularFile(path).size
        if let size, found != size { return Fault(field: "size", expected: "\(size) bytes", found: "\(found) bytes") }
        let computed = try Checksum.sums(sums.keys, ofFile: path)
        for kind in Checksum.Kind.allCases {
            guard let expected = sums[kind], let found = computed[kind], found != expected else { continue }
            return Fault(field: kind.rawValue, expected: expected, found: found)
        }
        return nil
    }

    struct Fault {
        let field, expected, found: String
        var text: String { "\(field): expected \(expected), found \(found)" }
    }
}

/// A data set that can be downloaded: its files, where they are published, and on what terms.
public struct PublishedSet: Sendable, Hashable {
    public let name: String
    /// What it is, in one line.
    public let title: String
    /// Its folder in the data directory.
    public let folder: String
    /// Names of the zoo's data sets that are made of it.
    public let dataSets: [String]
    public let home: String
    /// Whose it is, and under which licence.
    public let terms: String
    /// Where the checksums are published.
    public let sumsFrom: String
    /// What else can be done where no place has it; "" where nothing.
    public let otherwise: String
    /// URLs that end in a slash, the first to be tried first; what follows is a file's name.
    public let places: [String]
    public let files: [PublishedFile]

    /// In bytes, as far as it is published.
    public var size: Int { files.compactMap(\.size).reduce(0, +) }

    /// How much of it lies in a data directory, by names and sizes; contents are checked by `Downloader` and by who reads them.
    public func presence(in directory: String) -> Presence {
        let present = files.filter { file in
            ([file] + file.alternatives).contains { form in
                guard case .file(let size)? = DataFile.kind(of: "\(directory)/\(folder)/\(form.name)") else { return false }
                return form.size ?? size == size
            }
        }
        return present.isEmpty ? .absent : present.count == files.count ? .complete : .partial
    }

    public enum Presence: String, Sendable, Codable { case complete, partial, absent }
}

/// What can be downloaded and from where: `places.json`, beside `zoo.json`. Its schema is docs/places.schema.json.
public struct PublishedSets: Sendable {
    public static let fileName = "places.json"

    public let path: String
    public let sets: [PublishedSet]

    /// - Throws: `noInput` if there is no such file, `data` if it is not JSON, `config` naming file and JSON path if a field is wrong.
    public init(path: String) throws { try self.init(contents: FileBytes.read(path), path: path) }

    /// Reads the list from its bytes; `path` is what errors call it.
    public init(contents: Data, path: String) throws {
        self.path = path
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let root = JSONPlace(value: try JSON(contents: contents, file: file), file: file, path: "$")
        let fields = try root.object(["$schema", "version", "sets"], required: ["version", "sets"])
        if let version = fields["version"] { _ = try version.int(in: 1...1) }
        var sets: [PublishedSet] = []
        for place in try fields["sets"]?.array() ?? [] {
            let set = try PublishedSet(place)
            if sets.contains(where: { $0.name == set.name }) {
                throw place.child("name", .null).error("the name '\(set.name)' is taken by an earlier set")
            }
            sets.append(set)
        }
        self.sets = sets
    }

    /// The set of that name, or the one that the zoo's data set of that name is made of.
    ///
    /// - Throws: `usage`, with the nearest name there is.
    public func find(_ name: String) throws(HostError) -> PublishedSet {
        if let found = sets.first(where: { $0.name == name }) ?? sets.first(where: { $0.dataSets.contains(name) }) { return found }
        let names = sets.map(\.name)
        throw HostError(
            .usage,
            "there is no data set '\(name)' in \(path)\(suggestion(name, names + sets.flatMap(\.dataSets))); "
                + "there are: \(names.joined(separator: ", "))")
    }
}

extension PublishedSet {
    init(_ place: JSONPlace) throws(HostError) {
        let required = ["name", "folder", "terms", "places", "files"]
        let fields = try place.object(required + ["title", "datasets", "home", "sums_from", "otherwise"], required: required)
        name = try fields["name"]?.fileName() ?? ""
        folder = try fields["folder"]?.fileName() ?? ""
        title = try fields["title"]?.string() ?? ""
        home = try fields["home"]?.string() ?? ""
        terms = try fields["terms"]?.string() ?? ""
        sumsFrom = try fields["sums_from"]?.string() ?? ""
        otherwise = try fields["otherwise"]?.string() ?? ""
        var dataSets: [String] = []
        for item in try fields["datasets"]?.array() ?? [] { dataSets.append(try item.string()) }
        self.dataSets = dataSets
        var places: [String] = []
        for item in try fields["places"]?.array() ?? [] { places.append(try item.base()) }
        self.places = places
        var files: [PublishedFile] = []
        for item in try fields["files"]?.array() ?? [] {
            let file = try PublishedFile(item)
            if files.contains(where: { $0.name == file.name }) { throw item.error("the file '\(file.name)' is listed twice") }
            files.append(file)
        }
        self.files = files
        if files.isEmpty { throw place.error("expected one file or more in 'files'") }
    }
}

extension PublishedFile {
    init(_ place: JSONPlace) throws(HostError) {
        let sumNames = Checksum.Kind.allCases.map(\.rawValue)
        let fields = try place.object(["name", "bytes", "or"] + sumNames, required: ["name"])
        name = try fields["name"]?.fileName() ?? ""
        size = try fields["bytes"]?.int(in: 0...1 << 50)
        var sums: [Checksum.Kind: String] = [:]
        for kind in Checksum.Kind.allCases {
            guard let field = fields[kind.rawValue] else { continue }
            let text = try field.string()
            guard text.utf8.count == kind.digits, text.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else {
                throw field.error("expected \(kind.digits) lower-case hexadecimal digits, found \"\(text)\"")
            }
            sums[kind] = text
        }
        guard !sums.isEmpty else { throw place.error("expected a checksum: \(sumNames.joined(separator: " or "))") }
        self.sums = sums
        if let other = fields["or"] { alternatives = [try PublishedFile(other)] }
    }
}

extension JSONPlace {
    /// A plain name of a file or folder, which leads nowhere else and stands in a URL as it is.
    fileprivate func fileName() throws(HostError) -> String {
        let text = try string()
        func isPlain(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_.".utf8.contains(byte)
        }
        guard !text.isEmpty, text.utf8.allSatisfy(isPlain), !text.hasPrefix(".") else {
            throw error("expected a name of letters, digits, '-', '_' and '.', found \"\(text)\"")
        }
        return text
    }

    /// A URL that file names can be put after.
    fileprivate func base() throws(HostError) -> String {
        let text = try string()
        guard ["http://", "https://", "file:///"].contains(where: text.hasPrefix), text.hasSuffix("/") else {
            throw error("expected a URL that begins with http://, https:// or file:/// and ends with a slash, found \"\(text)\"")
        }
        return text
    }
}
