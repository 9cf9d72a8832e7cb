import Foundation
import Glibc
public import ZooCore
import ZooPlugins

/// The validator: runs checks on a plugin in other processes, each within a time limit.
public struct PluginCheck: Sendable, Codable {
    /// The hidden command of the program that runs checks.
    public static let command = "check-plugin"

    public struct Report: Codable, Sendable {
        public let file: String
        public let seed: UInt64
        public let checks: [Check.Result]
        public var hasFailures: Bool { checks.contains { $0.verdict == .failed } }
    }

    public let file: String
    public let seed: UInt64
    public let calls: Int
    /// Directories of plugins whose components may fill slots.
    public let others: [String]
    /// Seconds for one check.
    public let timeLimit: Double
    /// All checks in one process as long as none ends it, instead of one each: faster, but one check may suffer from another.
    public let sharing: Bool

    public init(file: String, seed: UInt64, calls: Int = 1000, others: [String] = [], timeLimit: Double = 60, sharing: Bool = false) {
        self.file = file
        self.seed = seed
        self.calls = calls
        self.others = others
        self.timeLimit = timeLimit
        self.sharing = sharing
    }

    /// The checks of those names, in the order of all checks; all for none.
    ///
    /// - Throws: `usage`, with the nearest name there is.
    public static func named(_ names: [String]) throws(HostError) -> [Check] {
        let known = Check.all.map(\.name)
        if let stray = names.first(where: { !known.contains($0) }) {
            throw HostError(.usage, "there is no check '\(stray)'\(suggestion(stray, known)); there are \(known.joined(separator: ", "))")
        }
        return names.isEmpty ? Check.all : Check.all.filter { names.contains($0.name) }
    }

    /// Runs the checks in this process.
    public func runHere(_ checks: [Check], _ tell: (Check.Result) -> Void) throws(HostError) {
        let bench = try Bench(path: file, others: others, seed: seed, calls: calls)
        for check in checks { tell(check.run(on: bench)) }
    }

    /// Runs the checks in processes of their own.
    ///
    /// - Parameter tell: called after each check.
    /// - Throws: `noInput` if there is no such file, `unavailable` if no process can be started.
    public func run(_ checks: [Check], _ tell: (Check.Result) -> Void = { _ in }) throws(HostError) -> Report {
        // Scanned here and once; the other processes find it in the cache.
        do { _ = try Bench(path: file, others: others, retrying: true).scanned() } catch {
            throw error as? HostError ?? HostError(.software, "\(error)")
        }
        var results: [Check.Result] = []
        var waiting = checks
        while let next = waiting.first {
            let batch = sharing ? waiting : [next]
            let child = try start(batch)
            var found = Self.parse(child.output)
            if found.count < batch.count {
                // The one that it was at ended it.
                let words = child.lastWords.map { ": \($0)" } ?? ""
                let name = batch[found.count].name
                found.append(
                    Check.Result(check: name, verdict: .failed, details: ["the process \(child.end.description)\(words)"], seconds: 0))
            }
            found.forEach(tell)
            results += found
            waiting.removeFirst(min(found.count, waiting.count))
        }
        return Report(file: file, seed: seed, checks: results)
    }

    private func start(_ checks: [Check]) throws(HostError) -> ChildProcess {
        let request = try? JSONEncoder().encode(Request(check: self, names: checks.map(\.name)))
        return try ChildProcess.run(
            Prober.program, [Self.command, String(decoding: request ?? Data(), as: UTF8.self)], patience: timeLimit)
    }

    private static func parse(_ output: [UInt8]) -> [Check.Result] {
        output.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONDecoder().decode(Check.Result.self, from: Data($0)) }
    }

    /// What the other process is asked to do.
    private struct Request: Codable {
        let check: PluginCheck
        let names: [String]
    }

    /// The other side: runs the checks and tells of each in a line of JSON on standard output. What the plugin prints
    /// goes to standard error.
    ///
    /// - Parameter request: as `run` wrote it.
    public static func answer(_ request: String) throws(HostError) {
        guard let request = try? JSONDecoder().decode(Request.self, from: Data(request.utf8)) else {
            throw HostError(.usage, "'\(command)' expects a request in JSON, as the program writes it")
        }
        let lines = Prober.takeOverOutput()
        try request.check.runHere(named(request.names)) { result in
            if let line = try? JSONEncoder().encode(result) { lines.write(line) }
        }
    }
}
