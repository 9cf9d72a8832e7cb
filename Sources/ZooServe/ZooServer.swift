import Foundation
import ZooCore
import ZooData
import ZooHost
import ZooManifest
public import ZooPages
public import ZooReport
public import ZooTraining

/// The dashboard: what is stored and what runs, live, and the playground. It reads only.
public final class ZooServer {
    public struct Options: Sendable {
        public var address = "127.0.0.1"
        /// 0 for one that is free.
        public var port: UInt16 = 0
        /// Names that the machine is called by, besides its address.
        public var names: [String] = []

        public init() {}
    }

    /// Where to open it; with the token, where one is needed.
    public let url: String
    private let server: HTTPServer
    private let live: LiveView

    /// Starts it.
    ///
    /// - Parameters:
    ///   - lookWorker: the arguments that make this program a worker for looks.
    /// - Throws: `unavailable` if the address is taken, and so on: see docs/serve.md.
    public init(
        _ options: Options, stores: [String], laboratory: Laboratory, catalogue: Catalogue, plots: PlotLibrary?, lookWorker: [String]
    ) throws {
        let desk = ReportDesk(
            stores: stores, manifest: laboratory.manifest, catalogue: catalogue, page: try ReportPage(plots: plots))
        let live = LiveView(stores: stores, laboratory: laboratory, desk: desk)
        let site = Site(
            desk: desk, live: live, looks: LookProcess(arguments: lookWorker), weights: try WeightShelf(laboratory),
            entries: Data(try jsonText(catalogue.entries()).utf8))
        // The gate needs the port, which the system may choose: so the first handler waits for it.
        let gate = Late<Gate>()
        var settings = HTTPServer.Options()
        (settings.address, settings.port) = (options.address, options.port)
        server = try HTTPServer(settings) { request in
            let gate = gate.value
            return (gate.refusal(request) ?? site.answer(request)).adding(gate.headers(of: request))
        }
        let opened = Gate(address: options.address, port: server.port, names: options.names)
        gate.set(opened)
        self.live = live
        let host = options.address.contains(":") ? "[\(options.address)]" : options.address
        url = "http://\(host):\(server.port)/" + (opened.token.map { "?token=\($0)" } ?? "")
    }

    deinit { live.hub.stop() }
}

/// A value that is there soon.
private final class Late<Value: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var found: Value?

    func set(_ value: Value) {
        condition.withLock { found = value }
        condition.broadcast()
    }

    var value: Value {
        condition.withLock {
            while true {
                if let found { return found }
                condition.wait()
            }
        }
    }
}
