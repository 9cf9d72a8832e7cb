public import Foundation
public import ZooCore

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
