import Foundation
import ZooCore

/// The studies that lie in `Protocols`, beside a manifest and beside those that it includes. Of two of the same name the nearer one is taken.
public struct StudyShelf: Sendable {
    private let folders: [String]

    public init(beside manifest: Manifest) {
        var seen: Set<String> = []
        folders = ([manifest.path] + manifest.entries.map(\.manifest)).compactMap { path in
            seen.insert(path).inserted ? Manifest.resolve("Protocols", in: Manifest.folder(of: path)) : nil
        }
    }

    /// The study of that name, or in that file.
    ///
    /// - Throws: `usage`, with the nearest name there is; what reading it throws.
    public func study(_ name: String) throws -> Study {
        if name.contains("/") || name.hasSuffix(".json") { return try Study(path: name) }
        let files = files
        guard let path = files[name] else {
            let known = files.keys.sorted()
            throw HostError(
                .usage,
                "there is no study '\(name)' in \(folders.joined(separator: ", "))\(suggestion(name, known)); there are: \(known.isEmpty ? "none" : known.joined(separator: ", "))"
            )
        }
        return try Study(path: path)
    }

    public func all() throws -> [Study] { try names.map { try study($0) } }

    public var names: [String] { files.keys.sorted() }

    /// Their paths by their names.
    private var files: [String: String] {
        var found: [String: String] = [:]
        for folder in folders {
            for file in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where file.hasSuffix(".json") {
                let name = String(file.dropLast(5))
                if found[name] == nil { found[name] = "\(folder)/\(file)" }
            }
        }
        return found
    }
}
