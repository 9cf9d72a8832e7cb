import CServer
import Foundation
import Synchronization
import ZooCore

/// A request as a handler sees it. There is no body: requests with one are refused before.
struct HTTPRequest {
    /// Percent-decoded, without the query.
    let path: String
    /// The field of a header by its name; nil without.
    let header: (String) -> String?
    /// An argument of the query by its name, percent-decoded; nil without.
    let argument: (String) -> String?
}

struct HTTPResponse {
    enum Body {
        case whole(Data)
        /// Whatever is written to the stream, which the function is handed once.
        case stream((EventStream) -> Void)
        /// The whole answer of something that takes its time, during which others are answered.
        case later(@Sendable () -> HTTPResponse)
    }

    var status = 200
    var type = "application/json; charset=utf-8"
    var headers: [(name: String, value: String)] = []
    private(set) var body: Body

    init(status: Int = 200, type: String = "application/json; charset=utf-8", _ body: Data) {
        (self.status, self.type, self.body) = (status, type, .whole(body))
    }

    /// - Parameter begin: takes the stream.
    init(events begin: @escaping (EventStream) -> Void) {
        (type, body) = ("text/event-stream; charset=utf-8", .stream(begin))
    }

    /// - Parameter answer: is called on another thread.
    init(later answer: @escaping @Sendable () -> HTTPResponse) { body = .later(answer) }

    /// The same with more fields of the header, now or later.
    func adding(_ fields: [(name: String, value: String)]) -> HTTPResponse {
        var response = self
        if case .later(let answer) = body { response.body = .later { answer().adding(fields) } } else { response.headers += fields }
        return response
    }
}

/// A reader of server-sent events, https://html.spec.whatwg.org/multipage/server-sent-events.html.
final class EventStream: Sendable {
    private let stream: Stream

    private struct Stream: @unchecked Sendable { let pointer: OpaquePointer }

    fileprivate init(_ pointer: OpaquePointer) { stream = Stream(pointer: pointer) }

    deinit { cserver_release(stream.pointer) }

    /// Sends an event.
    ///
    /// - Parameter data: of one line, as JSON without line breaks is.
    /// - Returns: false if the reader has gone or is too slow; then nothing can be sent any more.
    func send(_ event: String, _ data: String) -> Bool { write("event: \(event)\ndata: \(data)\n\n") }

    /// Sends a comment, which readers ignore, to learn whether there still is one.
    func ping() -> Bool { write(": ping\n\n") }

    func close() { cserver_close(stream.pointer) }

    private func write(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return cserver_write(stream.pointer, bytes, bytes.count) == 0
    }
}

/// A server of HTTP on one address.
final class HTTPServer {
    struct Options {
        var address = "127.0.0.1"
        /// 0 for one that is free.
        var port: UInt16 = 0
        /// Threads that answer.
        var threads = 4
        /// Most connections at a time.
        var connections = 512
        /// Seconds without anything sent or received, after which a connection is closed.
        var seconds = 15
    }

    typealias Handler = @Sendable (HTTPRequest) -> HTTPResponse

    let port: UInt16
    private let server: OpaquePointer
    private let handler: Unmanaged<Box>

    private final class Box: Sendable {
        let answer: Handler
        init(_ answer: @escaping Handler) { self.answer = answer }
    }

    /// - Parameter answer: is called on several threads at a time.
    /// - Throws: `unavailable` if libmicrohttpd is missing or the address is taken, `usage` if it is none, `noPermission` if it is not for us.
    init(_ options: Options, answer: @escaping Handler) throws(HostError) {
        let handler = Unmanaged.passRetained(Box(answer))
        var message = [CChar](repeating: 0, count: Int(CSERVER_TEXT))
        var (port, reason): (UInt16, Int32) = (0, 0)
        let server = options.address.withCString { address in
            var settings = cserver_options(
                address: address, port: options.port, threads: UInt32(options.threads), connections: UInt32(options.connections),
                seconds: UInt32(options.seconds))
            errno = 0
            let server = cserver_start(
                &settings,
                { context, request in
                    guard let context, let request else { return }
                    HTTPServer.answer(request, by: Unmanaged<Box>.fromOpaque(context).takeUnretainedValue().answer)
                }, handler.toOpaque(), &port, &message)
            reason = errno
            return server
        }
        guard let server else {
            handler.release()
            let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            switch reason {
            case EINVAL:
                throw HostError(.usage, file: "the server", field: "address", expected: "one of IPv4 or IPv6", found: options.address)
            case ENOSYS: throw HostError(.unavailable, "libmicrohttpd cannot be loaded (\(text)); on Debian: apt install libmicrohttpd12")
            case EACCES: throw HostError(.noPermission, "port \(options.port): \(text)")
            default: throw HostError(.unavailable, "\(options.address), port \(options.port): \(text)")
            }
        }
        (self.server, self.port, self.handler) = (server, port, handler)
    }

    /// Closes all connections; returns when no handler runs any more.
    deinit {
        cserver_stop(server)
        handler.release()
    }

    private static func answer(_ raw: OpaquePointer, by handler: Handler) {
        func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }
        let response = handler(
            HTTPRequest(
                path: text(cserver_path(raw)) ?? "/", header: { text(cserver_header(raw, $0)) },
                argument: { text(cserver_argument(raw, $0)) }))
        switch response.body {
        case .whole(let data): head(raw, response); bytes(data) { cserver_answer(raw, UInt32(response.status), $0, $1) }
        case .stream(let begin):
            head(raw, response)
            if let stream = cserver_answer_stream(raw) { begin(EventStream(stream)) }
        case .later(let answer):
            guard let promise = cserver_answer_later(raw).map(Promise.init) else { return }
            queue.async { promise.keep(answer()) }
        }
    }

    private static func head(_ raw: OpaquePointer, _ response: HTTPResponse) {
        cserver_add_header(raw, "Content-Type", response.type)
        for (name, value) in response.headers { cserver_add_header(raw, name, value) }
    }

    private static func bytes(_ data: Data, _ body: (UnsafePointer<UInt8>?, Int) -> Void) {
        data.withUnsafeBytes { body($0.bindMemory(to: UInt8.self).baseAddress, data.count) }
    }

    /// Runs what takes its time, on as many threads as the system thinks good.
    private static let queue = DispatchQueue(label: "answers", attributes: .concurrent)

    private struct Promise: @unchecked Sendable {
        let pointer: OpaquePointer

        func keep(_ response: HTTPResponse) {
            guard case .whole(let data) = response.body else { preconditionFailure("what is answered later is answered whole") }
            HTTPServer.head(cserver_promised(pointer), response)
            HTTPServer.bytes(data) { cserver_keep(pointer, UInt32(response.status), $0, $1) }
        }
    }
}
