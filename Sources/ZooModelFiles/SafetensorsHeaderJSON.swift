import ZooCore

/// JSON as safetensors headers need it: members in order, a key that appears twice is an error, and whole numbers exact
/// up to 64 bits. Foundation's parsers promise none of the three.
enum HeaderJSON {
    case object([(key: String, value: HeaderJSON)])
    case array([HeaderJSON])
    case string(String)
    case natural(UInt64)
    /// Any other number; the format has no use for it.
    case number
    case bool
    case null

    /// Reads one value that fills `bytes`, white space apart.
    static func parse(_ bytes: [UInt8]) throws(SafetensorsHeader.Flaw) -> HeaderJSON {
        // Strings are cut out of the bytes below; this check makes every such cut valid.
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw SafetensorsHeader.Flaw(reason: "its header is not valid UTF-8")
        }
        var parser = Parser(bytes: bytes)
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.flaw("the end of the header") }
        return value
    }

    /// What a value is, for error messages.
    var kind: String {
        switch self {
        case .object: "an object"
        case .array: "a list"
        case .string: "a string"
        case .natural(let number): "the number \(number)"
        case .number: "a negative, fractional or too large number"
        case .bool: "true or false"
        case .null: "null"
        }
    }
}

private struct Parser {
    typealias Flaw = SafetensorsHeader.Flaw

    let bytes: [UInt8]
    var position = 0

    /// Values nest this deep in any header; more would only exhaust the stack.
    static let deepest = 64

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    func flaw(_ expected: String) -> Flaw { Flaw(reason: "its header is not JSON: byte \(position): expected \(expected)") }

    mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { position += 1 }
    }

    /// Goes past `byte`, if it is next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    mutating func value(depth: Int) throws(Flaw) -> HeaderJSON {
        guard depth < Self.deepest else { throw flaw("at most \(Self.deepest) values inside one another") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return .object(try members(depth))
        case UInt8(ascii: "["): return .array(try items(depth))
        case UInt8(ascii: "\""): return .string(try string())
        case .some(UInt8(ascii: "-")), .some(0x30...0x39): return try number()
        default:
            for (word, value) in [("true", HeaderJSON.bool), ("false", .bool), ("null", .null)]
            where bytes[position...].starts(with: word.utf8) {
                position += word.utf8.count
                return value
            }
            throw flaw("a value")
        }
    }

    private mutating func members(_ depth: Int) throws(Flaw) -> [(key: String, value: HeaderJSON)] {
        position += 1
        var members: [(key: String, value: HeaderJSON)] = []
        var seen: Set<String> = []
        skipSpace()
        if take(UInt8(ascii: "}")) { return [] }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw flaw("a key in double quotes") }
            let key = try string()
            // Swift holds é and e + ´ to be the same string; a file that tells them apart is refused, not misread.
            guard seen.insert(key).inserted else { throw Flaw(reason: "'\(key)' appears twice in its header") }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw flaw("':' after the key '\(key)'") }
            members.append((key, try value(depth: depth + 1)))
            skipSpace()
            if take(UInt8(ascii: "}")) { return members }
            guard take(UInt8(ascii: ",")) else { throw flaw("',' or '}'") }
        }
    }

    private mutating func items(_ depth: Int) throws(Flaw) -> [HeaderJSON] {
        position += 1
        var items: [HeaderJSON] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return [] }
        while true {
            items.append(try value(depth: depth + 1))
            skipSpace()
            if take(UInt8(ascii: "]")) { return items }
            guard take(UInt8(ascii: ",")) else { throw flaw("',' or ']'") }
        }
    }

    private mutating func number() throws(Flaw) -> HeaderJSON {
        let start = position
        let isNegative = take(UInt8(ascii: "-"))
        let digits = try digits()
        guard digits.count == 1 || digits.first != 0x30 else {
            position = start
            throw flaw("a number without leading zeros")
        }
        var isWhole = !isNegative
        if take(UInt8(ascii: ".")) {
            isWhole = false
            _ = try self.digits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isWhole = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            _ = try self.digits()
        }
        guard isWhole, let exact = UInt64(String(decoding: digits, as: UTF8.self)) else { return .number }
        return .natural(exact)
    }

    private mutating func digits() throws(Flaw) -> ArraySlice<UInt8> {
        let start = position
        while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw flaw("a digit") }
        return bytes[start..<position]
    }

    private mutating func string() throws(Flaw) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text.append(contentsOf: String(try escape()).utf8)
            case 0..<0x20:
                position -= 1
                throw flaw("no control character inside a string")
            default: text.append(byte)
            }
        }
        throw flaw("'\"' at the end of a string")
    }

    private mutating func escape() throws(Flaw) -> Unicode.Scalar {
        guard let byte = next else { throw flaw("the rest of an escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let unit = try hexUnit()
            if let scalar = Unicode.Scalar(unit) { return scalar }
            // Half of a character beyond U+FFFF; the other half must follow.
            guard (0xd800..<0xdc00).contains(unit), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
                throw flaw("both halves of a surrogate pair")
            }
            let low = try hexUnit()
            guard (0xdc00..<0xe000).contains(low),
                let scalar = Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00))
            else { throw flaw("both halves of a surrogate pair") }
            return scalar
        default:
            position -= 1
            throw flaw("one of \" \\ / b f n r t u after a backslash")
        }
    }

    private mutating func hexUnit() throws(Flaw) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw flaw("four hexadecimal digits") }
            position += 1
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }
}
