import Glibc
import ZooCore

/// The bytes of an ELF file, little-endian, with every access checked against their end.
struct ELFBytes {
    let raw: UnsafeRawBufferPointer
    let path: String

    /// The integer at `offset`; `what` is what the error says lies beyond the end.
    func load<T: FixedWidthInteger>(_: T.Type, _ offset: UInt64, _ what: String) throws -> T {
        let size = UInt64(MemoryLayout<T>.size)
        guard offset <= UInt64(raw.count), UInt64(raw.count) - offset >= size else { throw truncated(what) }
        return T(littleEndian: raw.loadUnaligned(fromByteOffset: Int(offset), as: T.self))
    }

    /// `offset ..< offset + size`, if the file reaches that far.
    func range(_ offset: UInt64, _ size: UInt64, _ what: String) throws -> Range<UInt64> {
        let (end, overflow) = offset.addingReportingOverflow(size)
        guard !overflow, end <= UInt64(raw.count) else { throw truncated(what) }
        return offset..<end
    }

    /// The NUL-terminated string that starts `offset` bytes into `table`, itself a range that was checked.
    func string(_ offset: UInt64, in table: Range<UInt64>, _ what: String) throws -> String {
        guard offset < UInt64(table.count) else {
            throw HostError(.data, "\(path): garbled: \(what) lies outside the string table")
        }
        let rest = UnsafeRawBufferPointer(rebasing: raw[Int(table.lowerBound + offset)..<Int(table.upperBound)])
        guard let end = rest.firstIndex(of: 0) else {
            throw HostError(.data, "\(path): garbled: \(what) does not end within the string table")
        }
        return String(decoding: rest[..<end], as: UTF8.self)
    }

    /// The offsets within `range`, itself a range that was checked, at which `text` starts.
    func occurrences(of text: String, in range: Range<UInt64>) -> [Int] {
        var found: [Int] = []
        let needle = Array(text.utf8)
        guard let base = raw.baseAddress, let first = needle.first else { return [] }
        var next = Int(range.lowerBound)
        let end = Int(range.upperBound) - needle.count + 1
        while next < end, let hit = memchr(base + next, Int32(first), end - next) {
            next = UnsafeRawPointer(hit) - base
            if memcmp(hit, needle, needle.count) == 0 { found.append(next) }
            next += 1
        }
        return found
    }

    private func truncated(_ what: String) -> HostError {
        HostError(.data, "\(path): truncated or garbled: \(what) would lie beyond its end (\(raw.count) bytes)")
    }
}

extension ELFFile {
    /// The first 64 bytes of a shared library, as far as they matter here.
    struct Header {
        let machine: Machine
        let programHeaders: UInt64
        let programHeaderSize: UInt16
        let programHeaderCount: UInt16

        init(_ bytes: ELFBytes) throws {
            let path = bytes.path
            func wrong(_ reason: String) -> HostError { HostError(.data, "\(path): not a shared library: \(reason)") }
            guard bytes.raw.count >= 4, bytes.raw.prefix(4).elementsEqual([0x7f, 0x45, 0x4c, 0x46]) else {
                throw wrong("it \(Self.opening(of: bytes.raw)), expected an ELF header")
            }
            let bits = try bytes.load(UInt8.self, 4, "the ELF header")
            guard bits == 2 else { throw wrong("it is \(bits == 1 ? "of 32 bits" : "of unknown class \(bits)"), expected 64 bits") }
            guard try bytes.load(UInt8.self, 5, "the ELF header") == 1 else { throw wrong("it is big-endian, expected little-endian") }
            let type = try bytes.load(UInt16.self, 16, "the ELF header")
            guard type == 3 else {
                let names: [UInt16: String] = [1: "an object file (.o)", 2: "a program", 4: "a core dump"]
                throw wrong("it is \(names[type] ?? "an ELF file of type \(type)"), expected a shared object")
            }
            machine = Machine(code: try bytes.load(UInt16.self, 18, "the ELF header"))
            programHeaders = try bytes.load(UInt64.self, 32, "the ELF header")
            programHeaderSize = try bytes.load(UInt16.self, 54, "the ELF header")
            programHeaderCount = try bytes.load(UInt16.self, 56, "the ELF header")
            guard programHeaderSize >= 56 else {
                throw HostError(.data, "\(path): garbled: program headers of \(programHeaderSize) bytes, expected 56")
            }
            _ = try bytes.range(
                programHeaders, UInt64(programHeaderSize) * UInt64(programHeaderCount), "the table of program headers")
        }

        /// How a file that is no ELF file begins, in words.
        private static func opening(of raw: UnsafeRawBufferPointer) -> String {
            if raw.isEmpty { return "is empty" }
            let line = raw.prefix(32).prefix { $0 >= 0x20 && $0 < 0x7f }
            if line.count >= 4 || line.count == raw.count { return "starts with '\(String(decoding: line, as: UTF8.self))'" }
            let bytes = raw.prefix(4).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
            return "starts with the bytes \(bytes.joined(separator: " "))"
        }
    }
}
