import Foundation
import Glibc
public import ZooCore

/// The plugins of a batch as one process hands them to another: what they are, and where the private copies of their bytes lie.
///
/// A worker that is made from a plan looks for nothing and loads those bytes or none, even if the plugins are rebuilt meanwhile.
public struct PluginPlan: Codable, Sendable {
    package struct Item: Codable, Sendable {
        package let path: String
        package let size: Int64
        package let profile: PluginRecord.Profile
        package let pin: PluginVault.Pin
        /// Why it could not be copied, and so cannot be loaded.
        package let problem: HostError?

        package init(_ plugin: KnownPlugin, _ pin: PluginVault.Pin, problem: HostError? = nil) {
            self.problem = problem
            path = plugin.path
            size = plugin.size
            profile = plugin.profile
            self.pin = pin
        }

        package func plugin() throws(HostError) -> KnownPlugin {
            try KnownPlugin(path: path, sha256: pin.sha256, size: size, profile: profile)
        }
    }

    package let vault: String
    package let plugins: [Item]

    package init(vault: String, plugins: [Item]) {
        self.vault = vault
        self.plugins = plugins
    }

    /// SHA-256 by path: of the plugins, and of the libraries that they bring along.
    public var hashes: [String: String] {
        plugins.reduce(into: [:]) { all, item in
            all[item.path] = item.pin.sha256
            all.merge(item.pin.companions) { mine, _ in mine }
        }
    }

    /// Reads a plan that `write` has written.
    ///
    /// - Throws: `noInput` if it is not there, `noPermission` if others could have written it, `data` if it is garbled.
    public init(path: String) throws(HostError) {
        let contents = try Trust(allowed: []).open(path).contents()
        // It is in use: see PluginVault's lifetime.
        utimensat(AT_FDCWD, path, nil, 0)
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do { self = try decoder.decode(PluginPlan.self, from: contents) } catch {
            throw HostError(.data, "\(path): not a plan of plugins")
        }
    }

    /// Writes it beside the copies, where nobody else can.
    ///
    /// - Returns: the file's path.
    /// - Throws: `cantCreate` or `io`.
    public func write() throws -> String {
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let contents = try encoder.encode(self)
        let path = try "\(vault)/plan-\(Checksum.sha256(of: contents)).json"
        try FileBytes.writeAtomically([contents], to: path)
        return path
    }
}
