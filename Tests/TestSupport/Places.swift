public import Foundation
import Testing
public import ZooData
public import ZooHost
public import ZooManifest
public import ZooModelFiles
import ZooPlugins

/// This repository.
public enum Repository {
    public static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A file of Tests/Fixtures, made by the script beside it.
    public static func fixture(_ name: String) -> URL { root.appendingPathComponent("Tests/Fixtures/\(name)") }

    /// Entries whose every step takes seconds on 28×28 and minutes on larger images, which tests of every entry leave out: the architecture
    /// of the record, of which SteerableNetTests takes a step.
    public static let tooLarge = ["steerable-d16-c16"]

    /// The entries that are shipped.
    public static func manifest() throws -> Manifest { try Manifest(path: root.appendingPathComponent("zoo.json").path) }
}

/// The tensors of Tests/Fixtures/`name`.safetensors.
public func fixture(_ name: String) throws -> SafetensorsFile { try SafetensorsFile(path: Repository.fixture("\(name).safetensors").path) }

/// Where the real data sets are on this machine, if they are: ZOO_DATA, a folder beside the repository, or what `make data` has put into
/// it, which is MNIST alone.
public let realData: String? = {
    let beside = Repository.root.appendingPathComponent("../shared/data").standardized.path
    let own = Repository.root.appendingPathComponent("data").path
    return [ProcessInfo.processInfo.environment["ZOO_DATA"], beside, own].compactMap { $0 }.first {
        FileManager.default.fileExists(atPath: $0 + "/mnist")
    }
}()

extension DataSet {
    /// A data set whose images are real; where these are not on this machine, the test with this argument is skipped.
    public static func real(_ name: String) throws -> DataSet {
        let set = try named(name)
        let files = try? realData.map { try set.files([.test], in: $0) }
        if files?.isEmpty ?? true {
            print("\(name) is left out: its images are not here; ZOO_DATA names a directory with real data")
            try Test.cancel()
        }
        return set
    }
}

/// A host with the plugins of this build, which lie beside the test program.
public func makeHost() throws -> HostRuntime {
    let host = try HostRuntime(searchPath: SearchPath(environment: [:]))
    if let broken = host.broken.first { throw broken.cause }
    return host
}

/// A manifest of that text.
public func manifest(_ json: String) throws -> Manifest {
    let folder = try TemporaryDirectory()
    defer { withExtendedLifetime(folder) {} }
    return try Manifest(path: folder.write("zoo.json", Data(json.utf8)))
}

/// Whether a program is there to help with a test.
public func finds(_ program: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
}

/// A directory of its own for one test, gone when the test is.
public final class TemporaryDirectory {
    public let path: String

    public init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("zoo-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    public func file(_ name: String) -> String { path + "/" + name }

    /// Writes a file, with the folders it lies in.
    @discardableResult
    public func write(_ name: String, _ bytes: some DataProtocol) throws -> String {
        let url = URL(fileURLWithPath: file(name))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
        return url.path
    }
}
