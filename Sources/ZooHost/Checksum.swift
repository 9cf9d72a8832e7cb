import CCrypto
public import FoundationEssentials
import Glibc

/// SHA-256 checksums, as 64 lower-case hexadecimal digits.
public enum Checksum {
    /// The SHA-256 of some bytes.
    ///
    /// - Throws: `HostError` of kind `software` if the cryptographic library fails, which takes a broken installation.
    public static func sha256(of data: Data) throws -> String {
        let digest = try Digest()
        try data.withUnsafeBytes { try digest.update($0) }
        return try digest.finish()
    }

    /// The SHA-256 of a file, read 1 MiB at a time: files may be larger than the memory.
    ///
    /// - Throws: `HostError` of kind `noInput` if the file cannot be opened, `io` if reading fails.
    public static func sha256(ofFile path: String) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HostError(.noInput, "\(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        let digest = try Digest()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw HostError(.io, "\(path): \(String(cString: strerror(errno)))")
            }
            if count == 0 { return try digest.finish() }
            try digest.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// One running computation.
    private final class Digest {
        private let context: OpaquePointer

        init() throws {
            guard let context = EVP_MD_CTX_new() else { throw Self.failure }
            self.context = context
            guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { throw Self.failure }
        }

        deinit { EVP_MD_CTX_free(context) }

        func update(_ bytes: UnsafeRawBufferPointer) throws {
            guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
            guard EVP_DigestUpdate(context, start, bytes.count) == 1 else { throw Self.failure }
        }

        func finish() throws -> String {
            var sum = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
            var count: UInt32 = 0
            guard EVP_DigestFinal_ex(context, &sum, &count) == 1 else { throw Self.failure }
            let digits = Array("0123456789abcdef".utf8)
            return String(decoding: sum.prefix(Int(count)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
        }

        private static var failure: HostError { HostError(.software, "SHA-256 is not to be had from the system's OpenSSL") }
    }
}
