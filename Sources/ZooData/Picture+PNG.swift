import CImage
import Glibc
package import ZooCore

extension Picture {
    /// The picture as a PNG file.
    ///
    /// - Throws: `outOfMemory` if there is no memory, `software` for a picture that is empty or has neither 1 nor 3 channels.
    package func png() throws(HostError) -> [UInt8] {
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        let status = cimage_write_png(pixels, Int32(clamping: width), Int32(clamping: height), Int32(clamping: channels), &bytes, &count)
        guard status == 0, let bytes else {
            guard status != CIMAGE_OUT_OF_MEMORY else { throw HostError(.outOfMemory, "no memory is left for a picture") }
            throw HostError(.software, "a picture of \(width)×\(height) pixels and \(channels) channels cannot be written as PNG")
        }
        defer { free(bytes) }
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }
}
