public import Foundation
import Synchronization
import ZooCore

/// What has been found out about the files on the search path, so that none is looked at twice: in this process, and from one to
/// the next in the user's cache directory, in a file for each place that a zoo is used from.
///
/// A record holds while its file does: by size, times and inode, or else by hash. The file as a whole holds for one version of
/// the contract and one build of the engine. Whatever is wrong with it, it is made again.
public enum PluginCache {
    /// Counted up when a record comes to mean something else.
    private static let format = 2
    private static let largest = 64 << 20

    struct Contents: Codable {
        var format = PluginCache.format
        var abi = PluginContract.version
        /// The state of the engine's library.
        var engine = FileFacts(path: Program.engine)
        var plugins: [String: PluginRecord] = [:]
    }

    private static let memory = Mutex<[String: PluginRecord]>([:])

    /// The records known for those files, whether they still hold or not.
    static func records(directory: String?) -> [String: PluginRecord] {
        memory.withLock { memory in
            if let directory { memory.merge(stored(directory).plugins) { mine, _ in mine } }
            return memory
        }
    }

    /// Adds records, for this process and, where there is a directory, for those to come.
    ///
    /// Another process may write at the same time: the file is then one of the two, and what is missing is found out again. Where nothing
    /// can be written nothing is kept, and no harm is done.
    static func keep(_ records: [String: PluginRecord], directory: String?) {
        guard !records.isEmpty else { return }
        memory.withLock { $0.merge(records) { _, new in new } }
        guard let directory else { return }
        var contents = stored(directory)
        contents.plugins.merge(records) { _, new in new }
        contents.plugins = contents.plugins.filter { FileManager.default.fileExists(atPath: $0.key) }
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try? FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        guard let data = try? encoder.encode(contents) else { return }
        try? FileBytes.writeAtomically([data], to: file(directory))
    }

    /// What is remembered of the plugins in those directories: no file of a plugin is looked at, so what was added or changed since is missing.
    ///
    /// - Parameter directory: the user's cache directory.
    public static func remembered(in directories: [String], directory: String?) -> (plugins: [String], components: [ComponentInfo]) {
        let profiles: [(path: String, profile: PluginRecord.Profile)] = records(directory: directory).compactMap { path, record in
            guard case .plugin(let profile) = record.finding, directories.contains((path as NSString).deletingLastPathComponent) else {
                return nil
            }
            return (path, profile)
        }
        let sorted = profiles.sorted { $0.path < $1.path }
        return (sorted.map { ($0.path as NSString).lastPathComponent }, sorted.flatMap(\.profile.components))
    }

    /// Two zoos whose paths come to one name would find each other's file to be of another engine, and make it again.
    static func file(_ directory: String) -> String {
        let place = String(Program.directory.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }.suffix(160))
        return "\(directory)/plugins\(place).json"
    }

    /// What the file holds; nothing if it is missing, garbled, somebody else's, or of another contract or engine.
    private static func stored(_ directory: String) -> Contents {
        // Who writes it says what plugins there are and what has been found out about them: it is judged as they are.
        guard let opened = try? Trust(allowed: []).open(file(directory)), opened.size <= largest, let data = try? opened.contents(),
            let contents = decode(data)
        else { return Contents() }
        let own = Contents()
        return contents.format == own.format && contents.abi == own.abi && contents.engine == own.engine ? contents : own
    }

    private static func decode(_ data: Data) -> Contents? {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try? decoder.decode(Contents.self, from: data)
    }

    /// How many records these bytes hold as the contents of that file; nil if they are none. For those who test
    /// how it takes garbled ones.
    public static func recordCount(in data: Data) -> Int? { decode(data)?.plugins.count }
}
