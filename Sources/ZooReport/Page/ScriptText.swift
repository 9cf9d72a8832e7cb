import Foundation

/// Text that stands in a script element of a page.
public enum ScriptText {
    /// A value as JSON that ends no element, and breaks no line where a script would see one.
    public static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return escaped(try encoder.encode(value))
    }

    /// "<", U+2028 and U+2029 as escapes. Pages hold megabytes of this, and `String.replacing` takes a tenth of the time that a page takes.
    private static func escaped(_ json: Data) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(json.count + json.count / 64)
        json.withUnsafeBytes { bytes in
            var place = 0
            while place < bytes.count {
                let byte = bytes[place]
                if byte == UInt8(ascii: "<") {
                    text += Array("\\u003c".utf8)
                } else if byte == 0xE2, place + 2 < bytes.count, bytes[place + 1] == 0x80, bytes[place + 2] & 0xFE == 0xA8 {
                    text += Array((bytes[place + 2] == 0xA8 ? "\\u2028" : "\\u2029").utf8)
                    place += 2
                } else {
                    text.append(byte)
                }
                place += 1
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// A script as it may stand in its element.
    public static func embedded(_ script: String) -> String {
        let (end, bytes) = (Array("</script".utf8), Array(script.utf8))
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        for (place, byte) in bytes.enumerated() {
            text.append(byte)
            if byte == end[0], bytes[place...].starts(with: end, by: { $0 | 0x20 == $1 | 0x20 }) { text.append(UInt8(ascii: "\\")) }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
