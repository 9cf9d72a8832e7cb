public import FoundationEssentials
import Glibc
import ZooCore

/// What a shared library says about itself, read from its bytes: nothing of it is loaded, mapped for execution, or run.
///
///     let library = try ELFFile(path: "libWarps.so")
///     library.machine          // x86-64
///     library.needed           // ["libswiftCore.so", "libc.so.6"]
///     try library.exports()    // ["libWarps_LTX_zoo_plugin_v1"]
///
/// Only what the dynamic loader itself goes by is read: program headers and the dynamic segment, never the section
/// headers, which `strip` and others may remove. Every offset is checked against the file before it is followed, so a
/// garbled or truncated file ends in an error. After the ELF-64 object file format of the System V ABI.
public struct ELFFile: Sendable {
    /// The processor a library was built for.
    public enum Machine: Sendable, Hashable, CustomStringConvertible {
        case x86_64, aarch64
        case other(UInt16)

        /// The one this process runs on.
        public static var current: Machine {
            #if arch(x86_64)
                .x86_64
            #elseif arch(arm64)
                .aarch64
            #else
                .other(0)
            #endif
        }

        init(code: UInt16) {
            self =
                switch code {
                case 62: .x86_64
                case 183: .aarch64
                default: .other(code)
                }
        }

        public var description: String {
            switch self {
            case .x86_64: "x86-64"
            case .aarch64: "aarch64"
            case .other(let code): "machine \(code)"
            }
        }
    }

    /// Where the library was read from, as it was given; errors begin with it.
    public let path: String
    public let machine: Machine
    /// The libraries that loading this one would load, in order (`DT_NEEDED`).
    public let needed: [String]
    /// Where the loader looks for those first (`DT_RUNPATH`, or else `DT_RPATH`), as written, with `$ORIGIN` for its own directory.
    let runPath: [String]
    /// The name under which others need this library (`DT_SONAME`), if it has one.
    public let soname: String?

    package let contents: Data
    let segments: [Segment]
    private let dynamic: Dynamic

    /// A part of the file that is mapped into memory (`PT_LOAD`).
    struct Segment: Sendable {
        let fileRange: Range<UInt64>
        let address: UInt64
    }

    /// Values of the dynamic segment. Those that were addresses are offsets in the file.
    private struct Dynamic: Sendable {
        var strings: Range<UInt64> = 0..<0
        var symbols: UInt64?
        var hash: UInt64?
        var gnuHash: UInt64?
    }

    /// Reads the library at `path`.
    ///
    /// - Throws: `HostError` of kind `noInput` if it cannot be opened, `data` if it is no shared library of 64 bits.
    public init(path: String) throws {
        try self.init(contents: FileBytes.read(path), path: path)
    }

    /// Reads a library from its bytes; `path` is what errors call it.
    public init(contents: Data, path: String) throws {
        let (header, segments, dynamic) = try contents.withUnsafeBytes { raw in
            let bytes = ELFBytes(raw: raw, path: path)
            let header = try Header(bytes)
            let (segments, dynamicRange) = try Self.programHeaders(bytes, header)
            guard let dynamicRange else {
                throw HostError(.data, "\(path): not a shared library that can be loaded: it has no dynamic segment")
            }
            return (header, segments, try Self.dynamicSegment(bytes, dynamicRange, segments))
        }
        self.path = path
        self.contents = contents
        self.machine = header.machine
        self.segments = segments
        self.dynamic = dynamic.values
        self.needed = dynamic.needed
        self.runPath = dynamic.runPath.split(separator: ":").map(String.init)
        self.soname = dynamic.soname
    }

    /// The names of the functions and data that others can link to, in the order of the symbol table.
    ///
    /// - Throws: `HostError` of kind `data` if the symbol table points outside the file.
    public func exports() throws -> [String] {
        guard let symbols = dynamic.symbols else { return [] }
        return try contents.withUnsafeBytes { raw in
            let bytes = ELFBytes(raw: raw, path: path)
            var names: [String] = []
            for index in try symbolRange(bytes) {
                let at = symbols + 24 * index
                let info = try bytes.load(UInt8.self, at + 4, "a symbol")
                let other = try bytes.load(UInt8.self, at + 5, "a symbol")
                let section = try bytes.load(UInt16.self, at + 6, "a symbol")
                // Defined; global, weak or unique; neither hidden nor internal.
                guard section != 0, [1, 2, 10].contains(info >> 4), [0, 3].contains(other & 3) else { continue }
                let name = UInt64(try bytes.load(UInt32.self, at, "a symbol"))
                names.append(try bytes.string(name, in: dynamic.strings, "the name of a symbol"))
            }
            return names
        }
    }

