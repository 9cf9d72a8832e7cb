import Foundation

/// The files of a zip archive, and the bytes of those that are stored as they are, as PyTorch stores all of its own.
///
/// Nothing is believed: every offset is checked, and an archive that is not sound is none.
struct ZipListing {
    struct Member {
        let name: String
        let method: Int
        let size: Int
        let header: Int
    }

    let members: [Member]
    private let contents: Data

    private static let most = 1_000_000

    /// nil unless the bytes are a zip archive with a readable directory.
    init?(_ contents: Data) {
        let bytes = ByteReader(contents)
        guard bytes.holds("PK\u{3}\u{4}", at: 0), let end = Self.end(bytes) else { return nil }
        var position = end.directory
        var members: [Member] = []
        while members.count < min(end.count, Self.most) {
            guard bytes.holds("PK\u{1}\u{2}", at: position), let method = bytes.number(position + 10, 2),
                let packed = bytes.number(position + 20, 4), let size = bytes.number(position + 24, 4),
                let nameLength = bytes.number(position + 28, 2), let extraLength = bytes.number(position + 30, 2),
                let commentLength = bytes.number(position + 32, 2), let header = bytes.number(position + 42, 4),
                let name = bytes.text(position + 46, nameLength)
            else { return nil }
            let large = Self.large([size, packed, header], bytes, position + 46 + nameLength, extraLength)
            members.append(Member(name: name, method: method, size: large[0], header: large[2]))
            position += 46 + nameLength + extraLength + commentLength
        }
        self.members = members
        self.contents = contents
    }

    /// Where the directory begins, and how many members it lists.
    private static func end(_ bytes: ByteReader) -> (directory: Int, count: Int)? {
        let last = bytes.count - 22
        guard last >= 0 else { return nil }
        // A comment of up to 65,535 bytes may follow the record.
        for position in stride(from: last, through: max(0, last - 65_535), by: -1) where bytes.holds("PK\u{5}\u{6}", at: position) {
            guard let count = bytes.number(position + 10, 2), let directory = bytes.number(position + 16, 4) else { return nil }
            if bytes.holds("PK\u{6}\u{7}", at: position - 20), let record = bytes.number(position - 12, 8),
                bytes.holds("PK\u{6}\u{6}", at: record), let count = bytes.number(record + 32, 8),
                let directory = bytes.number(record + 48, 8)
            {
                return (directory, count)
            }
            return (directory, count)
        }
        return nil
    }

    /// Numbers that do not fit 32 bits stand in an extra field, in the same order.
    private static func large(_ numbers: [Int], _ bytes: ByteReader, _ start: Int, _ length: Int) -> [Int] {
        var numbers = numbers
        var position = start
        while position + 4 <= start + length, let kind = bytes.number(position, 2), let size = bytes.number(position + 2, 2) {
            if kind == 1 {
                var place = position + 4
                for index in numbers.indices where numbers[index] == 0xFFFF_FFFF {
                    guard place + 8 <= position + 4 + size, let value = bytes.number(place, 8) else { break }
                    numbers[index] = value
                    place += 8
                }
            }
            position += 4 + size
        }
        return numbers
    }

    /// The bytes of a member; nil if it is compressed or cut.
    func data(of member: Member) -> Data? {
        let bytes = ByteReader(contents)
        guard member.method == 0, bytes.holds("PK\u{3}\u{4}", at: member.header), let name = bytes.number(member.header + 26, 2),
            let extra = bytes.number(member.header + 28, 2)
        else { return nil }
        return bytes.slice(member.header + 30 + name + extra, member.size)
    }
}

/// Little-endian numbers and texts at places of a file that may not be there.
struct ByteReader {
    private let data: Data
    init(_ data: Data) { self.data = data }

    var count: Int { data.count }

    /// nil beyond the end, and for what no `Int` holds.
    func number(_ position: Int, _ size: Int) -> Int? {
        guard let slice = slice(position, size) else { return nil }
        return Int(exactly: slice.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    func slice(_ position: Int, _ size: Int) -> Data? {
        guard position >= 0, size >= 0, position <= data.count, size <= data.count - position else { return nil }
        let start = data.startIndex + position
        return data[start..<start + size]
    }

    func text(_ position: Int, _ size: Int) -> String? { slice(position, size).map { String(decoding: $0, as: UTF8.self) } }

    func holds(_ text: String, at position: Int) -> Bool {
        slice(position, text.utf8.count).map { $0.elementsEqual(text.utf8) } ?? false
    }

    /// The bytes up to a line feed.
    func line(_ position: Int) -> Data? {
        guard position >= 0, position < data.count else { return nil }
        let start = data.startIndex + position
        return data[start...].firstIndex(of: 0x0A).map { data[start..<$0] }
    }
}
