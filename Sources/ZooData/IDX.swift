import Foundation
import ZooHost

/// Files in the IDX format of MNIST, raw or gzipped: a big-endian magic number, one length per dimension, bytes.
package enum IDX {
    /// The larger of what a file may hold inflated and what it may have on disk: 4 GiB.
    private static let limit = 1 << 32

    package struct Contents {
        let path: String
        let dimensions: [Int]
        /// After the header, row-major.
        let values: [UInt8]
        /// SHA-256 of the whole file, inflated.
        let checksum: String
    }

    /// Reads a file of unsigned bytes with so many dimensions: three for images, one for labels.
    ///
    /// - Throws: `HostError` if it cannot be read, or its magic number, dimensions or length are not right.
    static func read(_ path: String, rank: Int) throws -> Contents {
        try parse(DataFile.bytes(of: path, limit: limit), path: path, rank: rank)
    }

    /// The same of a file's bytes; `path` is what errors call them.
    package static func parse(_ raw: [UInt8], path: String, rank: Int) throws -> Contents {
        let headerLength = 4 + 4 * rank
        let isCompressed = Gzip.isCompressed(raw)
        // The header first: it says how much there should be, so a wrong file never fills the memory.
        let header = isCompressed ? try Gzip.inflate(raw, limit: headerLength, file: path) : Array(raw.prefix(headerLength))
        let dimensions = try self.dimensions(header, rank: rank, file: path)
        var length = headerLength
        var count = 1
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
            path: path, dimensions: dimensions, values: Array(whole.dropFirst(headerLength)),
            checksum: try Checksum.sha256(of: Data(whole)))
    }

    private static func dimensions(_ header: [UInt8], rank: Int, file: String) throws -> [Int] {
        guard header.count == 4 + 4 * rank else {
            throw HostError(.data, file: file, field: "header", expected: "\(4 + 4 * rank) bytes", found: "\(header.count)")
        }
        let words = (0...rank).map { word in header[4 * word..<4 * word + 4].reduce(0) { $0 << 8 | Int($1) } }
        // 0, 0, 8: unsigned bytes; then the number of dimensions.
        let magic = 0x800 + rank
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
