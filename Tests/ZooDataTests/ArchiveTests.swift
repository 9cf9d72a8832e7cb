import Foundation
import TestSupport
import Testing
import ZooCore
import ZooData

@Suite("Archives")
struct ArchiveTests {
    /// 2×2 grey.
    private static func tile(_ value: UInt8) -> [UInt8] { png(width: 2, height: 2, [value, value, value, value]) }

    private static let members = (0..<10).flatMap { index in
        [
            Member("set/cat/\(index).png", tile(UInt8(index))), Member("set/dog/\(index).png", tile(UInt8(100 + index))),
        ]
    }

    private func load(_ path: String) throws -> (all: [UInt8], classes: [String], warnings: [String]) {
        let data = try DataSet.named("folder:\(path)?size=2")
        let (train, test) = try (data.load(.train), data.load(.test))
        return ((train.pixels + test.pixels).sorted(), train.classes, train.warningsOfLayout)
    }

    private func error(_ path: String) -> HostError? { #expect(throws: HostError.self) { try load(path) } }

    @Test(
        "every format and compression holds the same images as the folder",
        arguments: [
            ("v7tar", nil), ("ustar", nil), ("gnutar", nil), ("pax", nil), ("zip", nil), ("7zip", nil), ("ustar", "gzip"), ("pax", "bzip2"),
            ("gnutar", "xz"), ("v7tar", "zstd"), ("ustar", "lz4"), ("ustar", "compress"),
        ] as [(String, String?)])
    func formats(format: String, filter: String?) throws {
        let scratch = try TemporaryDirectory()
        // The name tells nothing: what a file is, its bytes say.
        let path = scratch.file("set.data")
        try writeArchive(path, format: format, filter: filter, Self.members + [Member("set/labels.csv", [1])])
        let found = try load(path)
        let levels = Array<UInt8>(0..<10) + Array(100..<110)
        #expect(found.all == levels.flatMap { [UInt8](repeating: $0, count: 4) })
        #expect(found.classes == ["cat", "dog"])
        #expect(found.warnings == ["\(path): 1 file left out, no pictures by name (.csv: 1)"])
        #expect(try DataSet.named("folder:\(path)").survey().hasPrefix("20 images in 2 classes"))
        #expect(try DataSet.named("folder:\(path)").files([.test]) == [path])
    }

    @Test("what lies in the data directory is named as it is there, wherever that is")
    func namesInTheDataDirectory() throws {
        let scratch = try TemporaryDirectory()
        let name = "svhn/svhn_cropped_test_first10000.tar"
        try FileManager.default.createDirectory(atPath: scratch.file("svhn"), withIntermediateDirectories: true)
        try writeArchive(scratch.file(name), format: "pax", Self.members + [Member("set/labels.csv", [1])])
        for split in Split.allCases {
            let warnings = try DataSet.named("svhn-digits").load(split, from: scratch.path).warnings
            #expect(warnings.contains("\(name): 1 file left out, no pictures by name (.csv: 1)"), "\(warnings)")
            #expect(!warnings.contains { $0.contains(scratch.path) })
        }
    }

    @Test("links lead to the files they mean, also to each other; those that lead nowhere are named")
    func links() throws {
        let scratch = try TemporaryDirectory()
        let path = scratch.file("set.tar")
        try writeArchive(
            path, format: "pax",
            [
                Member("a/0.png", Self.tile(1)), Member("b/hard.png", [], .hardLink("a/0.png")),
                Member("b/soft.png", [], .symbolicLink("../a/./0.png")), Member("c/again.png", [], .symbolicLink("../b/soft.png")),
                Member("c/gone.png", [], .symbolicLink("nothing.png")), Member("c/out.png", [], .symbolicLink("../../0.png")),
                Member("c/root.png", [], .symbolicLink("/etc/passwd")), Member("c/folder", [], .symbolicLink("../a")),
                Member("c/pipe.png", [], .pipe), Member("c/device.png", [], .device), Member("c/loop.png", [], .symbolicLink("loop.png")),
            ])
        let data = try DataSet.named("folder:\(path)?size=2&split=order&test=0.001")
        let train = try data.load(.train)
        #expect(train.classes == ["a", "b", "c"])
        #expect(try train.count + data.load(.test).count == 4)
        #expect(train.pixels.allSatisfy { $0 == 1 })
        let said = train.warningsOfLayout.joined()
        for name in [
            "c/gone.png is a link to nothing", "c/out.png is a link out of the archive", "c/root.png is a link out of the archive",
            "c/folder is a link to a folder", "c/pipe.png is a pipe", "c/device.png is a device", "c/loop.png is a link to nothing",
        ] { #expect(said.contains(name), "\(said)") }
    }

    @Test("what macOS, Windows and network drives leave in archives is passed over")
    func systemFiles() throws {
        let scratch = try TemporaryDirectory()
        for format in ["pax", "zip"] {
            let path = scratch.file("set." + format)
            try writeArchive(
                path, format: format,
                Self.members + [
                    Member("set/cat/._0.png", [0, 5, 22, 7]), Member("__MACOSX/set/cat/._0.png", [0, 5, 22, 7]),
                    Member("set/.DS_Store", [1]), Member("set/cat/Thumbs.db", [1]), Member("set/@eaDir/cat/0.png", [1]),
                    Member("set/dog/desktop.ini", [1]), Member("._set", [0, 5, 22, 7]),
                ])
            let found = try load(path)
            #expect(found.classes == ["cat", "dog"] && found.all.count == 80 && found.warnings == [])
        }
    }

    @Test("names that are not UTF-8 are kept byte for byte", arguments: ["v7tar", "ustar", "pax", "gnutar", "zip"])
    func names(format: String) throws {
        let scratch = try TemporaryDirectory()
        let path = scratch.file("set")
        let latin = Array("caf".utf8) + [0xe9]
        // As composed and decomposed UTF-8, which Swift takes for the same text; libarchive composes names of zip and pax.
        let letters = [Array("\u{e9}".utf8), Array("e\u{301}".utf8)]
        var members = (0..<4).flatMap { index in
            [
                Member(bytes: latin + Array("/\(index)".utf8) + [0xf1] + Array(".png".utf8), Self.tile(1)),
                Member(bytes: letters[0] + Array("/\(index).png".utf8), Self.tile(2)),
            ]
        }
        if format != "zip", format != "pax" { members.append(Member(bytes: letters[1] + Array("/0.png".utf8), Self.tile(3))) }
        try writeArchive(path, format: format, members)
        let found = try load(path)
        #expect(found.all.count == 4 * members.count)
        #expect(found.classes.contains("caf\\xe9"))
        #expect(found.classes.count == (members.count == 9 ? 3 : 2))
    }

    @Test("cut anywhere, or damaged, an archive is refused in one line that names it")
    func damage() throws {
        let scratch = try TemporaryDirectory()
        for (format, filter) in [("ustar", nil), ("pax", "gzip"), ("ustar", "xz"), ("ustar", "bzip2"), ("zip", nil), ("7zip", nil)] {
            let path = scratch.file("set")
            try writeArchive(path, format: format, filter: filter, Self.members)
            let whole = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
            // A tar is padded with zeros to whole records, which may be missing.
            let needed = format == "ustar" && filter == nil ? whole.lastIndex { $0 != 0 } ?? 0 : whole.count
            for part in 0..<24 {
                try Data(whole.prefix(needed * part / 24)).write(to: URL(fileURLWithPath: path))
                let error = error(path)
                #expect(error?.kind == .data && error?.file == path, "\(format) \(filter ?? "") \(part): \(error?.message ?? "read")")
                #expect(error?.message.contains("\n") == false)
            }
        }
        // A tar that ends at a member's end, without the zeros that close it.
        let tarred = tar((0..<4).map { ("a/\($0).png", Self.tile(1)) }, ended: false)
        #expect(error(try scratch.write("open.tar", tarred))?.field == "end of the archive")
        // One byte of the contents changed: gzip's own checksum tells.
        let path = scratch.file("stored.tar.gz")
        try writeArchive(path, format: "ustar", filter: "gzip", Self.members)
        var bytes = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
        bytes[bytes.count - 6] ^= 1
        #expect(error(try scratch.write("stored.tar.gz", bytes))?.field == "gzip stream")
    }

    @Test(
        "what is no archive is told what it is",
        arguments: [
            ("", "an empty file"), ("PK\u{3}\u{4}rest", "a zip file without its directory"), ("<!DOCTYPE html>", "a page of HTML"),
            ("version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"), ("Rar!\u{1a}\u{7}", "a RAR file"),
            ("hello", "5 bytes that are no archive"), (String(repeating: "A", count: 4096), "not a tar file"),
        ])
    func others(text: String, found: String) throws {
        let scratch = try TemporaryDirectory()
        let error = error(try scratch.write("set.tar", Array(text.utf8)))
        #expect(error?.kind == .data)
        #expect(error?.found?.contains(found) == true, "\(error?.message ?? "")")
    }

    @Test("names that lead out of the archive", arguments: ["set/../../a/1.png", "/a/1.png", "a/../../1.png"])
    func traversal(name: String) throws {
        let scratch = try TemporaryDirectory()
        for format in ["ustar", "zip"] {
            let path = scratch.file("set")
            try writeArchive(path, format: format, Self.members + [Member(name, Self.tile(1))])
            let error = error(path)
            #expect(error?.expected?.contains("inside the archive") == true)
            #expect(error?.found?.contains(name) == true)
        }
    }

    @Test("of two members of one name the later counts, as when they are unpacked; long names are whole")
    func repeated() throws {
        let scratch = try TemporaryDirectory()
        let long = String(repeating: "long/", count: 60) + String(repeating: "x", count: 120) + ".png"
        for format in ["gnutar", "pax"] {
            let path = scratch.file("set")
            try writeArchive(
                path, format: format,
                [Member("a/0.png", Self.tile(1)), Member("a/0.png", Self.tile(9)), Member("b/\(long)", Self.tile(2))])
            let found = try #require(try? DataSet.named("folder:\(path)?size=2").load(.train))
            #expect(found.pixels == [9, 9, 9, 9, 2, 2, 2, 2])
            #expect(found.classes == ["a", "b"])
        }
    }
}