    /// Which indices of the symbol table to look at. The table does not say how long it is; the hash tables do.
    private func symbolRange(_ bytes: ELFBytes) throws -> Range<UInt64> {
        let limit = UInt64(bytes.raw.count) / 24
        func checked(_ count: UInt64) throws -> UInt64 {
            guard count <= limit else {
                throw HostError(.data, "\(path): garbled: it claims \(count) symbols, more than its size allows")
            }
            return count
        }
        if let hash = dynamic.hash {
            return 0..<(try checked(UInt64(bytes.load(UInt32.self, hash + 4, "the hash table"))))
        }
        guard let table = dynamic.gnuHash else { return 0..<0 }
        let bucketCount = UInt64(try bytes.load(UInt32.self, table, "the hash table"))
        let first = try checked(UInt64(bytes.load(UInt32.self, table + 4, "the hash table")))
        let filterWords = UInt64(try bytes.load(UInt32.self, table + 8, "the hash table"))
        let buckets = table + 16 + 8 * filterWords
        let chains = buckets + 4 * bucketCount
        var last: UInt64?
        for bucket in 0..<bucketCount {
            let start = UInt64(try bytes.load(UInt32.self, buckets + 4 * bucket, "the hash table"))
            if start >= first, start > last ?? 0 { last = start }
        }
        guard var last else { return 0..<0 }
        // The chain of the highest bucket ends at an odd hash, which belongs to the last symbol of all.
        while try bytes.load(UInt32.self, chains + 4 * (last - first), "the hash table") & 1 == 0 { last = try checked(last + 1) }
        return first..<(try checked(last + 1))
    }

    // MARK: - Reading

    private static func programHeaders(_ bytes: ELFBytes, _ header: Header) throws -> (segments: [Segment], dynamic: Range<UInt64>?) {
        var segments: [Segment] = []
        var dynamic: Range<UInt64>?
        for index in 0..<UInt64(header.programHeaderCount) {
            // Neither factor exceeds 16 bits, and the offset was checked, so nothing here overflows.
            let at = header.programHeaders + index * UInt64(header.programHeaderSize)
            let type = try bytes.load(UInt32.self, at, "a program header")
            guard type == 1 || type == 2 else { continue }
            let offset = try bytes.load(UInt64.self, at + 8, "a program header")
            let address = try bytes.load(UInt64.self, at + 16, "a program header")
            let size = try bytes.load(UInt64.self, at + 32, "a program header")
            let range = try bytes.range(offset, size, type == 1 ? "segment \(index)" : "the dynamic segment")
            if type == 1 {
                segments.append(Segment(fileRange: range, address: address))
            } else {
                dynamic = range
            }
        }
        return (segments, dynamic)
    }

    private static func dynamicSegment(
        _ bytes: ELFBytes, _ range: Range<UInt64>, _ segments: [Segment]
    ) throws -> (values: Dynamic, needed: [String], runPath: String, soname: String?) {
        var values = Dynamic()
        var neededNames: [UInt64] = []
        var (sonameName, runPathName, oldRunPathName): (UInt64?, UInt64?, UInt64?) = (nil, nil, nil)
        var strings: UInt64?
        var stringsSize: UInt64 = 0
        var at = range.lowerBound
        while range.upperBound - at >= 16 {
            let tag = try bytes.load(UInt64.self, at, "the dynamic segment")
            let value = try bytes.load(UInt64.self, at + 8, "the dynamic segment")
            at += 16
            if tag == 0 { break }
            func offset(_ what: String) throws -> UInt64 { try fileOffset(of: value, in: segments, what, bytes.path) }
            switch tag {
            case 1: neededNames.append(value)
            case 4: values.hash = try offset("hash table")
            case 5: strings = try offset("string table")
            case 6: values.symbols = try offset("symbol table")
            case 10: stringsSize = value
            case 14: sonameName = value
            case 15: oldRunPathName = value
            case 29: runPathName = value
            case 0x6fff_fef5: values.gnuHash = try offset("GNU hash table")
            default: break
            }
        }
        if let strings { values.strings = try bytes.range(strings, stringsSize, "the string table") }
        let needed = try neededNames.map { try bytes.string($0, in: values.strings, "the name of a needed library") }
        let soname = try sonameName.map { try bytes.string($0, in: values.strings, "its own name") }
        let runPath = try (runPathName ?? oldRunPathName).map { try bytes.string($0, in: values.strings, "its run path") }
        return (values, needed, runPath ?? "", soname)
    }

    /// Where in the file lies what the loader would map to `address`.
    private static func fileOffset(of address: UInt64, in segments: [Segment], _ what: String, _ path: String) throws -> UInt64 {
        for segment in segments where address >= segment.address && address - segment.address < UInt64(segment.fileRange.count) {
            return segment.fileRange.lowerBound + (address - segment.address)
        }
        throw HostError(.data, "\(path): garbled: its \(what) lies outside every segment")
    }
}
