import Foundation
import ZooCore
package import ZooHost
import ZooKit
package import ZooManifest
import ZooPlugins

/// The code that decides an entry's results, besides weights and data.
package struct EntryCode {
    /// Settings by slot and option, defaults included; of a file its content.
    package let settings: [String: [String: String]]
    /// SHA-256 by file name.
    package let plugins: [String: String]
    /// SHA-256 by path, of the files that settings name.
    package let files: [String: String]
    /// The file whose weights the entry brings with it.
    package let ownWeights: String?

    package init(_ entry: Entry, host: HostRuntime) throws {
        let resolved = try host.resolve(entry)
        var settings: [String: [String: String]] = [:]
        for slot in [nil] + resolved.parts.keys.sorted().map(Optional.some) {
            settings[slot ?? "architecture"] = Dictionary(
                resolved.settings(of: slot).map { ($0.name, $0.value.description) }, uniquingKeysWith: { first, _ in first })
        }
        // A file is what is in it, wherever it lies.
        var files: [String: String] = [:]
        for file in resolved.namedFiles {
            files[file.path] = try host.loaded[file.path] ?? Checksum.sha256(ofFile: file.path)
            settings[file.slot ?? "architecture"]?[file.option] = files[file.path]
        }
        self.files = files
        self.settings = settings
        // The host loads the bytes that were read when the plugins were found, or fails.
        let known = Dictionary(host.plugins.map { ($0.path, $0.sha256) }, uniquingKeysWith: { first, _ in first })
        plugins = Self.named(resolved.files) { known[$0] }
        ownWeights = resolved.ownWeights.first?.path
    }

    /// Checksums of some libraries by their file names; where two have the same name, the second by its path.
    static func named(_ paths: [String], checksum: (String) -> String?) -> [String: String] {
        var result: [String: String] = [:]
        for path in paths {
            let name = (path as NSString).lastPathComponent
            result[result[name] == nil ? name : path] = checksum(path) ?? ""
        }
        return result
    }
}
