import Foundation
public import ZooCore
import ZooTransfer

/// An MLflow tracking server, spoken to by its REST API.
///
///     let server = try MLflowServer(uri: "http://127.0.0.1:5000", environment: ProcessInfo.processInfo.environment)
///     let experiment = try server.experiment("stn-zoo")
///     try server.push(MLflowRun(result, tables: store.tables(of: result)), to: experiment)
///
/// Credentials are those of MLflow's own clients: `MLFLOW_TRACKING_USERNAME` with `MLFLOW_TRACKING_PASSWORD`, or `MLFLOW_TRACKING_TOKEN`.
public struct MLflowServer: Sendable {
    public let uri: String
    private let headers: [String]

    /// An experiment's number on the server.
    public struct Experiment: Sendable { let id: String }

    /// A page of a search is a few megabytes; a server that sends more is none.
    private static let answerLimit = 256 << 20

    /// - Throws: `usage` if the URI is none of HTTP.
    public init(uri: String, environment: [String: String] = [:]) throws(HostError) {
        guard ["http://", "https://"].contains(where: uri.hasPrefix), URL(string: uri)?.host() != nil else {
            throw HostError(
                .usage, "\(ProgramOption.trackingURI) \(uri): expected the URL of an MLflow server, as in http://127.0.0.1:5000")
        }
        self.uri = uri.hasSuffix("/") ? String(uri.dropLast()) : uri
        var headers = ["Content-Type: application/json"]
        func variable(_ name: String) -> String? { environment["MLFLOW_TRACKING_\(name)"].flatMap { $0.isEmpty ? nil : $0 } }
        if let user = variable("USERNAME"), let password = variable("PASSWORD") {
            headers.append("Authorization: Basic \(Data("\(user):\(password)".utf8).base64EncodedString())")
        } else if let token = variable("TOKEN") {
            headers.append("Authorization: Bearer \(token)")
        }
        // A line break would make two headers of one.
        guard headers.allSatisfy({ !$0.contains(where: \.isNewline) }) else {
            throw HostError(.config, "MLFLOW_TRACKING_TOKEN has several lines, expected one")
        }
        self.headers = headers
    }

    // MARK: Experiments and runs

    /// The experiment of that name, which is made if there is none.
    ///
    /// - Throws: `config` if it has been deleted; see `call` for the rest.
    public func experiment(_ name: String) throws(HostError) -> Experiment {
        struct Found: Decodable {
            struct Experiment: Decodable { let experiment_id, lifecycle_stage: String }
            let experiment: Experiment
        }
        struct Made: Decodable { let experiment_id: String }
        let query = name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? name
        let found: Found? = try call("experiments/get-by-name?experiment_name=\(query)", allowing: "RESOURCE_DOES_NOT_EXIST")
        if let found = found?.experiment {
            guard found.lifecycle_stage == "active" else {
                throw HostError(.config, "\(uri): the experiment '\(name)' has been deleted there; restore it, or name another one")
            }
            return Experiment(id: found.experiment_id)
        }
        let made: Made? = try call("experiments/create", ["name": name], allowing: "RESOURCE_ALREADY_EXISTS")
        // Somebody else may have made it meanwhile.
        if let made { return Experiment(id: made.experiment_id) }
        return try experiment(name)
    }

    /// Runs of an experiment that `push` has begun, by the id of their result.
    public func pushed(in experiment: Experiment) throws(HostError) -> [String: PushedRun] {
        struct Question: Encodable {
            let experiment_ids: [String]
            let filter: String
            let max_results = 1000
            let page_token: String?
        }
        struct Page: Decodable {
            struct Run: Decodable {
                struct Info: Decodable { let run_id: String }
                struct Contents: Decodable { let tags: [MLflowRun.Tag]? }
                let info: Info
                let data: Contents?
            }
            let runs: [Run]?
            let next_page_token: String?
        }
        var found: [String: PushedRun] = [:]
        var token: String?
        repeat {
            let question = Question(
                experiment_ids: [experiment.id], filter: "tags.\"\(MLflowRun.resultTag)\" != ''", page_token: token)
            let page: Page = try call("runs/search", question)
            for run in page.runs ?? [] {
                let tags = Dictionary((run.data?.tags ?? []).map { ($0.key, $0.value) }) { first, _ in first }
                guard let result = tags[MLflowRun.resultTag] else { continue }
                let next = PushedRun(id: run.info.run_id, isComplete: tags[MLflowRun.completeTag] != nil)
                // The complete one of two that were begun counts.
                if found[result]?.isComplete != true { found[result] = next }
            }
            token = page.next_page_token.flatMap { $0.isEmpty ? nil : $0 }
        } while token != nil
        return found
    }

