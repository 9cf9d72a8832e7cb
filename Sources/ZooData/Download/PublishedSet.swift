import ZooCore

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

extension JSONPlace {
    /// A plain name of a file or folder, which leads nowhere else and stands in a URL as it is.
    func fileName() throws(HostError) -> String {
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
