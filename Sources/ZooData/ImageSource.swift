import ZooCore
package import ZooKit

/// Where the images of a data set come from, as they were recorded. What is done to them is an `ImageProtocol`'s.
///
/// A new kind of source is one file with a conforming type, and its place in `ImageSources.kinds`.
package protocol ImageSource: Sendable, Hashable {
    /// What the field `kind` of a manifest says, and what stands before the colon of a name like `folder:PATH`.
    static var kind: String { get }
    /// Settings that may stand in a manifest and in a name, in the order of canonical names.
    static var settings: [SettingName] { get }
    /// Those of them that stand behind the protocol's fields in canonical names.
    static var lateFields: Set<String> { get }
    /// Settings that may stand in a manifest only: where the images lie, and what their labels mean.
    static var manifestSettings: [SettingName] { get }
    /// What images are normalised by where neither a manifest nor a name says it.
    static var normalisation: Normalisation { get }
    /// What a name with a path stands for, before "in PATH".
    static var contents: String { get }
    /// Whether the random streams of `kind:PATH` follow the fields of its name.
    static var hasStreamsByFields: Bool { get }

    /// The source that a manifest describes.
    ///
    /// - Throws: `config` naming the JSON path.
    init(_ settings: DataSettings) throws

    /// The source that `kind:PATH` names; nil for a kind that needs no files, or more than a path.
    ///
    /// - Parameter path: normalised, not empty.
    init?(path: String)

    /// Takes over the settings that are there.
    ///
    /// - Throws: `HostError` naming the setting that is wrong.
    mutating func apply(_ settings: DataSettings) throws

    /// The values of `settings`, as a name would have them.
    var values: [String: String] { get }

    /// C×H×W of the recorded images, as far as it is known before they are read.
    var shape: ImageShape { get }
    /// How many things are read from one image, each among `ImageSet.classes`.
    var heads: Int { get }
    /// Whether the program draws the images, so that no file is needed.
    var isDrawn: Bool { get }

    /// The images of one split, as recorded.
    ///
    /// - Parameters:
    ///   - name: the data set's, for errors.
    ///   - directory: where data are kept; the environment's `ZOO_DATA` if nil.
    /// - Throws: `HostError`.
    func imageSet(_ split: Split, name: String, in directory: String?) throws -> ImageSet

    /// What `ImageSet.spread` takes of a split, for sources that need not make the others.
    func spread(_ split: Split, _ count: Int, name: String, in directory: String?) throws -> ImageSet

    /// The training images that clutter on test images is cut from.
    func clutterImages(name: String, in directory: String?) throws -> ImageSet

    /// The files that the images of some splits come from, in the order of their paths, which are texts as `ByteName` writes them.
    ///
    /// - Throws: `HostError` if there is none.
    func files(_ splits: [Split], in directory: String?) throws -> [String]

    /// What there is, in one line. Image files are counted, not decoded.
    ///
    /// - Throws: `HostError` if it is not there or not what it should be.
    func survey(name: String, in directory: String?) throws -> String

    /// How to come by the images where they are missing; nil if no files are needed.
    var advice: String? { get }
}

extension ImageSource {
    package static var settings: [SettingName] { [] }
    package static var lateFields: Set<String> { [] }
    package static var manifestSettings: [SettingName] { [] }
    package static var normalisation: Normalisation { .none }
    package static var contents: String { "the images" }
    package static var hasStreamsByFields: Bool { false }
    package init?(path: String) { nil }
    package mutating func apply(_ settings: DataSettings) throws {}
    package var values: [String: String] { [:] }
    package var heads: Int { 1 }
    package var isDrawn: Bool { false }

    package func spread(_ split: Split, _ count: Int, name: String, in directory: String?) throws -> ImageSet {
        try imageSet(split, name: name, in: directory).spread(count)
    }

    package func clutterImages(name: String, in directory: String?) throws -> ImageSet {
        try imageSet(.train, name: name, in: directory)
    }

    func isEqual(to other: any ImageSource) -> Bool { (other as? Self) == self }
}

/// The kinds of sources.
enum ImageSources {
    static let kinds: [any ImageSource.Type] = [StrokeSource.self, IDXSource.self, FolderSource.self, HouseNumberSource.self]

    /// Those that a name can have: what stands before the path, "folder:".
    static let prefixes = kinds.filter { $0.init(path: "x") != nil }.map { $0.kind + ":" }

    /// The source that an object of a manifest describes.
    ///
    /// - Throws: `config` naming the JSON path.
    static func read(_ place: JSONPlace, of id: String, folder: String) throws -> any ImageSource {
        let members = try place.members()
        guard let value = members["kind"] else { throw place.error("the field 'kind' is missing") }
        let kindPlace = place.child("kind", value)
        let wanted = try kindPlace.string()
        guard let kind = kinds.first(where: { $0.kind == wanted }) else {
            let names = kinds.map { $0.kind }
            throw kindPlace.error("expected one of \(names.joined(separator: ", ")), found \"\(wanted)\"\(suggestion(wanted, names))")
        }
        return try kind.init(
            DataSettings(place, of: id, folder: folder, known: kind.manifestSettings + kind.settings, others: ["kind"]))
    }

    /// The source of a name `kind:PATH`, and its name with a normalised path; nil for other names.
    ///
    /// - Throws: `usage` if there is no path.
    static func named(_ base: String, of name: String) throws -> (source: any ImageSource, base: String, path: String)? {
        guard let kind = kinds.first(where: { base.hasPrefix($0.kind + ":") && $0.init(path: "x") != nil }) else { return nil }
        let path = DataSetName.normalised(path: String(base.dropFirst(kind.kind.count + 1)))
        guard !path.isEmpty, let source = kind.init(path: path) else {
            throw HostError(.usage, file: name, field: "path", expected: "a path after '\(kind.kind):'", found: "nothing")
        }
        return (source, "\(kind.kind):\(path)", path)
    }
}

/// Where the files of a source lie.
package struct DataPlace: Sendable, Hashable {
    let path: String
    /// Whether a relative path starts at the data directory, not at the working directory.
    var isInDataDirectory = false

    static let settings = [SettingName("path"), SettingName("data-path")]

    init(_ path: String, isInDataDirectory: Bool = false) {
        self.path = path
        self.isInDataDirectory = isInDataDirectory
    }

    /// `path`, relative to the manifest's folder, or `data_path`, relative to the data directory.
    ///
    /// - Throws: `config` if neither is there, or both are, or it is empty.
    init(_ settings: DataSettings) throws {
        let (own, data) = (settings["path"], settings["data-path"])
        switch (own, data) {
        case (let setting?, nil), (nil, let setting?):
            let path = DataSetName.normalised(path: try setting.text())
            guard !path.isEmpty else { throw setting.wrong("a path") }
            let isOwn = data == nil && !path.hasPrefix("/") && !settings.folder.isEmpty
            self.init(isOwn ? DataSetName.normalised(path: settings.folder + "/" + path) : path, isInDataDirectory: data != nil)
        case (let setting?, _?): throw setting.wrong("either 'path' or 'data_path', not both")
        case (nil, nil):
            throw settings.wrong(
                "'path', relative to the manifest, or 'data_path', relative to the data directory", found: "neither")
        }
    }

    /// The path to read.
    ///
    /// - Parameters:
    ///   - dataSet: whose images are wanted.
    ///   - contents: what of the data directory should be there.
    func resolved(in directory: String?, for dataSet: String, holding contents: String) throws -> String {
        guard isInDataDirectory, !path.hasPrefix("/") else { return path }
        return "\(try DataDirectory.find(directory, for: dataSet, holding: contents))/\(path)"
    }
}
