import Foundation
package import ZooCore

/// A plugin that is found and can be used. It is loaded when an entry needs it.
public struct KnownPlugin: Sendable {
    public let path: String
    public let descriptor: PluginDescriptor
    public let components: [ComponentInfo]
    /// The library's SHA-256 in lower-case hexadecimal digits.
    public let sha256: String
    /// The library's size in bytes.
    public let size: Int64
    /// The libraries that it links.
    public let needed: [String]
    /// How long loading it took in the process that probed it.
    public let loadSeconds: Double
    /// The library's file name.
    public var fileName: String { (path as NSString).lastPathComponent }
    /// What a process that loads it without looking for it has to know.
    package let profile: PluginRecord.Profile

    /// - Throws: `data` if the descriptor in the profile is none.
    package init(path: String, sha256: String, size: Int64, profile: PluginRecord.Profile) throws(HostError) {
        do { descriptor = try PluginDescriptor(text: profile.descriptor, path: path) } catch {
            throw error as? HostError ?? HostError(.data, "\(path): \(error)")
        }
        self.path = path
        self.sha256 = sha256
        self.size = size
        self.profile = profile
        components = profile.components
        needed = profile.needed
        loadSeconds = profile.seconds
    }
}
