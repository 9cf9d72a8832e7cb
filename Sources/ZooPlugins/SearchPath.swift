public import Foundation
public import ZooCore

/// Where plugins are looked for, in this order: given directories, `ZOO_PLUGIN_PATH`, the directory of the program, the user's own.
public struct SearchPath: Sendable {
    /// Absolute, symbolic links resolved.
    public let directories: [String]
    /// Files and directories that the user vouches for: they are not asked whose they are.
    public let allowed: [String]
    /// `$XDG_CACHE_HOME/stn-zoo`, or the same under `~/.cache`: what is known of plugins. nil: nothing is kept.
    public let cacheDirectory: String?

    /// - Parameters:
    ///   - given: directories named by the caller; those must exist.
    ///   - allowed: as named by the caller; those of `ZOO_PLUGIN_ALLOW` come in addition.
    /// - Throws: `noInput` if a given directory does not exist; `config` if a part of `ZOO_PLUGIN_PATH` or `ZOO_PLUGIN_ALLOW` is empty or
    ///   relative, as what it means would change with the directory that one is in.
    public init(
        given: [String] = [], allowed: [String] = [], environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(HostError) {
        for directory in given where !Self.isDirectory(directory) {
            throw HostError(.noInput, "\(directory): no such plugin directory")
        }
        self.allowed = allowed + (try Self.parts("ZOO_PLUGIN_ALLOW", environment))
        let list = given + (try Self.parts("ZOO_PLUGIN_PATH", environment)) + [Program.directory, Self.userDirectory(environment)]
        var seen: Set<String> = []
        directories = list.compactMap { directory in
            guard Self.isDirectory(directory) else { return nil }
            let path = URL(fileURLWithPath: directory).resolvingSymlinksInPath().path
            return seen.insert(path).inserted ? path : nil
        }
        let caches = environment["XDG_CACHE_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 + "/.cache" : nil }
        cacheDirectory = (caches ?? home).map { $0 + "/stn-zoo" }
    }

    /// The parts of a variable with ':' between them.
    private static func parts(_ variable: String, _ environment: [String: String]) throws(HostError) -> [String] {
        guard let text = environment[variable], !text.isEmpty else { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        for (index, part) in parts.enumerated() where !part.hasPrefix("/") {
            let found = part.isEmpty ? "empty" : "'\(part)'"
            throw HostError(.config, "\(variable): part \(index + 1) of \(parts.count) is \(found), expected an absolute path")
        }
        return parts
    }

    /// `$XDG_DATA_HOME/stn-zoo/plugins`, or the same under `~/.local/share`.
    public static func userDirectory(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
        let base = environment["XDG_DATA_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? (environment["HOME"] ?? "") + "/.local/share"
        return base + "/stn-zoo/plugins"
    }

    static func isDirectory(_ path: String) -> Bool {
        var directory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &directory) && directory.boolValue
    }
}
