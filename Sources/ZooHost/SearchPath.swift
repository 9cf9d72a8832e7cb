public import Foundation

/// Where plugins are looked for, in this order: given directories, `ZOO_PLUGIN_PATH`, the directory of the program, the user's own.
public struct SearchPath: Sendable {
    public let directories: [String]

    /// - Parameter given: directories named by the caller; those must exist.
    /// - Throws: `noInput` if a given directory does not exist.
    public init(given: [String] = [], environment: [String: String] = ProcessInfo.processInfo.environment) throws(HostError) {
        for directory in given where !Self.isDirectory(directory) {
            throw HostError(.noInput, "\(directory): no such plugin directory")
        }
        var list = given
        list += (environment["ZOO_PLUGIN_PATH"] ?? "").split(separator: ":").map(String.init)
        list.append(Program.directory)
        list.append(Self.userDirectory(environment))
        var seen: Set<String> = []
        directories = list.compactMap { directory in
            guard Self.isDirectory(directory) else { return nil }
            let path = URL(fileURLWithPath: directory).resolvingSymlinksInPath().path
            return seen.insert(path).inserted ? path : nil
        }
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
