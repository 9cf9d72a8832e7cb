import CCrypto
public import FoundationEssentials

/// SHA-256 checksums, as 64 lower-case hexadecimal digits.
public enum Checksum {
    /// The SHA-256 of some bytes.
    ///
    /// - Throws: `HostError` of kind `software` if the cryptographic library fails, which takes a broken installation.
    public static func sha256(of data: Data) throws(HostError) -> String {
        let digest = try Digest()
        // `withUnsafeBytes` of Data carries no typed error; a Result does.
        try data.withUnsafeBytes { bytes in Result { () throws(HostError) in try digest.update(bytes) } }.get()
        return try digest.finish()
    }

    /// The SHA-256 of a regular file, read 1 MiB at a time: files may be larger than the memory.
    ///
    /// - Throws: `HostError` of kind `noInput` if the file cannot be opened, `io` if reading fails.
    public static func sha256(ofFile path: String) throws(HostError) -> String { try RegularFile(path).sha256() }

    /// One running computation.
    package final class Digest {
        private let context: OpaquePointer

        package init() throws(HostError) {
            guard let context = EVP_MD_CTX_new() else { throw Self.failure }
            self.context = context
            guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { throw Self.failure }
        }

        deinit { EVP_MD_CTX_free(context) }

        package func update(_ bytes: UnsafeRawBufferPointer) throws(HostError) {
            guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
            guard EVP_DigestUpdate(context, start, bytes.count) == 1 else { throw Self.failure }
        }

        package func finish() throws(HostError) -> String {
            var sum = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
            var count: UInt32 = 0
            guard EVP_DigestFinal_ex(context, &sum, &count) == 1 else { throw Self.failure }
            let digits = Array("0123456789abcdef".utf8)
            return String(decoding: sum.prefix(Int(count)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
        }

        private static var failure: HostError { HostError(.software, "SHA-256 is not to be had from the system's OpenSSL") }
    }
}