    public struct PushedRun: Sendable {
        let id: String
        /// Whether all of the result is there. A push that was interrupted leaves a run that is not.
        public let isComplete: Bool
    }

    /// Deletes a run that is not complete, so that no value is logged twice: the server appends metrics.
    public func discard(_ run: PushedRun) throws(HostError) { let _: Nothing = try call("runs/delete", ["run_id": run.id]) }

    /// Makes a run of a result. The tag that says that it is complete comes last.
    public func push(_ run: MLflowRun, to experiment: Experiment) throws(HostError) {
        struct Made: Decodable {
            struct Run: Decodable {
                struct Info: Decodable { let run_id: String }
                let info: Info
            }
            let run: Run
        }
        struct Start: Encodable {
            let experiment_id, run_name: String
            let start_time: Int
            let tags: [MLflowRun.Tag]
        }
        struct End: Encodable {
            let run_id, status: String
            let end_time: Int
        }
        struct LastTag: Encodable { let run_id, key, value: String }
        let made: Made = try call(
            "runs/create", Start(experiment_id: experiment.id, run_name: run.name, start_time: run.start, tags: [run.mark]))
        let id = made.run.info.run_id
        for batch in try run.batches(for: id) { let _: Nothing = try call("runs/log-batch", batch) }
        let _: Nothing = try call("runs/update", End(run_id: id, status: "FINISHED", end_time: run.end))
        let _: Nothing = try call("runs/set-tag", LastTag(run_id: id, key: MLflowRun.completeTag, value: "true"))
    }

    // MARK: Requests

    private struct Nothing: Decodable {}

    /// What MLflow says when it does not do what is asked.
    private struct Refusal: Decodable { let error_code, message: String }

    private func call<Answer: Decodable>(_ method: String, _ question: some Encodable) throws(HostError) -> Answer {
        guard let answer: Answer = try exchange(method, MLflowRun.json(question), allowing: nil) else { throw foreign("no answer") }
        return answer
    }

    private func call<Answer: Decodable>(_ method: String, _ question: some Encodable, allowing code: String) throws(HostError) -> Answer? {
        try exchange(method, MLflowRun.json(question), allowing: code)
    }

    private func call<Answer: Decodable>(_ method: String, allowing code: String) throws(HostError) -> Answer? {
        try exchange(method, nil, allowing: code)
    }

    /// - Parameter code: an error of MLflow's for which the answer is nil.
    /// - Throws: `unavailable` if the server cannot be reached, is none of MLflow's, or fails; `noPermission` if it refuses the credentials;
    ///   `software` if it does not take what is sent.
    private func exchange<Answer: Decodable>(_ method: String, _ body: [UInt8]?, allowing code: String?) throws(HostError) -> Answer? {
        let (status, bytes): (Int, [UInt8])
        do {
            (status, bytes) = try Transfer(url: "\(uri)/api/2.0/mlflow/\(method)", headers: headers, body: body)
                .exchange(limit: Self.answerLimit)
        } catch let failure as Transfer.Failure {
            throw HostError(.unavailable, "\(uri): the MLflow server cannot be reached: \(failure.reason)")
        } catch let error as HostError { throw error } catch { throw HostError(.software, "\(uri): \(error)") }
        if status == 200 {
            guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(bytes)) else {
                throw foreign("another answer to \(method)")
            }
            return answer
        }
        if status == 401 || status == 403 {
            throw HostError(
                .noPermission,
                """
                \(uri): the server does not let us in (\(status)): expected MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or \
                MLFLOW_TRACKING_TOKEN, in the environment
                """)
        }
        guard let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(bytes)) else { throw foreign("status \(status)") }
        if refusal.error_code == code { return nil }
        let kind: HostError.Kind = status >= 500 || status == 429 ? .unavailable : .software
        throw HostError(kind, "\(uri): MLflow answers \(refusal.error_code) to \(method): \(refusal.message)")
    }

    private func foreign(_ found: String) -> HostError {
        HostError(.unavailable, file: uri, field: "REST API", expected: "an MLflow tracking server", found: found)
    }
}
