import Foundation
import TestSupport
import Testing
import ZooCore
import ZooData

@Suite("Pictures")
struct PictureTests {
    /// What Tests/Fixtures/make_pictures.py wrote: 8×8 pixels each, with the colours that Pillow shows.
    private struct Example: Decodable {
        let file: Data
        let rgb: Data
    }

    private static func examples() throws -> [(name: String, isExact: Bool, file: [UInt8], rgb: [UInt8])] {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/pictures.json")
        return try JSONDecoder().decode([String: Example].self, from: Data(contentsOf: url)).sorted { $0.key < $1.key }.map {
            ($0.key.replacingOccurrences(of: "~", with: ""), !$0.key.hasSuffix("~"), Array($0.value.file), Array($0.value.rgb))
        }
    }

    private static func example(_ name: String) throws -> [UInt8] { try #require(examples().first { $0.name == name }).file }

    /// A class of its own for each, so that none is kept for testing.
    private static func folder(_ files: [(name: String, bytes: [UInt8])]) throws -> TemporaryDirectory {
        let scratch = try TemporaryDirectory()
        for (index, file) in files.enumerated() { try scratch.write("c\(100 + index)/\(file.name)", file.bytes) }
        return scratch
    }

    /// All in one class.
    private static func heap(_ files: [(name: String, bytes: [UInt8])]) throws -> TemporaryDirectory {
        let scratch = try TemporaryDirectory()
        for (index, file) in files.enumerated() { try scratch.write("c/\(index)-\(file.name)", file.bytes) }
        return scratch
    }

    private static func load(_ scratch: TemporaryDirectory, _ options: String = "size=8", _ split: Split = .train) throws -> ImageSet {
        try DataSet.named("folder:\(scratch.path)?\(options)").load(split)
    }

    private static func complaint(_ scratch: TemporaryDirectory, _ options: String = "size=8") -> HostError? {
        #expect(throws: HostError.self) { try load(scratch, options) }
    }

    @Test("every format and kind is read as Pillow reads it, in colour and in grey")
    func formats() throws {
        let examples = try Self.examples()
        #expect(Set(examples.map { ($0.name as NSString).pathExtension }).count == 9)
        let scratch = try Self.folder(examples.map { ($0.name, $0.file) })
        let colour = try Self.load(scratch, "size=8&color=rgb")
        let grey = try Self.load(scratch)
        #expect(colour.count == examples.count && grey.count == examples.count)
        #expect(colour.warnings.isEmpty, "\(colour.warnings)")
        for (index, example) in examples.enumerated() {
            let expected = (0..<3).flatMap { channel in (0..<64).map { example.rgb[3 * $0 + channel] } }
            let luma = (0..<64).map { pixel -> UInt8 in
                let parts = (0..<3).map { UInt32(example.rgb[3 * pixel + $0]) }
                return UInt8((19595 * parts[0] + 38470 * parts[1] + 7471 * parts[2] + 32768) >> 16)
            }
            let most = example.isExact ? 0 : 3
            for (found, right) in [(colour.image(index), expected), (grey.image(index), luma)] {
                let difference = zip(found, right).map { abs(Int($0) - Int($1)) }.max()
                #expect((difference ?? .max) <= most, "\(example.name): off by \(difference ?? -1)")
            }
        }
    }

    @Test("what is transparent shows white, or black if asked for")
    func transparency() throws {
        let scratch = try Self.folder([("a.png", try Self.example("rgba.png"))])
        let white = try Self.load(scratch)
        let black = try Self.load(scratch, "size=8&background=black")
        #expect(white.pixels.prefix(4).allSatisfy { $0 == 255 })
        #expect(black.pixels.prefix(4).allSatisfy { $0 == 0 })
        #expect(zip(white.pixels, black.pixels).allSatisfy { $0 >= $1 })
        #expect(try DataSet.named("folder:x?background=white&skip-bad=false").name == "folder:x")
        #expect(throws: HostError.self) { try DataSet.named("folder:x?background=pink") }
        #expect(throws: HostError.self) { try DataSet.named("folder:x?skip-bad=1") }
    }

    @Test("the first bytes tell the format, not the name")
    func otherNames() throws {
        let names = ["palette.gif", "rgb.webp", "rgb.png", "rgb.bmp", "rgb.ppm", "rgb-lzw.tif"]
        let scratch = try Self.folder(try names.map { ("x.JPG", try Self.example($0)) })
        #expect(try Self.load(scratch).count == names.count)
    }

    @Test(
        "a file that is no picture is called what it is",
        arguments: [
            ("", "an empty file"), ("<!DOCTYPE html><html>404</html>", "an HTML page"), ("  \n<html><body>", "an HTML page"),
            ("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "a pointer of Git LFS"),
            ("PK\u{3}\u{4}…", "a ZIP archive"),
            ("<?xml version='1.0'?><svg/>", "an SVG drawing"), ("{\"a\": 1}", "a JSON text"), ("label,file\n1,2\n", "a text"),
            ("\0\0\0\0", "nothing but zeros"), ("\0\0\0\u{1c}ftypavif", "an AVIF image"), ("%PDF-1.7", "a PDF document"),
            ("/annex/objects/SHA256", "a pointer of git-annex"), ("   \n", "nothing but white space"),
            ("ä\u{1}ö", "bytes of no known format"),
        ])
    func kinds(content: String, name: String) throws {
        let scratch = try Self.folder([("good.png", png(width: 2, height: 1, [1, 2])), ("bad.jpg", Array(content.utf8))])
        let error = Self.complaint(scratch)
        #expect(error?.found?.contains("1 of 2 that is none: c101/bad.jpg (\(name)") == true, "\(error?.description ?? "")")
        #expect(error?.exitCode == 65)
    }

    @Test("all bad files are named in one run, those of the other split too, and skip-bad=true goes on")
    func bad() throws {
        let scratch = try TemporaryDirectory()
        let jpeg = smallJPEG
        for index in 0..<40 {
            // Eight of forty are for testing; the bad ones are in both.
            let isBad = index % 2 == 1
            try scratch.write("a/\(index).jpg", isBad ? Array(jpeg.prefix(150)) : jpeg)
            try scratch.write("b/\(index).jpg", jpeg)
        }
        for split in Split.allCases {
            let error = #expect(throws: HostError.self) { try Self.load(scratch, "size=8", split) }
            #expect(error?.kind == .data)
            let found = try #require(error?.found)
            #expect(
                found.hasPrefix("20 of 80 that are none: a/1.jpg (a JPEG image: the file ends before its image does), a/11.jpg ("),
                "\(found)")
            #expect(found.contains(" and 10 more; with skip-bad=true"))
            #expect(!found.contains("\n"))
        }
        let sets = try Split.allCases.map { try Self.load(scratch, "size=8&skip-bad=true", $0) }
        #expect(sets.map(\.count).reduce(0, +) == 60)
        #expect(sets.map { $0.labels.count { $0 == 0 } }.reduce(0, +) == 20)
        #expect(sets.allSatisfy { $0.warnings.contains { $0.contains("images left out, being no whole pictures: a/") } })
        // Which images are for testing does not change with the bad ones.
        #expect(sets[1].labels.count { $0 == 1 } == 8)
        let all = try Self.folder([("x.png", [1, 2, 3])])
        #expect(Self.complaint(all, "size=8&skip-bad=true")?.kind == .data)
    }

    @Test("blank pictures are warned of; so is what a codec finds odd")
    func warnings() throws {
        // Two bytes where a segment of the JPEG file should begin.
        let odd = smallJPEG.prefix(20) + [0x12, 0x34] + smallJPEG.dropFirst(20)
        let scratch = try Self.folder([
            ("black.png", png(width: 3, height: 2, [UInt8](repeating: 0, count: 6))),
            ("white.png", png(width: 3, height: 2, channels: 3, [UInt8](repeating: 255, count: 18))), ("odd.jpg", Array(odd)),
            ("good.png", png(width: 2, height: 1, [1, 2])),
        ])
        let set = try Self.load(scratch)
        #expect(set.count == 4)
        #expect(set.warnings.contains { $0.hasSuffix("2 of 4 images blank, with all pixels equal: c100/black.png, c101/white.png") })
        #expect(set.warnings.contains { $0.contains("1 of 4 images read although something is odd about them: c102/odd.jpg (JPEG: ") })
        #expect(set.warnings.count == 2, "\(set.warnings)")
    }

    @Test("a header that claims more than is read costs no memory and is refused")
    func bombs() throws {
        var large = png(width: 1, height: 1, [0])
        large.replaceSubrange(16..<24, with: [0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30])
        // Its checksum, so that the size is what is wrong.
        large.replaceSubrange(29..<33, with: crc(Array(large[12..<29])))
        let frame = try #require(smallJPEG.indices.first { smallJPEG[$0] == 0xff && [0xc0, 0xc1, 0xc2].contains(smallJPEG[$0 + 1]) })
        var wide = smallJPEG
        wide.replaceSubrange(frame + 5..<frame + 9, with: [0x27, 0x10, 0x27, 0x10])
        var bitmap = try Self.example("rgb.bmp")
        bitmap.replaceSubrange(18..<26, with: [0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0x7f])
        let files: [[UInt8]] = [large, wide, bitmap, Array("P5 99999 99999 255\n".utf8), Array("P6 9999999 1 255\n".utf8)]
        let error = Self.complaint(try Self.folder(files.enumerated().map { ("\($0.offset).png", $0.element) }))
        #expect(error?.found?.hasPrefix("5 of 5 that are none") == true, "\(error?.description ?? "")")
        #expect(error?.found?.contains("30000 x 30000 pixels, more than") == true)
        #expect(error?.found?.contains("10000 x 10000 pixels in") == true)
    }

    @Test("a cut file is refused, whatever its format; a changed one gives a picture or an error")
    func damage() throws {
        var cut: [(name: String, bytes: [UInt8])] = []
        var changed: [(name: String, bytes: [UInt8])] = []
        // Those of which the first half may be a picture already.
        let others = ["rgb-followed.png", "rgb-followed.jpg", "rgb-orientation.webp", "moving.gif", "moving.webp"]
        for example in try Self.examples() where !others.contains(example.name) {
            for share in [3, 5, 8, 10] {
                let half = Array(example.file.prefix(example.file.count * share / 16))
                if !example.name.hasPrefix("plain") { cut.append((example.name, half)) }
                changed.append((example.name, half + [UInt8](repeating: 0x5a, count: 400)))
            }
            for place in stride(from: 0, to: example.file.count, by: 53) {
                var bytes = example.file
                bytes[place] ^= 0xff
                changed.append((example.name, bytes))
            }
        }
        let refused = Self.complaint(try Self.heap(cut))
        #expect(refused?.found?.hasPrefix("\(cut.count) of \(cut.count) that are none") == true, "\(refused?.description ?? "")")
        let heap = try Self.heap(changed)
        let counts = try Split.allCases.map { try Self.load(heap, "size=8&skip-bad=true&color=rgb", $0).count }
        #expect(counts.allSatisfy { $0 > 0 }, "\(counts)")
    }

    private func crc(_ bytes: [UInt8]) -> [UInt8] {
        var crc: UInt32 = .max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
        }
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: ~crc >> $0) }
    }
}
