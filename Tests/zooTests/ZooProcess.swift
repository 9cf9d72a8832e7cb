import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// The built program, run as its users run it.
enum ZooProcess {
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
        /// Lines on standard error.
        var complaints: [Substring] { errors.split(separator: "\n") }
    }

    /// The build directory: the tests' own executable lies in it, beside `zoo` and the plugins.
    static let products: URL = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = URL(fileURLWithPath: own).deletingLastPathComponent()
        if FileManager.default.isExecutableFile(atPath: beside.appendingPathComponent("zoo").path) { return beside }
        return root.appendingPathComponent(".build/release")
    }()

    /// The package's folder.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    /// File names of the zoo's own plugins. The engine lies beside them and is none.
    static func builtIn() throws -> [String] {
        let folders = try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent("Plugins").path)
        return try some(folders.filter { !$0.hasPrefix(".") }.sorted().map { "lib\($0).so" }, "plugins")
    }

    /// An empty data directory: without real images the default data set is drawn, the same on every machine.
    private static let noData: String = {
        let folder = products.appendingPathComponent("test-data")
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.path
    }()

    static let program = products.appendingPathComponent("zoo")

    /// An environment in which nothing of the developer's own settings changes what the program does.
    static func environment(_ changes: [String: String] = [:]) -> [String: String] {
        var environment = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("ZOO_") && !["NO_COLOR", "TERM"].contains($0.key)
        }
        environment["XDG_DATA_HOME"] = products.appendingPathComponent("test-share").path
        // Beside what was built, so that nobody else writes into it, nor makes it first.
        environment["XDG_CACHE_HOME"] = products.appendingPathComponent("test-cache").path
        environment["ZOO_DATA"] = noData
        environment["ZOO_MANIFEST"] = root.appendingPathComponent("zoo.json").path
        return environment.merging(changes) { _, new in new }
    }

    /// Runs the program to its end. A signal is a failed test, whatever was expected.
    @discardableResult
    static func run(
        _ arguments: [String], _ changes: [String: String] = [:], in folder: URL? = nil, at place: SourceLocation = #_sourceLocation
    )
        throws -> Outcome
    {
        try execute(program.path, arguments, environment(changes), in: folder, at: place)
    }

    static func execute(
        _ path: String, _ arguments: [String], _ environment: [String: String], in folder: URL? = nil,
        at place: SourceLocation = #_sourceLocation
    ) throws -> Outcome {
        try Scratch.with { scratch in
            // Files, not pipes: a full pipe that nobody reads would block the program.
            let output = try scratch.file("stdout", "")
            let errors = try scratch.file("stderr", "")
            let process = Process()
            process.executableURL = URL(fileURLWithPath: path)
            process.arguments = arguments
            process.environment = environment
            process.currentDirectoryURL = folder ?? scratch.folder
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = try FileHandle(forWritingTo: output)
            process.standardError = try FileHandle(forWritingTo: errors)
            try process.run()
            process.waitUntilExit()
            let outcome = Outcome(
                status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
                errors: try String(contentsOf: errors, encoding: .utf8))
            #expect(
                process.terminationReason == .exit, "\(arguments) died of signal \(process.terminationStatus): \(outcome.errors)",
                sourceLocation: place)
            return outcome
        }
    }
}

/// A folder of its own for one test, removed afterwards.
struct Scratch {
    let folder: URL

    static func with<R>(_ body: (Scratch) throws -> R) throws -> R {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zoo-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(Scratch(folder: folder))
    }

    @discardableResult
    func file(_ name: String, _ text: String) throws -> URL {
        let url = folder.appendingPathComponent(name)
        try text.write(to: url, atomically: false, encoding: .utf8)
        return url
    }

    func directory(_ name: String) throws -> URL {
        let url = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url
    }
}

/// Asks until it is so, or until a minute is over: for what another process is about to do, where nothing tells that it is done.
func eventually(_ isSo: () -> Bool) -> Bool {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
        if isSo() { return true }
        poll(nil, 0, 5)
    }
    return isSo()
}

extension Process {
    /// Asks until it is so, or until the process is over, however long that takes.
    func waits(until isSo: () -> Bool) { while isRunning, !isSo() { poll(nil, 0, 5) } }
}

/// The file in which the zoo keeps what it has found out about plugins, in a cache directory that one zoo has used.
func rememberedPlugins(in directory: URL) throws -> URL {
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasPrefix("plugins-") }
    return directory.appendingPathComponent(try #require(names.count == 1 ? names.first : nil, "\(names)"))
}

func finds(_ program: String) -> Bool { TestSupport.finds(program) }

/// The results of `body` for some items, as many at a time as there are cores: for tests that wait for processes of one thread.
func simultaneously<Item: Sendable, R: Sendable>(_ items: [Item], _ body: @Sendable (Item) throws -> R) throws -> [R] {
    let results = Mutex<[Int: Result<R, any Error>]>([:])
    DispatchQueue.concurrentPerform(iterations: items.count) { index in
        let result = Result { try body(items[index]) }
        results.withLock { $0[index] = result }
    }
    let found = results.withLock { $0 }
    return try items.indices.compactMap { try found[$0]?.get() }
}
