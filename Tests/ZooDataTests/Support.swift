import Foundation
import ZooData

/// A PNG file of 8-bit grey or (3 channels) colour, stored without compression.
func png(width: Int, height: Int, channels: Int = 1, _ pixels: [UInt8]) -> [UInt8] {
    func word(_ value: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }
    func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + data
        var crc: UInt32 = .max
        for byte in body {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
        }
        return word(UInt32(data.count)) + body + word(~crc)
    }
    let stride = width * channels
    let rows = (0..<height).flatMap { [0] + pixels[$0 * stride..<($0 + 1) * stride] }
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in rows {
        a = (a + UInt32(byte)) % 65521
        b = (b + a) % 65521
    }
    let length = [UInt8(rows.count & 255), UInt8(rows.count >> 8)]
    let stream = [0x78, 0x01, 0x01] + length + length.map { ~$0 } + rows + word(b << 16 | a)
    return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
        + chunk("IHDR", word(UInt32(width)) + word(UInt32(height)) + [8, channels == 3 ? 2 : 0, 0, 0, 0]) + chunk("IDAT", stream)
        + chunk("IEND", [])
}

/// A JPEG file of 12×8 grey pixels, 20 brighter in each column than in the one before.
let smallJPEG = Array(
    Data(
        base64Encoded:
            "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/"
            + "wAALCAAIAAwBAREA/8QAFQABAQAAAAAAAAAAAAAAAAAACAr/xAAdEAABAgcAAAAAAAAAAAAAAAAAAQUICTdFgYKx/9oACAEBAAA/AAvKStmhQ5DbSZvzxD//2Q=="
    ) ?? Data())

/// A ustar file of these members; a name ending in "/" is a folder's.
func tar(_ members: [(name: String, contents: [UInt8])], ended: Bool = true) -> [UInt8] {
    func octal(_ value: Int, _ digits: Int) -> [UInt8] {
        let text = String(value, radix: 8)
        return Array((String(repeating: "0", count: digits - text.count) + text).utf8) + [0]
    }
    var out: [UInt8] = []
    for (name, contents) in members {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ offset: Int, _ bytes: some Collection<UInt8>) { header.replaceSubrange(offset..<offset + bytes.count, with: bytes) }
        put(0, name.utf8)
        put(100, octal(0o644, 7))
        put(124, octal(contents.count, 11))
        put(148, [UInt8](repeating: 32, count: 8))
        put(156, [UInt8(ascii: name.hasSuffix("/") ? "5" : "0")])
        put(257, Array("ustar".utf8) + [0, 48, 48])
        put(148, octal(header.reduce(0) { $0 + Int($1) }, 6))
        out += header + contents + [UInt8](repeating: 0, count: (512 - contents.count % 512) % 512)
    }
    return ended ? out + [UInt8](repeating: 0, count: 1024) : out
}

extension ImageSet {
    /// Warnings but those of blank pictures, of which these tests make many: one level tells one picture from another.
    var warningsOfLayout: [String] { warnings.filter { !$0.contains("blank, with all pixels equal") } }
}
