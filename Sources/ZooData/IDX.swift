import Foundation
import ZooCore

/// Files in the IDX format of MNIST, raw or gzipped: a big-endian magic number, one length per dimension, values.
package enum IDX {
    /// The larger of what a file may hold inflated and what it may have on disk: 4 GiB.
    private static let limit = 1 << 32

    /// What the magic number says.
    package struct Kind: Hashable, Sendable {
        let type: UInt8
        let rank: Int

        init(type: UInt8 = 8, rank: Int) {
            self.type = type
            self.rank = rank
        }

        static let labels = Kind(rank: 1)
        static let images = Kind(rank: 3)
        /// QMNIST's: the class in the first column, where the digit comes from in the others.
        static let extendedLabels = Kind(type: 0x0c, rank: 2)

        /// Bytes of one value; nil if there is no such type.
        var width: Int? { [0x08: 1, 0x09: 1, 0x0b: 2, 0x0c: 4, 0x0d: 4, 0x0e: 8][type] }
        /// Unsigned bytes, N×H×W or with channels.
        var isImages: Bool { type == 8 && (rank == 3 || rank == 4) }
        /// Whole numbers, N or N×k.
        var isLabels: Bool { [0x08, 0x09, 0x0b, 0x0c].contains(type) && (rank == 1 || rank == 2) }
    }

    package struct Contents {
        let path: String
        let kind: Kind
        let dimensions: [Int]
        /// After the header, row-major.
        let values: [UInt8]
        /// SHA-256 of the whole file, inflated.
        let checksum: String

        /// The first number of each item.
        var labels: [Int] {
            let width = kind.width ?? 1
            let stride = width * dimensions.dropFirst().reduce(1, *)
            return Swift.stride(from: 0, to: values.count, by: stride).map { start in
                let number = values[start..<start + width].reduce(0) { $0 << 8 | Int($1) }
                let isNegative = kind.type != 8 && values[start] & 0x80 != 0
                return isNegative ? number - (1 << (8 * width)) : number
            }
        }
    }

    /// Reads a file of that kind.
    ///
    /// - Throws: `HostError` if it cannot be read, or its magic number, dimensions or length are not right.
    static func read(_ path: String, _ kind: Kind) throws -> Contents {
        try parse(DataFile.bytes(of: path, limit: limit), path: path, kind)
    }

    /// The kind that a file's first bytes say it is; nil if it is no IDX file.
    static func kind(of path: String) -> Kind? {
        guard var bytes = try? DataFile.beginning(of: path, count: 512) else { return nil }
        if Gzip.isCompressed(bytes) { bytes = (try? Gzip.inflate(bytes, limit: 4, file: path)) ?? [] }
        guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0, bytes[3] > 0 else { return nil }
        let kind = Kind(type: bytes[2], rank: Int(bytes[3]))
        return kind.width == nil ? nil : kind
    }

    /// `parse` of unsigned bytes with the number of dimensions of a kind: three for images, one for labels.
    package static func parse(_ raw: [UInt8], path: String, rank: Int) throws -> Contents {
        try parse(raw, path: path, Kind(rank: rank))
    }

    /// Reads a file's bytes; `path` is what errors call them.
    package static func parse(_ raw: [UInt8], path: String, _ kind: Kind) throws -> Contents {
        let headerLength = 4 + 4 * kind.rank
        let isCompressed = Gzip.isCompressed(raw)
        // The header first: it says how much there should be, so a wrong file never fills the memory.
        let header = isCompressed ? try Gzip.inflate(raw, limit: headerLength, file: path) : Array(raw.prefix(headerLength))
        let dimensions = try self.dimensions(header, kind, file: path)
        var length = headerLength
        var count = kind.width ?? 1
        for dimension in dimensions {
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            count = overflow || product > limit ? limit : product
        }
        length += count
        guard count < limit else {
            throw HostError(.data, file: path, field: "dimensions", expected: "less than 4 GiB in all", found: name(dimensions))
        }
        let whole = isCompressed ? try Gzip.inflate(raw, limit: length + 1, file: path) : raw
        guard whole.count == length else {
            let found = whole.count < length ? "\(whole.count)" : isCompressed ? "more" : "\(whole.count)"
            throw HostError(.data, file: path, field: "length", expected: "\(length) bytes for \(name(dimensions))", found: found)
        }
        return Contents(
            path: path, kind: kind, dimensions: dimensions, values: Array(whole.dropFirst(headerLength)),
            checksum: try Checksum.sha256(of: Data(whole)))
    }

    private static func dimensions(_ header: [UInt8], _ kind: Kind, file: String) throws -> [Int] {
        guard header.count == 4 + 4 * kind.rank else {
            throw HostError(.data, file: file, field: "header", expected: "\(4 + 4 * kind.rank) bytes", found: "\(header.count)")
        }
        let words = (0...kind.rank).map { word in header[4 * word..<4 * word + 4].reduce(0) { $0 << 8 | Int($1) } }
        let magic = Int(kind.type) << 8 | kind.rank
        guard words[0] == magic else {
            throw HostError(.data, file: file, field: "magic number", expected: hexadecimal(magic), found: hexadecimal(words[0]))
        }
        guard words.allSatisfy({ $0 > 0 }) else {
            throw HostError(.data, file: file, field: "dimensions", expected: "positive numbers", found: name(Array(words.dropFirst())))
        }
        return Array(words.dropFirst())
    }

    private static func hexadecimal(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "0x" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    private static func name(_ dimensions: [Int]) -> String { dimensions.map(String.init).joined(separator: "×") }
}
