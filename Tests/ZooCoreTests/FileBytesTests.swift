import Foundation
import Glibc
import TestSupport
import Testing
import ZooCore

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

    @Test func writesThroughSymbolicLinks() throws {
        let (directory, other) = (try TemporaryDirectory(), try TemporaryDirectory())
        let files = FileManager.default
        let real = try other.write("real", Data("old".utf8))
        try files.setAttributes([.posixPermissions: 0o640], ofItemAtPath: real)
        func link(_ name: String, to target: String) throws -> String {
            try files.createSymbolicLink(atPath: directory.file(name), withDestinationPath: target)
            return directory.file(name)
        }
        // Absolute, by way of another link, relative, and to nothing yet.
        let absolute = try link("absolute", to: real)
        let chain = try link("chain", to: "absolute")
        try files.createDirectory(atPath: directory.file("folder"), withIntermediateDirectories: false)
        let dangling = try link("dangling", to: "folder/new")
        for (path, target, text) in [(absolute, real, "one"), (chain, real, "two"), (dangling, directory.file("folder/new"), "three")] {
            try FileBytes.writeAtomically([Data(text.utf8)], to: path)
            #expect(try FileBytes.read(target) == Data(text.utf8))
            #expect(try files.destinationOfSymbolicLink(atPath: path).isEmpty == false, "\(path) is a link no more")
        }
        #expect(try files.attributesOfItem(atPath: real)[.posixPermissions] as? Int == 0o640)
        #expect(try files.contentsOfDirectory(atPath: other.path) == ["real"])
        for path in [try link("circle", to: "circle"), try link("pipe", to: "/dev/null"), try link("up", to: ".")] {
            let error = #expect(throws: HostError.self) { try FileBytes.writeAtomically([Data()], to: path) }
            #expect(error?.kind == .cantCreate)
        }
    }

    @Test func mapsLargeFiles() throws {
        let directory = try TemporaryDirectory()
        let bytes = Data(repeating: 7, count: 17 << 20)
        #expect(try FileBytes.read(directory.write("large", bytes)) == bytes)
    }

    /// What is no file is told apart and named; nobody waits for a writer, and `/dev/zero` is not read to its end.
    @Test func onlyFilesAreOpened() throws {
        let directory = try TemporaryDirectory()
        #expect(mkfifo(directory.file("pipe"), 0o600) == 0)
        try FileManager.default.createSymbolicLink(atPath: directory.file("link"), withDestinationPath: "pipe")
        let socketPath = directory.file("socket")
        let bound = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(bound) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // The path is short enough only relative to its folder's descriptor.
        let folder = open(directory.path, O_RDONLY | O_DIRECTORY)
        defer { close(folder) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array("/proc/self/fd/\(folder)/socket".utf8)) }
        let made = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(bound, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        #expect(made == 0)
        let others = [
            (directory.file("pipe"), "pipe"), (directory.file("link"), "pipe"), (socketPath, "socket"), ("/dev/zero", "device"),
            (directory.path, "directory"),
        ]
        for (path, type) in others {
            for read in [{ _ = try FileBytes.read($0) }, { _ = try Checksum.sha256(ofFile: $0) }] as [(String) throws -> Void] {
                let error = #expect(throws: HostError.self) { try read(path) }
                #expect(error?.kind == .noInput)
                #expect(error?.message == "\(path): is a \(type), expected a file")
            }
            let error = #expect(throws: HostError.self) { try FileBytes.writeAtomically([Data()], to: path) }
            #expect(error?.kind == .cantCreate)
        }
        #expect(throws: HostError.self) { try FileBytes.read(directory.file("none")) }
    }

    /// What is open stays what it was, whatever takes its name; and a name need not be text.
    @Test func oneLookOfTheName() throws {
        let directory = try TemporaryDirectory()
        let file = try RegularFile(directory.write("a", Data("first".utf8)))
        try FileBytes.writeAtomically([Data("second".utf8)], to: directory.file("a"))
        #expect(try file.contents() == Data("first".utf8))
        #expect(try file.sha256() == Checksum.sha256(of: Data("first".utf8)))
        let latin1 = Array(directory.path.utf8) + [UInt8(ascii: "/"), 0xe9]
        let descriptor = open((latin1 + [0]).map { CChar(bitPattern: $0) }, O_WRONLY | O_CREAT, 0o600)
        #expect(write(descriptor, "x", 1) == 1)
        close(descriptor)
        #expect(try RegularFile(name: latin1, called: "é").contents() == Data("x".utf8))
        #expect(throws: HostError.self) { try RegularFile(name: latin1 + [0], called: "é") }
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
