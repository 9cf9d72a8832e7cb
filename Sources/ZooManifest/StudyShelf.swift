import Foundation
import ZooCore

/// The studies that lie in `Protocols`, beside a manifest.
public struct StudyShelf: Sendable {
    public let folder: String

    public init(beside manifest: Manifest) { folder = Manifest.resolve("Protocols", in: Manifest.folder(of: manifest.path)) }

    /// The study of that name, or in that file.
    ///
    /// - Throws: `usage`, with the nearest name there is; what reading it throws.
    public func study(_ name: String) throws -> Study {
        if name.contains("/") || name.hasSuffix(".json") { return try Study(path: name) }
        let known = names
        guard known.contains(name) else {
            throw HostError(
                .usage,
                "there is no study '\(name)' in \(folder)\(suggestion(name, known)); there are: \(known.isEmpty ? "none" : known.joined(separator: ", "))"
            )
        }
        return try Study(path: "\(folder)/\(name).json")
    }

    public func all() throws -> [Study] { try names.map { try study($0) } }

    private var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".json") }.map {
            String($0.dropLast(5))
        }
        .sorted()
    }
}
