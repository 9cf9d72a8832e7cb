import Foundation
import ZooCore

/// Pictures in one folder per class, in a directory or in an archive of it: found, not yet read.
///
/// `ClassLayout` says which folders are classes, and which are splits.
struct ClassFolders: Sendable {
    struct File: Sendable {
        /// Index into `classes`.
        let label: Int
        /// Below the class folder.
        let name: String
        /// Where the folders divide the images.
        let split: Split?
        fileprivate let location: Location
    }

    fileprivate enum Location: Sendable {
        case file(String)
        case member([UInt8])
    }

    let path: String
    let classes: [String]
    let files: [File]
    let warnings: [String]

    /// - Throws: `HostError` if there is nothing of that name, nothing that can be read, or no class.
    init(path: String) throws {
        self.path = path
        let layout: ClassLayout
        switch DataFile.kind(of: path) {
        case nil:
            throw HostError(
                .noInput, file: path, field: "file", expected: "a folder of class folders, or an archive of them",
                found: DataFile.reason())
        case .folder?:
            let tree = try FileTree(path)
            layout = try ClassLayout(path: path, files: tree.files, folders: tree.folders, leftOut: tree.leftOut)
            files = layout.images.map { image in
                File(
                    label: image.label, name: image.name, split: image.split,
                    location: .file(Self.join(path, tree.files[image.index])))
            }
        default:
            let archive = try Archive(path: path, wants: Picture.isPicture)
            layout = try ClassLayout(
                path: path, files: archive.files.map(\.parts), folders: archive.folders, leftOut: archive.leftOut)
            files = layout.images.map { image in
                File(
                    label: image.label, name: image.name, split: image.split, location: .member(archive.files[image.index].contents))
            }
        }
        classes = layout.classes
        warnings = layout.warnings
    }

    /// The archive, or the pictures below a directory and their folders, in order: what decides which images there are.
    ///
    /// - Throws: `noInput` if there is none.
    static func paths(_ path: String) throws -> [String] {
        guard DataFile.isDirectory(path) else {
            guard DataFile.exists(path) else {
                throw HostError(.noInput, file: path, field: "file", expected: "a folder or an archive", found: DataFile.reason())
            }
            return [path]
        }
        let pictures = try FileTree(path).files.filter { $0.last.map(Picture.isPicture) ?? false }
        guard !pictures.isEmpty else {
            throw HostError(.data, file: path, field: "images", expected: "pictures in class folders", found: "none")
        }
        return pictures.map { join(path, $0) }
    }

    private static func join(_ path: String, _ parts: [ByteName]) -> String {
        ([path == "/" ? "" : path] + parts.map(\.text)).joined(separator: "/")
    }

    /// What one file is called in a complaint.
    func place(_ file: File) -> String { "\(path): \(classes[file.label])/\(file.name)" }

    /// - Throws: `HostError` if it cannot be read.
    func bytes(of file: File) throws -> [UInt8] {
        switch file.location {
        case .file(let path): try DataFile.bytes(of: path, limit: 1 << 30)
        case .member(let contents): contents
        }
    }
}
