import ZooHost

/// A plain tar file (POSIX ustar; long names of GNU and pax too), read in place: nothing is unpacked.
struct TarArchive: Sendable {
    struct Member: Sendable {
        /// With "/" between folders, without one at the end.
        let name: String
        let isFolder: Bool
        /// Where its contents are in `bytes`.
        let range: Range<Int>
    }

    let path: String
    let bytes: [UInt8]
    let members: [Member]

    private static let block = 512

    /// - Throws: `HostError` naming the member if the file is cut, a header is damaged, or a member is neither a file nor a
    ///   folder or has a name that leads out of the archive.
    init(path: String) throws {
        try self.init(path: path, bytes: DataFile.bytes(of: path))
    }

    init(path: String, bytes: [UInt8]) throws {
        self.path = path
        self.bytes = bytes
        var members: [Member] = []
        var offset = 0
        var longName: String?
        while true {
            guard offset + Self.block <= bytes.count else {
                throw HostError(
                    .data, file: path, field: "end of the archive", expected: "a block of zeros",
                    found: "the end of the file after \(members.count) members: it is cut, or not a tar file")
            }
            let header = bytes[offset..<offset + Self.block]
            if header.allSatisfy({ $0 == 0 }) { break }
            let field = "header at byte \(offset)"
            try Self.check(header, file: path, field: field)
            guard let size = Self.number(header, 124, 12) else {
                throw HostError(.data, file: path, field: field, expected: "a size", found: "something else")
            }
            let start = offset + Self.block
            guard size <= bytes.count - start else {
                throw HostError(
                    .data, file: path, field: longName ?? Self.name(header), expected: "\(size) bytes",
                    found: "\(bytes.count - start): the file is cut")
            }
            let contents = start..<start + size
            offset = start + (size + Self.block - 1) / Self.block * Self.block
            switch header[header.startIndex + 156] {
            case UInt8(ascii: "L"):
                longName = Self.text(bytes[contents])
            case UInt8(ascii: "x"):
                longName = Self.paxPath(bytes[contents]) ?? longName
            case UInt8(ascii: "g"):
                continue
            case 0, UInt8(ascii: "0"), UInt8(ascii: "5"):
                let isFolder = header[header.startIndex + 156] == UInt8(ascii: "5")
                let parts = try Self.components(longName ?? Self.name(header), file: path, field: field)
                longName = nil
                if !parts.isEmpty {
                    members.append(Member(name: parts.joined(separator: "/"), isFolder: isFolder, range: contents))
                }
            case let type:
                throw HostError(
                    .data, file: path, field: longName ?? Self.name(header), expected: "a file or a folder",
                    found: "a member of type '\(Character(UnicodeScalar(type)))'")
            }
        }
        self.members = members
    }

    private static func check(_ header: ArraySlice<UInt8>, file: String, field: String) throws {
        let start = header.startIndex
        guard header[(start + 257)...].starts(with: "ustar".utf8) else {
            throw HostError(.data, file: file, field: field, expected: "\"ustar\" at its byte 257", found: "something else: not a tar file")
        }
        // The sum is taken with its own field as spaces.
        let sum = header.reduce(0) { $0 + Int($1) } - header[start + 148..<start + 156].reduce(0) { $0 + Int($1) } + 8 * 32
        let stated = number(header, 148, 8)
        guard stated == sum else {
            throw HostError(
                .data, file: file, field: field, expected: "the checksum \(sum)", found: stated.map { "\($0)" } ?? "no number")
        }
    }

    /// An octal number, or a binary one marked by its first bit; nil if it is neither or negative.
    private static func number(_ header: ArraySlice<UInt8>, _ offset: Int, _ count: Int) -> Int? {
        let field = header.dropFirst(offset).prefix(count)
        if let first = field.first, first & 0x80 != 0 {
            guard first == 0x80, field.dropFirst().prefix(count - 8).allSatisfy({ $0 == 0 }) else { return nil }
            let value = field.suffix(7).reduce(0) { $0 << 8 | Int($1) }
            return value
        }
        let digits = field.drop { $0 == 32 }.prefix { $0 != 0 && $0 != 32 }
        guard !digits.isEmpty, digits.allSatisfy({ (48...55).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 << 3 | Int($1 - 48) }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }

    private static func name(_ header: ArraySlice<UInt8>) -> String {
        let start = header.startIndex
        let prefix = text(header[start + 345..<start + 500])
        let name = text(header[start..<start + 100])
        return prefix.isEmpty ? name : prefix + "/" + name
    }

    /// The name in a pax header: records "length key=value\n".
    private static func paxPath(_ contents: ArraySlice<UInt8>) -> String? {
        var rest = contents
        while !rest.isEmpty {
            let digits = rest.prefix { (48...57).contains($0) }
            guard let length = Int(String(decoding: digits.prefix(9), as: UTF8.self)), length > digits.count + 1, length <= rest.count
            else {
                return nil
            }
            let record = rest.prefix(length).dropFirst(digits.count + 1).dropLast()
            if record.starts(with: "path=".utf8) { return String(decoding: record.dropFirst(5), as: UTF8.self) }
            rest = rest.dropFirst(length)
        }
        return nil
    }

    private static func components(_ name: String, file: String, field: String) throws -> [String] {
        let parts = name.split(separator: "/").map(String.init).filter { $0 != "." }
        guard !name.hasPrefix("/"), !parts.contains("..") else {
            throw HostError(.data, file: file, field: field, expected: "a name inside the archive, without '..'", found: "\"\(name)\"")
        }
        return parts
    }
}
