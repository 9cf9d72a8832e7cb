import CTransfer
import Foundation
import Glibc
import ZooCore

/// One fetch of one URL, from a byte of it to its end, or one request with a body. It runs on the calling thread.
public struct Transfer {
    /// What the server says before the bytes come.
    public struct Answer {
        /// HTTP status code.
        public let status: Int
        /// Offset in the file of the first byte that the server sends.
        public let offset: Int
        /// Size of the whole file in bytes; nil where the server does not say it.
        public let total: Int?
        /// What tells this version of the file from others, for a later `ifRange`.
        public let validator: String
    }

    /// Why a fetch came to nothing that another place may do better.
    public struct Failure: Error {
        public let reason: String
        public init(reason: String) { self.reason = reason }
    }

    let url: String
    let offset: Int
    let ifRange: String?
    let headers: [String]
    let body: [UInt8]?

    /// A fetch of a file.
    ///
    /// - Parameter ifRange: a validator: if the file is another by now, all of it comes.
    public init(url: String, offset: Int, ifRange: String?) {
        (self.url, self.offset, self.ifRange) = (url, offset, ifRange)
        (headers, body) = ([], nil)
    }

    /// A request to a service, which is not sent on elsewhere: redirections are answers.
    ///
    /// - Parameters:
    ///   - headers: lines of the header, "Name: value".
    ///   - body: what is posted; nil for a request by GET.
    public init(url: String, headers: [String], body: [UInt8]?) {
        (self.url, self.headers, self.body) = (url, headers, body)
        (offset, ifRange) = (0, nil)
    }

    /// Sends the request and takes all of the answer.
    ///
    /// - Parameter limit: of bytes; more are a failure.
    /// - Throws: `Failure`; `unavailable` if there is no libcurl.
    public func exchange(limit: Int) throws -> (status: Int, bytes: [UInt8]) {
        var (status, bytes) = (0, [UInt8]())
        _ = try run(
            begin: { status = $0.status },
            take: { piece in
                guard bytes.count + piece.count <= limit else { throw Failure(reason: "the answer has more than \(limit) bytes") }
                bytes += piece
            }, isStopped: { false })
        return (status, bytes)
    }

    /// Seconds within which a server has to be reached, and within which some byte has to come.
    private static let patience = (connect: 15, stall: 30)

    /// - Parameters:
    ///   - begin: told of the answer before the first byte.
    ///   - take: gets the bytes in order.
    ///   - isStopped: asked a few times a second.
    /// - Returns: false if it was stopped.
    /// - Throws: `Failure`; `unavailable` if there is no libcurl; and what the functions throw.
    public func run(
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
        let lines: [UnsafePointer<CChar>?] = headers.map { UnsafePointer(strdup($0)) } + [nil]
        defer { for line in lines { free(UnsafeMutableRawPointer(mutating: line)) } }
        let end = url.withCString { url in
            (ifRange ?? "").withCString { ifRange in
                lines.withUnsafeBufferPointer { lines in
                    // An empty body is a body, and the pointer to none is nil.
                    (body ?? []).withUnsafeBufferPointer { bytes in
                        var request = Self.request(to: listener)
                        (request.url, request.offset, request.if_range) = (url, Int64(offset), ifRange)
                        if !headers.isEmpty { request.headers = lines.baseAddress }
                        (request.is_post, request.body, request.body_size) = (body == nil ? 0 : 1, bytes.baseAddress, bytes.count)
                        return withExtendedLifetime(listener) { ctransfer_fetch(&request, &message) }
                    }
                }
            }
        }
        if let error = listener.error { throw error }
        let reason = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        switch end {
        case CTRANSFER_DONE: return true
        case CTRANSFER_ENDED_BY_CALLER: return false
        case CTRANSFER_LIBRARY_UNAVAILABLE:
            let cure = "install your system's package of it (on Debian libcurl4)"
            throw HostError(.unavailable, "libcurl, which speaks HTTP, cannot be loaded: \(reason); \(cure)")
        default: throw Failure(reason: reason)
        }
    }

    private static func request(to listener: Listener) -> ctransfer_request {
        var request = ctransfer_request()
        (request.connect_seconds, request.stall_seconds) = (patience.connect, patience.stall)
        request.context = Unmanaged.passUnretained(listener).toOpaque()
        request.begin = { context, answer in
            guard let listener = Listener.of(context), let answer = answer?.pointee else { return 1 }
            let validator = withUnsafeBytes(of: answer.validator) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            return listener.call {
                try listener.begin(
                    Answer(
                        status: answer.status, offset: Int(answer.offset), total: answer.total < 0 ? nil : Int(answer.total),
                        validator: validator))
            }
        }
        request.take = { context, bytes, count in
            guard let listener = Listener.of(context) else { return 1 }
            return listener.call { try listener.take(UnsafeRawBufferPointer(start: bytes, count: count)) }
        }
        request.is_stopped = { context in Listener.of(context)?.isStopped() ?? true ? 1 : 0 }
        return request
    }
}
