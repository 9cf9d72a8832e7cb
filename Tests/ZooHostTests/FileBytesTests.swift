import Foundation
import TestSupport
import Testing
import ZooHost

@Suite struct FileBytesTests {
    @Test func checksumsOfTheStandard() throws {
        // FIPS 180-4, the examples of NIST.
        #expect(try Checksum.sha256(of: Data()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(try Checksum.sha256(of: Data("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func fileAndMemoryAgree() throws {
        let directory = try TemporaryDirectory()
        let bytes = Data((0..<2_500_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let path = try directory.write("x", bytes)
        #expect(try Checksum.sha256(ofFile: path) == Checksum.sha256(of: bytes))
        #expect(throws: HostError.self) { try Checksum.sha256(ofFile: directory.file("none")) }
        #expect(throws: HostError.self) { try Checksum.sha256(ofFile: directory.path) }
    }

    @Test func writesWholeFilesOnly() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("a")
        try FileBytes.writeAtomically([Data("one".utf8), Data(), Data(" two".utf8)], to: path)
        try FileBytes.writeAtomically([Data("three".utf8)], to: path)
        #expect(try FileBytes.read(path) == Data("three".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["a"])
    }

    @Test func mapsLargeFiles() throws {
        let directory = try TemporaryDirectory()
        let bytes = Data(repeating: 7, count: 17 << 20)
        #expect(try FileBytes.read(directory.write("large", bytes)) == bytes)
    }

    @Test func unwritablePlaces() throws {
        let directory = try TemporaryDirectory()
        try directory.write("file", Data())
        for path in [directory.file("none/x"), directory.file("file/x"), directory.path, "/proc/x", directory.path + "/"] {
            let error = #expect(throws: HostError.self) { try FileBytes.writeAtomically([Data()], to: path) }
            #expect(error?.kind == .cantCreate)
            #expect(error?.exitCode == 73)
        }
    }

    @Test(arguments: [
        ("stn-co", "stn-c0"), ("STN-C0", "stn-c0"), ("cnm", "cnn"), ("ncn", "cnn"), ("spatial", "spatial-pyramid"), ("xyzzy", nil),
        ("", nil),
    ]) func suggests(name: String, expected: String?) {
        #expect(nearest(to: name, in: ["cnn", "stn-c0", "spatial-pyramid"]) == expected)
    }
}
