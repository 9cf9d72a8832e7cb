import ZooHost

/// Image files in one folder per class, in a directory or in a tar of it: found, not yet read.
///
/// The class folders stand side by side, at whatever depth of a tar. Classes and files are in the order of their names' bytes.
/// Files that are no pictures by name are left out, with a warning.
struct ClassFolders: Sendable {
    struct File: Sendable {
        /// Index into `classes`.
        let label: Int
        /// Without folders.
        let name: String
        fileprivate let location: Location
    }

    fileprivate enum Location: Sendable {
        case file(String)
        case member(Range<Int>)
    }

    let path: String
    let classes: [String]
    let files: [File]
    let warnings: [String]
    private let archive: TarArchive?

    /// - Throws: `HostError` if there is nothing of that name, no class, a class without images, or folders that are not side by side.
    init(path: String) throws {
        self.path = path
        var found: [String: [(name: String, location: Location)]] = [:]
        if DataFile.isDirectory(path) {
            archive = nil
            for folder in try DataFile.names(in: path) where DataFile.isDirectory("\(path)/\(folder)") {
                found[folder] = try DataFile.names(in: "\(path)/\(folder)").map { ($0, .file("\(path)/\(folder)/\($0)")) }
            }
        } else {
            let archive = try TarArchive(path: path)
            self.archive = archive
            found = try Self.folders(of: archive)
        }
        guard !found.isEmpty else {
            throw HostError(.data, file: path, field: "classes", expected: "a folder of pictures for each", found: "none")
        }
        guard found.count <= 256 else {
            throw HostError(.data, file: path, field: "classes", expected: "at most 256", found: "\(found.count)")
        }
        let classes = found.keys.sorted(by: DataFile.byBytes)
        var files: [File] = []
        var others = 0
        for (label, name) in classes.enumerated() {
            let all = (found[name] ?? []).sorted { DataFile.byBytes($0.name, $1.name) }
            let images = all.filter { Picture.isPicture(name: $0.name) }
            others += all.count - images.count
            guard !images.isEmpty else {
                throw HostError(.data, file: path, field: "class \(name)", expected: "pictures", found: "none")
            }
            files += images.map { File(label: label, name: $0.name, location: $0.location) }
        }
        self.classes = classes
        self.files = files
        warnings = others == 0 ? [] : ["\(path): \(others) file\(others == 1 ? "" : "s") left out, no pictures by name"]
    }

    /// What one file is called in a complaint.
    func place(_ file: File) -> String { "\(path): \(classes[file.label])/\(file.name)" }

    /// - Throws: `HostError` if it cannot be read.
    func bytes(of file: File) throws -> [UInt8] {
        switch file.location {
        case .file(let path): try DataFile.bytes(of: path, limit: 1 << 30)
        case .member(let range): archive.map { Array($0.bytes[range]) } ?? []
        }
    }

    /// The class folders of an archive: those that hold images, and the empty ones beside them.
    private static func folders(of archive: TarArchive) throws -> [String: [(name: String, location: Location)]] {
        func split(_ name: String) -> (parent: String, last: String) {
            guard let slash = name.lastIndex(of: "/") else { return ("", name) }
            return (String(name[..<slash]), String(name[name.index(after: slash)...]))
        }
        let images = archive.members.filter { !$0.isFolder && Picture.isPicture(name: $0.name) }
        guard let first = images.first else { return [:] }
        let root = split(split(first.name).parent).parent
        let filled = Set(images.map { split($0.name).parent })
        var found: [String: [(name: String, location: Location)]] = [:]
        for member in archive.members {
            if member.isFolder {
                let (parent, name) = split(member.name)
                if parent == root, !filled.contains(member.name) { found[name] = found[name] ?? [] }
                continue
            }
            let (folder, name) = split(member.name)
            let (parent, label) = split(folder)
            guard parent == root, !label.isEmpty else {
                guard !Picture.isPicture(name: name) else {
                    throw HostError(
                        .data, file: archive.path, field: "folders", expected: "class folders side by side",
                        found: "\(first.name) and \(member.name)")
                }
                continue
            }
            found[label, default: []].append((name, .member(member.range)))
        }
        return found
    }
}
