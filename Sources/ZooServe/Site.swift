import Foundation
import ZooCore
import ZooData
import ZooJobs
import ZooManifest
import ZooPages
import ZooReport
import ZooStore
import ZooTraining

/// What the server answers to each path. It only reads.
final class Site: Sendable {
    /// What pages may load: from this server alone, and nothing that stands in the page.
    static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'"

    private let desk: ReportDesk
    private let live: LiveView
    private let looks: LookProcess
    private let weights: WeightShelf
    private let entries: Data

    /// - Parameter entries: descriptions of all entries, as JSON.
    init(desk: ReportDesk, live: LiveView, looks: LookProcess, weights: WeightShelf, entries: Data) {
        (self.desk, self.live, self.looks, self.weights, self.entries) = (desk, live, looks, weights, entries)
    }

    func answer(_ request: HTTPRequest) -> HTTPResponse {
        do {
            switch request.path {
            case "/": return page(PackageResources.dashboard_html)
            case "/playground": return page(PackageResources.playground_html)
            case "/report": return Self.later { [desk] in HTTPResponse(type: "text/html; charset=utf-8", try desk.html()) }
            case "/assets/page.css": return HTTPResponse(type: "text/css; charset=utf-8", ReportPage.styleSheet)
            case "/assets/serve.css": return HTTPResponse(type: "text/css; charset=utf-8", Data(PackageResources.serve_css))
            case "/assets/common.js": return script(Data(PackageResources.common_js))
            case "/assets/dashboard.js": return script(Data(PackageResources.dashboard_js))
            case "/assets/playground.js": return script(Data(PackageResources.playground_js))
            case "/api/v1/openapi.json": return HTTPResponse(Data(PackageResources.openapi_json))
            case "/api/v1/entries": return HTTPResponse(entries)
            case "/api/v1/report": return Self.later { [desk] in try Self.json(desk.report()) }
            case "/api/v1/results": return try results(request)
            case "/api/v1/compare": return try compare(request)
            case "/api/v1/jobs": return try Self.json(live.batches)
            case "/api/v1/curve": return try Self.json(live.curve(of: run(request)))
            case "/api/v1/datasets": return try Self.json(weights.dataSets)
            case "/api/v1/lookable": return try Self.json(weights.lookable(on: request.argument("dataset") ?? weights.defaultDataSet))
            case "/api/v1/look":
                let request = try LookArguments(request, weights.defaultDataSet).request
                return Self.later { [looks] in try Self.json(looks.look(request)) }
            case "/api/v1/events": return HTTPResponse { [live] stream in live.hub.add(stream) }
            default: throw HostError(.noInput, "there is no page '\(singleLine(request.path))'")
            }
        } catch { return Self.failure(error) }
    }

    private func page(_ html: [UInt8]) -> HTTPResponse {
        var response = HTTPResponse(type: "text/html; charset=utf-8", Data(html))
        response.headers = [("Content-Security-Policy", Self.policy)]
        return response
    }

    private func script(_ data: Data) -> HTTPResponse { HTTPResponse(type: "text/javascript; charset=utf-8", data) }

    private static func json(_ value: some Encodable) throws -> HTTPResponse { HTTPResponse(Data(try jsonText(value).utf8)) }

    private static func later(_ answer: @escaping @Sendable () throws -> HTTPResponse) -> HTTPResponse {
        HTTPResponse(later: { do { return try answer() } catch { return failure(error) } })
    }

    private static func failure(_ error: any Error) -> HTTPResponse {
        let failure = Failure(error)
        let status =
            switch HostError.Kind(rawValue: failure.exitStatus) {
            case .usage, .config: 400
            case .noInput: 404
            case .unavailable: 503
            default: 500
            }
        let body = (try? jsonText(Refusal(error: failure.message))) ?? "{}"
        return HTTPResponse(status: status, Data(body.utf8))
    }

    private struct Refusal: Encodable { let error: String }

    // MARK: Arguments

    private func results(_ request: HTTPRequest) throws -> HTTPResponse {
        let arguments = Arguments(request)
        var filter = ResultFilter(
            entries: try arguments.list("entry"), datasets: try arguments.list("dataset"), probes: try arguments.list("probe"))
        filter.history = try arguments.choice("history", ["false", "true"]) == "true"
        filter.newest = try arguments.int("most", in: 1...1000) ?? 100
        return Self.later { [desk, filter] in try Self.json(desk.results(filter)) }
    }

    private func compare(_ request: HTTPRequest) throws -> HTTPResponse {
        let arguments = Arguments(request)
        guard let entries = try arguments.list("entry"), (2...20).contains(entries.count) else {
            throw HostError(
                .usage, file: "the request", field: "entry", expected: "2 to 20 ids of entries, with commas between", found: "others")
        }
        let dataset = request.argument("dataset")
        return Self.later { [desk] in try Self.json(desk.comparison(of: entries, dataset: dataset)) }
    }

    private func run(_ request: HTTPRequest) throws -> LiveView.Run {
        let arguments = Arguments(request)
        return LiveView.Run(
            entry: try arguments.text("entry"), dataset: try arguments.text("dataset"),
            seed: UInt64(try arguments.int("seed", in: 0...Int.max) ?? 0))
    }
}
