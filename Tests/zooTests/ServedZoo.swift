import Foundation
import Glibc
import Testing

/// `zoo serve` at work, on a port that was free.
final class ServedZoo {
    static let isPossible = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"]
        .contains { FileManager.default.fileExists(atPath: $0 + "/libmicrohttpd.so.12") }

    let address: String
    private let process = Process()
    private let output = Pipe()
    private let errors: URL

    init(_ arguments: [String] = [], _ changes: [String: String] = [:], in scratch: Scratch) throws {
        errors = try scratch.file("serve-errors", "")
        process.executableURL = ZooProcess.program
        process.arguments = ["serve", "--port", "0"] + arguments
        process.environment = ZooProcess.environment(changes)
        process.currentDirectoryURL = scratch.folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        var line = Data()
        while !line.contains(UInt8(ascii: "\n")) {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { break }
            line += more
        }
        address = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        if address.isEmpty { process.waitUntilExit() }
        let said = try String(contentsOf: errors, encoding: .utf8)
        try #require(!address.isEmpty, "it did not start: \(said)")
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    var port: UInt16 { UInt16(address.firstMatch(of: /:(\d+)\//)?.1 ?? "") ?? 0 }
    var host: String { "127.0.0.1:\(port)" }
    var isRunning: Bool { process.isRunning }

    /// Ends it as Ctrl-C does.
    ///
    /// - Returns: its exit status, or its signal as a negative number.
    func interrupt() -> Int32 {
        process.interrupt()
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    struct Answer {
        let status: Int
        let head: String
        let body: Data
        var text: String { String(decoding: body, as: UTF8.self) }

        func json<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value { try JSONDecoder().decode(type, from: body) }

        func field(_ name: String) -> String? {
            head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
                .map { $0.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces) }
        }
    }

    /// Asks for a path as a program of this machine does.
    func get(_ path: String, _ fields: [String: String] = [:]) throws -> Answer {
        let lines = fields.merging(["Host": host, "Connection": "close"]) { own, _ in own }.map { "\($0): \($1)\r\n" }.joined()
        return try exchange("GET \(path) HTTP/1.1\r\n\(lines)\r\n")
    }

    /// Sends bytes as they are and reads until the server closes the connection.
    func exchange(_ request: String) throws -> Answer {
        let socket = try Connection(port: port)
        socket.send(request)
        let bytes = socket.readAll()
        guard let end = bytes.firstRange(of: Data("\r\n\r\n".utf8)) else { return Answer(status: 0, head: "", body: bytes) }
        let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        return Answer(status: Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0, head: head, body: bytes[end.upperBound...])
    }

    /// A connection to a port of this machine.
    final class Connection {
        private let descriptor: Int32

        init(port: UInt16) throws {
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var place = sockaddr_in()
            place.sin_family = sa_family_t(AF_INET)
            place.sin_port = port.bigEndian
            place.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let status = withUnsafePointer(to: &place) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
            try #require(status == 0, "\(String(cString: strerror(errno)))")
        }

        deinit { close(descriptor) }

        func send(_ text: String) {
            let bytes = Array(text.utf8)
            var done = 0
            while done < bytes.count {
                // A server that refuses may close before all is sent.
                let count = bytes[done...].withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if count <= 0 { return }
                done += count
            }
        }

        /// What has come, after waiting for it; empty once the server has closed, or after a minute of silence.
        func read() -> Data {
            var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&watched, 1, 60_000) > 0 else { return Data() }
            var bytes = [UInt8](repeating: 0, count: 65536)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            return count > 0 ? Data(bytes[..<count]) : Data()
        }

        func readAll() -> Data {
            var all = Data()
            while case let more = read(), !more.isEmpty { all += more }
            return all
        }
    }
}
