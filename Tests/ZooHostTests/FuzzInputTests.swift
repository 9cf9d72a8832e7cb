import Foundation
import Testing
import ZooHost

/// Inputs of the fuzzer, those that once were findings among them: the readers of this layer give a value or an error.
@Suite struct FuzzInputTests {
    private static let readers: [(String, @Sendable (Data) throws -> Void)] = [
        ("manifest", { _ = try Manifest(contents: $0, path: "zoo.json") }),
        ("cache", { _ = PluginCache.recordCount(in: $0) }),
        ("lock", { _ = try PluginLock(contents: $0, path: "x.lock") }),
        ("descriptor-text", { _ = try PluginDescriptor(text: String(decoding: $0, as: UTF8.self), path: "libX.so") }),
        (
            "descriptor",
            { bytes in
                let library = try ELFFile(contents: bytes, path: "libX.so")
                _ = try library.exports()
                _ = try PluginDescriptor.find(in: library)
            }
        ),
    ]

    @Test func keptInputsAreTakenOrRefused() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/fuzz")
        for (name, read) in Self.readers {
            let files = try FileManager.default.contentsOfDirectory(
                at: folder.appendingPathComponent(name), includingPropertiesForKeys: nil)
            #expect(!files.isEmpty)
            for file in files {
                do { try read(Data(contentsOf: file)) } catch { #expect(error is HostError, "\(file.lastPathComponent): \(error)") }
            }
        }
    }
}
