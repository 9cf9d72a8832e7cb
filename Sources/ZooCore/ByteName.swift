/// A file's name, or a path, as the system has it: bytes, which need not be UTF-8.
///
/// As a text it is itself where it is valid UTF-8 without control characters; other bytes are written `\xf1`, and a backslash that
/// could be mistaken for the beginning of one is doubled. `ByteName(text: name.text)` is always `name`.
public struct ByteName: Hashable, Comparable, Sendable {
    public let bytes: [UInt8]

    public init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// The name that a text stands for.
    public init(text: String) {
        let written = Array(text.utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(written.count)
        var index = 0
        while index < written.count {
            let next = index + 1 < written.count ? written[index + 1] : 0
            if written[index] == Self.backslash, next == Self.backslash {
                bytes.append(Self.backslash)
                index += 2
            } else if written[index] == Self.backslash, next == UInt8(ascii: "x"), index + 3 < written.count,
                let high = Self.digit(written[index + 2]), let low = Self.digit(written[index + 3])
            {
                bytes.append(high << 4 | low)
                index += 4
            } else {
                bytes.append(written[index])
                index += 1
            }
        }
        self.bytes = bytes
    }

    /// What messages and tables show.
    public var text: String {
        guard bytes.contains(where: { $0 < 0x20 || $0 >= 0x7f || $0 == Self.backslash }) else {
            return String(decoding: bytes, as: UTF8.self)
        }
        var text = ""
        var decoder = UTF8()
        var rest = bytes.makeIterator()
        var start = 0
        while true {
            switch decoder.decode(&rest) {
            case .scalarValue(let scalar):
                let length = String(scalar).utf8.count
                let follower = start + length < bytes.count ? bytes[start + length] : 0
                if scalar == "\\", Self.couldMislead(follower) {
                    text += "\\\\"
                } else if Self.isUnseen(scalar) {
                    for byte in bytes[start..<start + length] { text += Self.escape(byte) }
                } else {
                    text.unicodeScalars.append(scalar)
                }
                start += length
            case .emptyInput: return text
            case .error:
                // The decoder reads on after the faulty byte alone.
                text += Self.escape(bytes[start])
                start += 1
                decoder = UTF8()
                rest = Array(bytes[start...]).makeIterator()
            }
        }
    }

    /// Command-line arguments of this process as texts: those that are valid UTF-8 as they are, the others as `text` has them.
    public static func text(ofArgument bytes: [UInt8]) -> String {
        String(validating: bytes, as: UTF8.self) ?? ByteName(bytes).text
    }

    /// Calls `body` with the name as the system takes it, ending with a zero.
    public func withCString<R>(_ body: (UnsafePointer<CChar>) throws -> R) rethrows -> R {
        let name = bytes.map { CChar(bitPattern: $0) } + [0]
        return try body(name)
    }

    /// What follows the last dot, in small letters; empty if there is no dot, or only one at the beginning.
    public var ending: String {
        guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > 0 else { return "" }
        return ByteName(bytes[(dot + 1)...]).text.lowercased()
    }

    /// In the order of their bytes, which is the same in every locale.
    public static func < (a: ByteName, b: ByteName) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }

    private static let backslash = UInt8(ascii: "\\")

    /// Whether what a backslash's next byte is written as, together with the backslash, could be read as something else.
    private static func couldMislead(_ follower: UInt8) -> Bool {
        follower == UInt8(ascii: "x") || follower == backslash || follower >= 0x7f || (1..<0x20).contains(follower)
    }

    /// Whether a terminal would obey it, or a reader not see it; joiners within words and emoji are neither.
    private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
        [.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
            && scalar != "\u{200c}" && scalar != "\u{200d}"
    }

    private static func escape(_ byte: UInt8) -> String {
        "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
