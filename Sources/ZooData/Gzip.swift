import CZlib
import ZooCore

/// Inflation of gzip files (RFC 1952) held in memory.
enum Gzip {
    /// Whether bytes begin as a gzip file does.
    static func isCompressed(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1f, 0x8b]) }

    /// Inflates up to `limit` bytes of all members, one after another. Zero bytes after the last member are padding, as in gzip itself.
    ///
    /// A result of exactly `limit` bytes may not be the whole: what follows has not been looked at.
    ///
    /// - Throws: `HostError` if the file is cut, is not gzip, fails its CRC or length check, or goes on after the last member.
    static func inflate(_ bytes: [UInt8], limit: Int, file: String) throws -> [UInt8] {
        func wrong(_ expected: String, _ found: String) -> HostError {
            HostError(.data, file: file, field: "gzip stream", expected: expected, found: found)
        }
        return try bytes.withUnsafeBufferPointer { source in
            var stream = z_stream()
            // 15: the largest window; + 16: a gzip header and trailer.
            guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
                throw wrong("memory to inflate it", "none")
            }
            defer { inflateEnd(&stream) }
            var output: [UInt8] = []
            // zlib counts in 32 bits, so the source goes in by pieces.
            var offset = 0
            let piece = 1 << 30
            var buffer = [UInt8](repeating: 0, count: min(max(1, limit), 1 << 18))
            while output.count < limit {
                let given = min(piece, source.count - offset)
                let wanted = min(buffer.count, limit - output.count)
                let status = buffer.withUnsafeMutableBufferPointer { room in
                    // zlib reads through a pointer that older interfaces left mutable.
                    stream.next_in = source.baseAddress.map { UnsafeMutablePointer(mutating: $0 + offset) }
                    stream.avail_in = UInt32(given)
                    stream.next_out = room.baseAddress
                    stream.avail_out = UInt32(wanted)
                    return CZlib.inflate(&stream, Z_NO_FLUSH)
                }
                offset += given - Int(stream.avail_in)
                output.append(contentsOf: buffer.prefix(wanted - Int(stream.avail_out)))
                switch status {
                case Z_STREAM_END:
                    let rest = source[offset...]
                    if rest.allSatisfy({ $0 == 0 }) { return output }
                    guard rest.starts(with: [0x1f, 0x8b]) else {
                        throw wrong("the end of the file, or another member, at byte \(offset)", "\(rest.count) other bytes")
                    }
                    inflateReset(&stream)
                case Z_OK:
                    continue
                case Z_BUF_ERROR where offset == source.count:
                    throw wrong("a whole gzip file", "one cut short after \(source.count) bytes")
                default:
                    throw wrong(
                        "valid compressed data", "\(stream.msg.map { String(cString: $0) } ?? "error \(status)") near byte \(offset)")
                }
            }
            return output
        }
    }
}
