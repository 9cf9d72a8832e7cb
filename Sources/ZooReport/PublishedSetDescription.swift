public import ZooData
import ZooCore

/// A data set that can be downloaded, as a listing shows it.
public struct PublishedSetDescription: Encodable, Sendable {
    public struct File: Encodable, Sendable {
        public let name: String
        public let bytes: Int?
        public let sums: [String: String]
    }

    public let name, title, home, terms, sumsFrom: String
    /// The zoo's data sets that are made of it.
    public let dataSets: [String]
    /// The size of what is downloaded, as far as it is published.
    public let bytes: Int
    public let places: [String]
    public let files: [File]
    /// Its folder in the data directory; nil where there is none.
    public let folder: String?
    public let presence: PublishedSet.Presence

    /// - Parameter directory: the data directory, if there is one.
    public init(_ set: PublishedSet, in directory: String?) {
        name = set.name
        title = set.title
        home = set.home
        terms = set.terms
        sumsFrom = set.sumsFrom
        dataSets = set.dataSets
        bytes = set.size
        places = set.places
        files = set.files.map { file in
            File(
                name: file.name, bytes: file.size,
                sums: Dictionary(uniqueKeysWithValues: file.sums.map { ($0.key.rawValue, $0.value) }))
        }
        folder = directory.map { "\($0)/\(set.folder)" }
        presence = directory.map(set.presence) ?? .absent
    }
}

extension Listing {
    /// One line per set.
    public static func table(of sets: [PublishedSetDescription]) -> TextTable {
        var table = TextTable([.init("set"), .init("MB", .decimal), .init("here"), .init("what it is"), .init("data sets"), .init("terms")])
        for set in sets {
            let here =
                switch set.presence {
                case .complete: set.folder ?? "yes"
                case .partial: "in part"
                case .absent: "no"
                }
            // What is published of the size may be of some files only.
            let size = set.files.contains { $0.bytes == nil } ? "?" : megabytes(set.bytes)
            table.append([set.name, size, here, set.title, set.dataSets.joined(separator: ", "), set.terms])
        }
        return table
    }
}

/// Bytes in millions, with one decimal.
public func megabytes(_ bytes: Int) -> String {
    let tenths = (bytes + 50_000) / 100_000
    return "\(withCommas(tenths / 10)).\(tenths % 10)"
}
