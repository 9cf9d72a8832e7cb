import CZlib
import Foundation

/// Bytes of a series, deflated where that makes them shorter (RFC 1950), without loss.
///
/// The first byte says how the rest is kept:
///
///     0                    as it is
///     1, size in 4 bytes   deflated
///     2, size in 4 bytes   first bytes of all values, then second bytes and so on, deflated
///
/// Numbers of images, whose high bytes are alike, and positions shrink in planes; losses, which are multiples of one rounding step while
/// they are small, shrink as they are. So both are tried.
enum SeriesPacking {
    /// Kept in the column `packing`; 0 are the plain bytes of earlier stores.
    static let version = 1

    private enum Method: UInt8 { case plain, deflated, planes }

    /// Deflating fewer saves less than it takes to say so.
    private static let least = 64
    private static let sizeBytes = 4

    static func pack(_ bytes: Data, type: String) -> Data {
        var best = (Method.plain, bytes)
        if bytes.count >= least, bytes.count <= Int(UInt32.max) {
            let width = width(of: type)
            var ways = [(Method.deflated, bytes)]
            if width > 1, bytes.count.isMultiple(of: width) { ways.append((.planes, planes(bytes, width: width))) }
            for (method, bytes) in ways {
                if let short = deflated(bytes), short.count + sizeBytes < best.1.count { best = (method, short) }
            }
        }
        var packed = Data([best.0.rawValue])
        if best.0 != .plain {
            for place in 0..<sizeBytes { packed.append(UInt8(truncatingIfNeeded: bytes.count >> (8 * place))) }
        }
        packed.append(best.1)
        return packed
    }

    /// nil if the bytes are none that `pack` makes.
    static func unpack(_ packed: Data, type: String) -> Data? {
        guard let first = packed.first, let method = Method(rawValue: first) else { return nil }
        let rest = packed.dropFirst()
        if method == .plain { return Data(rest) }
        guard rest.count > sizeBytes else { return nil }
        let size = rest.prefix(sizeBytes).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard let bytes = inflated(rest.dropFirst(sizeBytes), size: size) else { return nil }
        if method == .deflated { return bytes }
        let width = width(of: type)
        return bytes.count.isMultiple(of: width) ? planes(bytes, width: bytes.count / width) : nil
    }

    private static func width(of type: String) -> Int {
        switch type {
        case "i32", "f32": 4
        case "i64", "f64": 8
        default: 1
        }
    }

    /// The bytes at 0, `width`, 2 · `width` …, then those at 1, `width` + 1 … With the number of values as width it undoes itself.
    private static func planes(_ bytes: Data, width: Int) -> Data {
        guard width > 0 else { return bytes }
        let (source, count) = ([UInt8](bytes), bytes.count / width)
        return Data((0..<width).flatMap { plane in (0..<count).lazy.map { source[$0 * width + plane] } })
    }

    /// nil without memory.
    private static func deflated(_ bytes: Data) -> Data? {
        var size = compressBound(uLong(bytes.count))
        var result = Data(count: Int(size))
        let status = result.withUnsafeMutableBytes { (target: UnsafeMutableRawBufferPointer) in
            bytes.withUnsafeBytes { (source: UnsafeRawBufferPointer) in
                compress2(
                    target.bindMemory(to: Bytef.self).baseAddress, &size, source.bindMemory(to: Bytef.self).baseAddress,
                    uLong(bytes.count), Z_DEFAULT_COMPRESSION)
            }
        }
        return status == Z_OK ? result.prefix(Int(size)) : nil
    }

    /// nil unless it is `size` bytes.
    private static func inflated(_ bytes: Data, size: Int) -> Data? {
        // Deflate makes no more of a byte than this, so that a size alone takes no memory.
        guard size > 0, size / 1032 <= bytes.count else { return nil }
        var result = Data(count: size)
        var found = uLongf(size)
        let status = result.withUnsafeMutableBytes { (target: UnsafeMutableRawBufferPointer) in
            bytes.withUnsafeBytes { (source: UnsafeRawBufferPointer) in
                uncompress(
                    target.bindMemory(to: Bytef.self).baseAddress, &found, source.bindMemory(to: Bytef.self).baseAddress,
                    uLong(bytes.count))
            }
        }
        return status == Z_OK && found == size ? result : nil
    }
}
