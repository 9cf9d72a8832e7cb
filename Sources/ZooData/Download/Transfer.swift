import CTransfer
import Foundation
import ZooCore

/// One fetch of one URL, from a byte of it to its end. It runs on the calling thread.
struct Transfer {
    /// What the server says before the bytes come.
    struct Answer {
        /// HTTP status code.
        let status: Int
        /// Offset in the file of the first byte that the server sends.
        let offset: Int
        /// Size of the whole file in bytes; nil where the server does not say it.
        let total: Int?
        /// What tells this version of the file from others, for a later `ifRange`.
        let validator: String
    }

    /// Why a fetch came to nothing that another place may do better.
    struct Failure: Error { let reason: String }

    let url: String
    let offset: Int
    /// A validator: if the file is another by now, all of it comes.
    let ifRange: String?

    /// Seconds within which a server has to be reached, and within which some byte has to come.
    private static let patience = (connect: 15, stall: 30)

    /// - Parameters:
    ///   - begin: told of the answer before the first byte.
    ///   - take: gets the bytes in order.
    ///   - isStopped: asked a few times a second.
    /// - Returns: false if it was stopped.
    /// - Throws: `Failure`; `unavailable` if there is no libcurl; and what the functions throw.
    func run(
        begin: (Answer) throws -> Void, take: (UnsafeRawBufferPointer) throws -> Void, isStopped: () -> Bool
    ) throws -> Bool {
        try withoutActuallyEscaping(begin) { begin in
            try withoutActuallyEscaping(take) { take in
                try withoutActuallyEscaping(isStopped) { isStopped in
                    try perform(Listener(begin: begin, take: take, isStopped: isStopped))
                }
            }
        }
    }

    /// What C calls back.
    private final class Listener {
        let begin: (Answer) throws -> Void
        let take: (UnsafeRawBufferPointer) throws -> Void
        let isStopped: () -> Bool
        var error: (any Error)?

        init(
            begin: @escaping (Answer) throws -> Void, take: @escaping (UnsafeRawBufferPointer) throws -> Void,
            isStopped: @escaping () -> Bool
        ) {
            (self.begin, self.take, self.isStopped) = (begin, take, isStopped)
        }

        /// 0, or 1 if `body` has thrown, which is kept.
        func call(_ body: () throws -> Void) -> Int32 {
            do { try body() } catch {
                self.error = error
                return 1
            }
            return 0
        }

        static func of(_ context: UnsafeMutableRawPointer?) -> Listener? {
            context.map { Unmanaged<Listener>.fromOpaque($0).takeUnretainedValue() }
        }
    }

    private func perform(_ listener: Listener) throws -> Bool {
        var message = [CChar](repeating: 0, count: Int(CTRANSFER_TEXT))
        let end = url.withCString { url in
            (ifRange ?? "").withCString { ifRange in
                var request = ctransfer_request(
                    url: url, offset: Int64(offset), if_range: ifRange, connect_seconds: Self.patience.connect,
                    stall_seconds: Self.patience.stall, context: Unmanaged.passUnretained(listener).toOpaque(),
                    begin: { context, answer in
                        guard let listener = Listener.of(context), let answer = answer?.pointee else { return 1 }
                        let validator = withUnsafeBytes(of: answer.validator) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
                        return listener.call {
                            try listener.begin(
                                Answer(
                                    status: answer.status, offset: Int(answer.offset), total: answer.total < 0 ? nil : Int(answer.total),
                                    validator: validator))
                        }
                    },
                    take: { context, bytes, count in
                        guard let listener = Listener.of(context) else { return 1 }
                        return listener.call { try listener.take(UnsafeRawBufferPointer(start: bytes, count: count)) }
                    },
                    is_stopped: { context in Listener.of(context)?.isStopped() ?? true ? 1 : 0 })
                return withExtendedLifetime(listener) { ctransfer_fetch(&request, &message) }
            }
        }
        if let error = listener.error { throw error }
        let reason = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        switch end {
        case CTRANSFER_DONE: return true
        case CTRANSFER_ENDED_BY_CALLER: return false
        case CTRANSFER_LIBRARY_UNAVAILABLE:
            let cure = "install your system's package of it (on Debian libcurl4)"
            throw HostError(.unavailable, "libcurl, which downloads, cannot be loaded: \(reason); \(cure)")
        default: throw Failure(reason: reason)
        }
    }
}
