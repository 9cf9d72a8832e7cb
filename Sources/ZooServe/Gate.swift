import Foundation
import ZooCore

/// Who may ask: programs and pages of this machine, or holders of the token.
///
/// A page of any web site that is open in a browser can make it send requests to this machine. Such a request says in `Origin` and
/// `Sec-Fetch-Site` whose it is, and one by a name that was bound to this address only afterwards (DNS rebinding) gives that name as `Host`.
struct Gate {
    /// Names that a request may call this server by, with the port.
    private let hosts: Set<String>
    /// What else is asked of it; nil on the loopback interface.
    let token: String?

    static let cookie = "zoo-token"

    /// - Parameters:
    ///   - names: other names that the machine has; needed where it is not asked by its address.
    ///   - token: nil for one that is drawn, where the address is not of the loopback interface.
    init(address: String, port: UInt16, names: [String] = []) {
        let isLoopback = address.hasPrefix("127.") || address == "::1"
        let own = address.contains(":") ? "[\(address)]" : address
        hosts = Set(
            ([own] + (isLoopback ? ["localhost"] : []) + names).flatMap {
                ["\($0.lowercased()):\(port)"] + (port == 80 ? [$0.lowercased()] : [])
            })
        token = isLoopback ? nil : Self.draw()
    }

    private static func draw() -> String {
        var random = SystemRandomNumberGenerator()
        return (0..<2).map { _ in String(format: "%016llx", random.next()) }.joined()
    }

    /// What is answered to a request that may not pass; nil to one that may.
    func refusal(_ request: HTTPRequest) -> HTTPResponse? {
        func refuse(_ status: Int, _ text: String) -> HTTPResponse {
            HTTPResponse(status: status, type: "text/plain; charset=utf-8", Data((text + "\n").utf8))
        }
        // A server for all interfaces is called by whatever name the machine has; the token protects it.
        if token == nil {
            guard let host = request.header("Host")?.lowercased(), hosts.contains(host) else {
                return refuse(421, "This server answers to \(hosts.sorted().joined(separator: " and ")) only.")
            }
        }
        if let origin = request.header("Origin"), origin.lowercased() != "http://\(request.header("Host")?.lowercased() ?? "")" {
            return refuse(403, "Pages of other sites may not ask this server.")
        }
        if let site = request.header("Sec-Fetch-Site"), !["same-origin", "none"].contains(site) {
            return refuse(403, "Pages of other sites may not ask this server.")
        }
        if let token, !holds(token, request) {
            return refuse(401, "The token is missing: open the address that 'zoo serve' printed.")
        }
        return nil
    }

    /// The token comes with the first address that is opened, afterwards as a cookie; programs send it as `Authorization: Bearer`.
    private func holds(_ token: String, _ request: HTTPRequest) -> Bool {
        let cookies = (request.header("Cookie") ?? "").split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
        let shown = [
            request.argument("token"),
            cookies.first { $0.hasPrefix("\(Self.cookie)=") }.map { String($0.dropFirst(Self.cookie.count + 1)) },
            request.header("Authorization").flatMap { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil },
        ]
        return shown.contains { $0.map { Self.areEqual($0, token) } ?? false }
    }

    /// In the same time wherever they differ.
    private static func areEqual(_ a: String, _ b: String) -> Bool {
        let (a, b) = (Array(a.utf8), Array(b.utf8))
        return a.count == b.count && zip(a, b).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// Fields of every answer: no other page may show or read it, and nothing is kept.
    func headers(of request: HTTPRequest) -> [(name: String, value: String)] {
        var list = [
            (name: "X-Content-Type-Options", value: "nosniff"), (name: "X-Frame-Options", value: "DENY"),
            (name: "Referrer-Policy", value: "no-referrer"), (name: "Cross-Origin-Resource-Policy", value: "same-origin"),
            (name: "Cache-Control", value: "no-store"),
        ]
        if token != nil, let given = request.argument("token") {
            list.append((name: "Set-Cookie", value: "\(Self.cookie)=\(given); HttpOnly; SameSite=Strict; Path=/"))
        }
        return list
    }
}
