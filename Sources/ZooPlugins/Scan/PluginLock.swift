public import Foundation
package import ZooCore

/// The plugins that may be used, pinned by their hashes: where there is a lock, nothing else is loaded.
public struct PluginLock: Sendable, Equatable {
    public struct Pin: Codable, Sendable, Equatable {
        public let id, version: String
        /// SHA-256 of the library, lower-case hex.
        public let sha256: String
    }

    /// The hashes by the library's file name: a lock holds wherever the same files lie.
    public let pins: [String: Pin]
    /// Where it was read from.
    public let path: String

    /// The name of the file beside `zoo.json` that is used if no other is named.
    public static let fileName = "zoo-plugins.lock"

    /// Reads a lock.
    ///
    /// - Throws: `noInput` if there is no such file, `data` if it is not JSON, `config` that names the field that is wrong.
    public init(path: String) throws { try self.init(contents: FileBytes.read(path), path: path) }

    /// Reads a lock from its bytes; `path` is what errors call it.
    public init(contents: Data, path: String) throws {
        self.path = path
        let root = JSONPlace(value: try JSON(contents: contents, file: path), file: path, path: "$")
        let fields = try root.object(["version", "plugins"], required: ["version", "plugins"])
        _ = try fields["version"]?.int(in: 1...1)
        var pins: [String: Pin] = [:]
        for (file, value) in try fields["plugins"]?.members() ?? [:] {
            let place = JSONPlace(value: value, file: path, path: "$.plugins.\(file)")
            let names = ["id", "version", "sha256"]
            let pin = try place.object(names, required: names)
            pins[file] = Pin(
                id: try pin["id"]?.string() ?? "", version: try pin["version"]?.string() ?? "", sha256: try pin["sha256"]?.digest() ?? "")
        }
        self.pins = pins
    }

    /// A lock of these plugins as they are now. Of two with one file name only the first is used, and it is the one that is pinned.
    public init(_ plugins: [KnownPlugin], path: String) {
        self.path = path
        pins = Dictionary(
            plugins.map { ($0.fileName, Pin(id: $0.descriptor.id, version: $0.descriptor.version, sha256: $0.sha256)) },
            uniquingKeysWith: { first, _ in first })
    }

    /// - Throws: `cantCreate` or `io` if it cannot be written.
    public func write() throws {
        struct File: Encodable {
            let version = 1
            let plugins: [String: Pin]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try FileBytes.writeAtomically([encoder.encode(File(plugins: pins)), Data("\n".utf8)], to: path)
    }

    /// - Throws: `noPermission` if the plugin is not the one that is pinned.
    package func check(_ file: String, sha256: String) throws(HostError) {
        let name = (file as NSString).lastPathComponent
        let cure = "'zoo plugin lock' pins what is there now"
        guard let pin = pins[name] else { throw HostError(.noPermission, "\(file): not among the plugins that \(path) pins; \(cure)") }
        guard pin.sha256 == sha256 else {
            throw HostError(
                .noPermission, "\(file): its SHA-256 is \(sha256.prefix(12))…, \(path) pins \(pin.sha256.prefix(12))…; \(cure)")
        }
    }
}
