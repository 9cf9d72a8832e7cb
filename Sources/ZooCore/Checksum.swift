import CCrypto
public import FoundationEssentials

/// Checksums, as lower-case hexadecimal digits. The zoo's own are SHA-256; MD5 is there for files that others publish with no better one.
public enum Checksum {
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case sha256, md5

        /// How many hexadecimal digits a sum has.
        package var digits: Int { self == .sha256 ? 64 : 32 }
    }

    /// The SHA-256 of some bytes.
    ///
    /// - Throws: `HostError` of kind `software` if the cryptographic library fails, which takes a broken installation.
    public static func sha256(of data: Data) throws(HostError) -> String {
        let digest = try Digest()
        // `withUnsafeBytes` of Data carries no typed error; a Result does.
        try data.withUnsafeBytes { bytes in Result { () throws(HostError) in try digest.update(bytes) } }.get()
        return try digest.finish()
    }

    /// The SHA-256 of a text in UTF-8.
    ///
    /// - Throws: as `sha256(of:)` of data.
    public static func sha256(of text: String) throws(HostError) -> String { try sha256(of: Data(text.utf8)) }

    /// The SHA-256 of a regular file, read 1 MiB at a time: files may be larger than the memory.
    ///
    /// - Throws: `HostError` of kind `noInput` if the file cannot be opened, `io` if reading fails.
    public static func sha256(ofFile path: String) throws(HostError) -> String { try RegularFile(path).sha256() }

    /// Several sums of a regular file, which is read once.
    ///
    /// - Throws: as `sha256(ofFile:)`.
    package static func sums(_ kinds: some Sequence<Kind>, ofFile path: String) throws(HostError) -> [Kind: String] {
        var digests: [Kind: Digest] = [:]
        for kind in kinds { digests[kind] = try Digest(kind) }
        try RegularFile(path).forEachChunk { (bytes) throws(HostError) in
            for digest in digests.values { try digest.update(bytes) }
        }
        var sums: [Kind: String] = [:]
        for (kind, digest) in digests { sums[kind] = try digest.finish() }
        return sums
    }

    /// One running computation.
    package final class Digest {
        private let context: OpaquePointer

        package init(_ kind: Kind = .sha256) throws(HostError) {
            guard let context = EVP_MD_CTX_new() else { throw Self.failure }
            self.context = context
            let function = kind == .sha256 ? EVP_sha256() : EVP_md5()
            guard EVP_DigestInit_ex(context, function, nil) == 1 else { throw Self.failure }
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

        private static var failure: HostError { HostError(.software, "a checksum is not to be had from the system's OpenSSL") }
    }
}
