package import CZooPlugin
public import Foundation
import Glibc
package import ZooCore
import ZooKit

/// Loads plugins in another process, so that one that crashes or hangs does it there.
public enum Prober {
    /// The hidden command of the program that answers.
    public static let command = "probe-plugin"

    /// The program that answers, beside the one that runs.
    public static let program = Program.directory + "/zoo"

    /// Seconds that one plugin may take to load.
    static let patience: Double = 30

    /// What it says first, in place of a path: the engine runs, so what goes wrong from here on is a plugin's fault.
    private static let ready = "ready"

    /// A plugin that nobody has loaded yet.
    struct Suspect {
        let path: String
        let sha256: String
        /// What is loaded.
        let copy: String
    }

    /// What the other process says of a file, a line of JSON each.
    struct Reply: Codable {
        let path: String
        var profile: PluginRecord.Profile?
        var broken: HostError?
    }

    /// Probes files, all in one process as long as all goes well; the one it ends at is tried again alone, and the rest after it.
    ///
    /// - Returns: by path; and of those that ended or stopped the process, the cause.
    /// - Throws: `unavailable` if there is no program to do it.
    static func probe(_ suspects: [Suspect]) throws(HostError) -> (replies: [String: Reply], fatal: [String: HostError]) {
        guard access(program, X_OK) == 0 else {
            throw HostError(.unavailable, "\(program): not there; it is the program that looks at new plugins in a process of its own")
        }
        var replies: [String: Reply] = [:]
        var fatal: [String: HostError] = [:]
        var waiting = suspects
        while !waiting.isEmpty {
            let batch = Array(waiting.prefix(500))
            var child = try ChildProcess.run(program, [command] + batch.flatMap { [$0.path, $0.copy] }, patience: patience)
            let answer = parse(child.output)
            guard answer[ready] != nil else {
                let words = child.lastWords.map { $0.hasPrefix("zoo: ") ? String($0.dropFirst(5)) : $0 }
                throw HostError(.unavailable, words ?? "\(program): the process that looks at plugins \(child.end.description)")
            }
            replies.merge(answer) { first, _ in first }
            waiting.removeAll { replies[$0.path] != nil }
            guard let suspect = waiting.first, batch.contains(where: { $0.path == suspect.path }) else { continue }
            // One before it may have done the damage.
            if batch.count > 1 { child = try ChildProcess.run(program, [command, suspect.path, suspect.copy], patience: patience) }
            let path = suspect.path
            if let reply = parse(child.output)[path] {
                replies[path] = reply
            } else {
                let words = child.lastWords.map { ": \($0)" } ?? ""
                fatal[path] = HostError(
                    .software, "\(path): the process that loaded it \(child.end.description)\(words); 'zoo doctor' tries it again")
            }
            waiting.removeFirst()
        }
        return (replies, fatal)
    }

    private static func parse(_ output: [UInt8]) -> [String: Reply] {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        let replies = output.split(separator: UInt8(ascii: "\n")).compactMap { try? decoder.decode(Reply.self, from: Data($0)) }
        return Dictionary(replies.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The other side: loads the plugins one after the other and tells of each on standard output.
    ///
    /// - Parameters:
    ///   - paths: for each plugin the path at which it was found, and that of the copy to load.
    ///   - startEngine: gives the table that plugins are handed.
    /// - Throws: what `startEngine` throws.
    package static func answer(
        _ paths: [String], startEngine: () throws(HostError) -> UnsafePointer<zoo_host_v1>?
    ) throws(HostError) {
        let lines = takeOverOutput()
        let host = try startEngine()
        lines.write(Data("{\"path\": \"\(ready)\"}".utf8))
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        encoder.outputFormatting = .withoutEscapingSlashes
        for index in stride(from: 0, to: paths.count - 1, by: 2) {
            if let line = try? encoder.encode(examine(paths[index], copy: paths[index + 1], host)) { lines.write(line) }
        }
    }

    /// Lines to the process that asked.
    public struct Lines {
        fileprivate let descriptor: Int32

        public func write(_ line: Data) {
            (line + [UInt8(ascii: "\n")]).withUnsafeBytes { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                    if count <= 0 { return }
                    rest = rest.dropFirst(count)
                }
            }
        }
    }

    /// Keeps standard output for answers, and leaves no core behind.
    public static func takeOverOutput() -> Lines {
        StandardOutput.claim()
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        return Lines(descriptor: StandardOutput.descriptor)
    }

    /// How long this thread has waited for a processor so far, which says nothing about a plugin; 0 where the kernel does not count that.
    private static var queuedSeconds: Double {
        let fields = FileManager.default.contents(atPath: "/proc/thread-self/schedstat").map { String(decoding: $0, as: UTF8.self) }?
            .split(whereSeparator: \.isWhitespace)
        return fields.flatMap { $0.count > 1 ? Double($0[1]) : nil }.map { $0 / 1e9 } ?? 0
    }

    private static func examine(_ path: String, copy: String, _ host: UnsafePointer<zoo_host_v1>?) -> Reply {
        do {
            guard let file = try PluginFile(library: ELFFile(contents: FileBytes.read(copy), path: path)) else {
                return Reply(path: path, broken: HostError(.data, "\(path): no plugin"))
            }
            try file.requireLoadable(engine: Engine.name)
            let (start, queued) = (ContinuousClock.now, queuedSeconds)
            let components = try PluginLoader.load(file, from: copy, host: host)
            let seconds = (ContinuousClock.now - start) / .seconds(1) - (queuedSeconds - queued)
            return Reply(
                path: path,
                profile: .init(
                    descriptor: file.descriptor.text, needed: file.library.needed, components: components.map(\.info), seconds: seconds))
        } catch {
            return Reply(path: path, broken: error as? HostError ?? HostError(.io, "\(path): \(error)"))
        }
    }
}
