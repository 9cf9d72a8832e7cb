import Foundation
import FuzzReaders
import TestSupport
import Testing
import ZooCore

/// Inputs of the fuzzer, those that once were findings among them: every reader gives a value or an error that names what is wrong.
@Suite struct FuzzInputTests {
    @Test(arguments: try some(Readers.all.keys.sorted(), "readers")) func keptInputsAreTakenOrRefused(_ name: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/fuzz/" + name)
        let read = try #require(Readers.all[name])
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(!files.isEmpty)
        for file in files {
            let bytes = try Data(contentsOf: file)
            // As it is, cut, and with each of its first bytes changed.
            for input in [bytes, bytes.prefix(bytes.count / 2)] + Self.changed(bytes) {
                do { try read(Data(input)) } catch {
                    #expect(error is HostError, "\(file.lastPathComponent): \(error)")
                }
            }
        }
    }

    private static func changed(_ bytes: Data) -> [Data] {
        bytes.indices.prefix(256).map { index in
            var copy = bytes
            copy[index] ^= 0x55
            return copy
        }
    }
}
