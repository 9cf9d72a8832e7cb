import ZooCore

/// A published set in MNIST's file format: what its files are called, where people have them, and what its labels mean.
///
/// Looked for in the data directory and in folders of the set's name in it, and there also in `raw` and `gzip`, as torchvision and the
/// publishers leave them, with or without `.gz`; `train-images.idx3-ubyte` does for `train-images-idx3-ubyte`, and so does a folder of
/// the file's name with the file in it, as Kaggle leaves them.
struct IDXFamily: Sendable, Hashable {
    let name: String
    /// What people call it.
    let title: String
    /// What all files' names begin with.
    let prefix: String
    /// Names of its folder.
    let folders: [String]
    /// Whether its files are looked for in the data directory itself, too: not where they are called as MNIST's are.
    let isFoundByItself: Bool
    let classes: [String]
    /// The label of the first class.
    let firstLabel: Int
    /// SHA-256 of the published files, inflated, by `part`; of those that are known.
    private(set) var checksums: [String: String] = [:]

    static let settings = [
        SettingName("title"), SettingName("prefix"), SettingName("folders"), SettingName("own-folder"), SettingName("classes"),
        SettingName("first-label"), SettingName("sha256"),
    ]

    /// - Throws: `config` naming the JSON path, if a setting is wrong or `folders` is missing.
    init(_ settings: DataSettings) throws {
        name = settings.owner
        title = try settings["title"]?.text() ?? name
        prefix = try settings["prefix"]?.text() ?? ""
        guard let given = settings["folders"] else {
            throw settings.wrong("'folders', names of folders in the data directory, or 'path'", found: "neither")
        }
        folders = try given.texts()
        if let bad = folders.first(where: { $0.isEmpty || $0.contains("/") || $0.hasPrefix(".") }) {
            throw given.wrong("names of folders without a slash or a dot in front, not '\(bad)'")
        }
        isFoundByItself = try !(settings["own-folder"]?.flag() ?? false)
        classes = try settings["classes"]?.texts() ?? digitClasses
        firstLabel = try settings["first-label"]?.integer(-(1 << 31)...(1 << 31), "the label of the first class") ?? 0
        for (key, place) in try settings["sha256"]?.members() ?? [:] {
            guard Self.parts.contains(key) else {
                throw place.error("unknown field\(suggestion(key, Self.parts)); known are \(Self.parts.joined(separator: ", "))")
            }
            checksums[key] = try place.digest()
        }
    }

    /// "train-images" and so on: what `sha256` has a checksum of.
    private static let parts = Split.allCases.flatMap { split in Part.allCases.map { part(split, $0) } }

    static func part(_ split: Split, _ part: Part) -> String { "\(split.rawValue)-\(part.rawValue)" }

    /// The folders that its files may lie in, the likelier first.
    private func places(in directory: String) -> [String] {
        let itself = directory.split(separator: "/").contains { part in
            folders.contains { $0.lowercased() == part.lowercased() }
        }
        let own = folders.map { "\(directory)/\($0)" }
        let deep = own.flatMap { folder in folders.map { "\(folder)/\($0)" } }
        return ((isFoundByItself || itself ? [directory] : []) + own + deep).flatMap { [$0, $0 + "/raw", $0 + "/gzip", $0 + "/raw/gzip"] }
    }

    /// - Throws: `noInput` if there is none.
    func find(_ split: Split, _ what: IDXFamily.Part, in directory: String) throws -> (path: String, kind: IDX.Kind) {
        let stems = split == .train ? ["train"] : prefix.isEmpty ? ["t10k", "test"] : ["test", "t10k"]
        let kinds: [IDX.Kind] = what == .images ? [.images] : [.labels, .extendedLabels]
        let names = kinds.flatMap { kind in
            stems.flatMap { stem in
                ["-", "."].map { (kind, "\(prefix)\(stem)-\(what.rawValue)\($0)idx\(kind.rank)-\(kind.type == 8 ? "ubyte" : "int")") }
            }
        }
        for place in places(in: directory) where DataFile.isDirectory(place) {
            for (kind, name) in names {
                for path in ["\(place)/\(name)", "\(place)/\(name).gz"] {
                    guard let found = DataFile.kind(of: path) else { continue }
                    guard found == .folder else { return (path, kind) }
                    let inside = try FileTree(path, depth: 0).files.map { $0.map(\.text).joined() }
                    let wanted = names.flatMap { [$0.1, $0.1 + ".gz"] }
                    if let file = inside.first(where: wanted.contains) ?? (inside.count == 1 ? inside.first : nil) {
                        return ("\(path)/\(file)", kind)
                    }
                }
            }
        }
        throw HostError(
            .noInput, file: directory, field: "\(split.rawValue) \(what.rawValue)",
            expected: "\(names.first?.1 ?? "")[.gz] "
                + (isFoundByItself ? "there or in \(folders.joined(separator: "/ or "))/" : "in \(folders.joined(separator: "/ or "))/"),
            found: "no such file")
    }

    enum Part: String, CaseIterable { case images, labels }

    var contents: String { "\(title)'s four IDX files" }
}
