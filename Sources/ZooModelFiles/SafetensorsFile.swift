public import FoundationEssentials
import Glibc
import ZooCore

/// Named tensors in one file, in the safetensors format: a JSON header that says where each one lies, then raw bytes.
///
///     let file = try SafetensorsFile(path: "cnn.safetensors")
///     file.metadata["zoo.seed"]                    // "1"
///     let weight = try file.bytes(of: "fc.weight") // row-major, little-endian
///
/// Reading believes nothing: the header is checked as the reference implementation of the format checks it (safetensors,
/// `SafeTensors::deserialize`), and a little more strictly, since a name that appears twice is an error here. A file
/// that was read is therefore covered by its tensors without a hole or an overlap.
public struct SafetensorsFile: Sendable {
    /// Where one tensor lies, and how to read it.
    public struct Entry: Sendable, Hashable {
        public let name: String
        public let dtype: SafetensorsDType
        /// Sizes of the dimensions, outermost first; empty for a scalar.
        public let shape: [Int]
        /// The range within the tensor data, which start right after the header.
        public let byteRange: Range<Int>
    }

    /// What errors call the file.
    public let path: String
    /// Free texts from the header's `__metadata__`.
    public let metadata: [String: String]
    /// The tensors in the order of their bytes.
    public let entries: [Entry]

    private let contents: Data
    private let indices: [String: Int]
    private let dataStart: Int

    /// A header larger than this is refused, as the reference implementation does.
    public static let largestHeader = 100_000_000

    /// Reads the file at `path`. Tensors are not copied: large files are mapped into memory.
    ///
    /// - Throws: `HostError` of kind `noInput` if it cannot be opened, `data` if it breaks a rule of the format.
    public init(path: String) throws {
        try self.init(contents: FileBytes.read(path), path: path)
    }

    /// Reads a file's bytes; `path` is what errors call them.
    ///
    /// - Throws: `HostError` of kind `data` if they break a rule of the format.
    public init(contents: Data, path: String) throws {
        func wrong(_ reason: String) -> HostError { HostError(.data, "\(path): not a sound safetensors file: \(reason)") }
        let total = contents.count
        guard total >= 8 else { throw wrong("it has \(total) bytes, expected at least 8 for the header's length") }
        // Files of PyTorch and others are called what they are, with what makes weights of them.
        func foreign() throws { if let refusal = ModelFile(contents).refusal(asWeights: path) { throw refusal } }
        let claimed = contents.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard claimed <= UInt64(Self.largestHeader) else {
            try foreign()
            throw wrong("its header claims \(claimed) bytes, expected at most \(Self.largestHeader)")
        }
        let length = Int(claimed)
        guard length <= total - 8 else {
            try foreign()
            throw wrong("its header claims \(length) bytes, but only \(total - 8) follow: truncated or garbled")
        }
        let bytes = [UInt8](contents.dropFirst(8).prefix(length))
        guard bytes.first == UInt8(ascii: "{") else {
            try foreign()
            throw wrong("its header does not begin with '{'")
        }

        let header: SafetensorsHeader
        do { header = try SafetensorsHeader(bytes) } catch { throw wrong(error.reason) }
        let size = total - 8 - length
        var end = 0
        // Empty tensors share their offset with a neighbour and come before it.
        let entries = header.entries.sorted {
            ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
        }
        for entry in entries {
            let range = entry.byteRange
            guard range.lowerBound >= end else {
                throw wrong("tensor '\(entry.name)' begins at byte \(range.lowerBound), inside the one before it, which ends at \(end)")
            }
            guard range.lowerBound == end else {
                throw wrong(
                    "tensor '\(entry.name)' begins at byte \(range.lowerBound), expected \(end): no tensor covers what lies between")
            }
            guard range.upperBound <= size else {
                throw wrong("tensor '\(entry.name)' ends at byte \(range.upperBound), but only \(size) bytes follow the header: truncated")
            }
            end = range.upperBound
        }
        guard end == size else { throw wrong("\(size - end) bytes follow the last tensor, expected none") }

        self.path = path
        self.metadata = header.metadata
        self.entries = entries
        self.contents = contents
        self.dataStart = 8 + length
        self.indices = Dictionary(entries.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The free texts of a file whose tensors are not wanted: its header alone is read.
    ///
    /// - Throws: as `init(path:)`, of what the header shows.
    public static func metadata(path: String) throws -> [String: String] {
        let file = try RegularFile(path)
        var prefix = [UInt8](repeating: 0, count: 8)
        func wrong(_ reason: String) -> HostError { HostError(.data, "\(path): not a sound safetensors file: \(reason)") }
        guard pread(file.descriptor, &prefix, 8, 0) == 8 else { throw wrong("it has no header") }
        let length = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(min(largestHeader, max(0, file.size - 8))) else { throw wrong("its header claims \(length) bytes") }
        var bytes = [UInt8](repeating: 0, count: Int(length))
        guard pread(file.descriptor, &bytes, bytes.count, 8) == bytes.count else { throw wrong("its header is cut short") }
        do { return try SafetensorsHeader(bytes).metadata } catch { throw wrong(error.reason) }
    }

    /// The entry of that name, if the file has one.
    public func entry(_ name: String) -> Entry? { indices[name].map { entries[$0] } }

    /// The bytes of a tensor: row-major, little-endian.
    ///
    /// This is a slice that shares the file's memory: read it with `withUnsafeBytes`, or relative to its `startIndex`.
    ///
    /// - Throws: `HostError` of kind `data` if there is no such tensor; it names the nearest.
    public func bytes(of name: String) throws -> Data {
        guard let entry = entry(name) else {
            let hint = nearest(to: name, in: entries.lazy.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
            throw HostError(.data, "\(path): holds no tensor '\(name)'\(hint)")
        }
        let start = contents.startIndex + dataStart
        return contents[start + entry.byteRange.lowerBound..<start + entry.byteRange.upperBound]
    }
}
