import Foundation
import Testing
import ZooCore
import ZooStore
import ZooTrackers

private typealias Measurement = ZooStore.Measurement

/// Results as MLflow keeps them; `make test-mlflow` pushes some to a real server.
@Suite struct MLflowRunTests {
    private func result(
        _ measurement: Measurement, settings: [String: JSON] = [:], plugins: [String: String] = ["libA.so": "aa"], command: String = "zoo"
    ) throws -> (StoredResult, [Measurement.Table]) {
        let store = try ResultStore()
        let result = try store.append(
            job: "j0b",
            subject: ResultSubject(
                entry: "cnn", dataset: "strokes", seed: 3, trainedOn: "strokes", origin: .trained, weights: "w", probe: "training",
                settings: settings),
            outcome: .measured(measurement),
            provenance: Provenance(
                zoo: "1", code: "c0de", engine: "libtorch", plugins: plugins, weightsChecksum: "ff", machine: "m", processor: "p",
                threads: 1,
                date: Date(timeIntervalSince1970: 1000), command: command, seconds: 2.5))
        return (result, try store.tables(of: result))
    }

    @Test func aTrainingIsItsRecipeItsCurveAndItsFigures() throws {
        let curve = Measurement.Table(
            "learning curve", [.init("epoch", .integers([1, 2, 3])), .init("loss.train", .numbers([2, 1.5, .nan]))])
        let (stored, tables) = try result(
            Measurement(
                figures: [.init("loss.train", .nan), .init("error.upright", 0.25)], tables: [curve], warnings: ["it has collapsed"]),
            settings: ["batch": .int(64), "optimizer": .string("adam"), "steps": .array([.double(0.5)])])
        let run = MLflowRun(stored, tables: tables)
        func values(_ tags: [MLflowRun.Tag]) -> [String: String] { Dictionary(uniqueKeysWithValues: tags.map { ($0.key, $0.value) }) }
        let params = values(run.params)
        #expect(params["entry"] == "cnn" && params["seed"] == "3" && params["dataset"] == "strokes" && params["probe"] == "training")
        #expect(params["settings.batch"] == "64" && params["settings.optimizer"] == "adam" && params["settings.steps"] == "[0.5]")
        let tags = values(run.tags)
        #expect(tags["zoo.job"] == "j0b" && tags["zoo.weights_sha256"] == "ff" && tags["zoo.plugin.libA.so"] == "aa")
        #expect(tags["zoo.warnings"] == "it has collapsed" && tags["zoo.data"] == nil, "what is not known is left out")
        #expect(
            run.metrics.filter { $0.key == "loss.train" }.map(\.step) == [1, 2, 3], "the figure of that name is the curve's last value")
        #expect(run.metrics.filter { $0.key == "loss.train" }.map(\.value).prefix(2) == [2, 1.5])
        let error = try #require(run.metrics.first { $0.key == "error.upright" })
        #expect(error.step == 3 && error.value == 0.25 && error.timestamp == 1_000_000)
    }

    /// MLflow takes 1000 metrics, 100 parameters and 100 tags in a request of 1 MB, and few characters in names.
    @Test func requestsKeepToMLflowsLimits() throws {
        let odd: [Measurement.Figure] = [.init("90°", 1), .init("90′", 2), .init("far", .infinity)]
        let figures = (0..<2500).map { Measurement.Figure("figure.\($0)", Double($0)) } + odd
        let settings = Dictionary(
            uniqueKeysWithValues: (0..<230).map { ("setting-\($0)", JSON.string(String(repeating: "é", count: 7000))) })
        let plugins = Dictionary(uniqueKeysWithValues: (0..<150).map { ("lib\($0).so", String(repeating: "a", count: 64)) })
        let (stored, tables) = try result(
            Measurement(figures: figures), settings: settings, plugins: plugins, command: String(repeating: "x", count: 9000))
        let run = MLflowRun(stored, tables: tables)
        let batches = try run.batches(for: "0123456789abcdef")
        for batch in batches {
            #expect(batch.params.count <= 100 && batch.tags.count <= 100)
            #expect(batch.params.count + batch.tags.count + batch.metrics.count <= 1000)
            let encoder = JSONEncoder()
            encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "+", negativeInfinity: "-", nan: "0")
            #expect(try encoder.encode(batch).count < 1_000_000)
        }
        #expect(batches.flatMap(\.params) == run.params && batches.flatMap(\.tags) == run.tags && batches.flatMap(\.metrics) == run.metrics)
        #expect(run.params.allSatisfy { $0.value.count <= 6000 } && run.tags.allSatisfy { $0.value.count <= 5000 })
        let keys = run.metrics.map(\.key)
        #expect(Set(keys).count == 2503 && keys.contains("90_") && keys.contains("90__2"))
        #expect(keys.allSatisfy { $0.wholeMatch(of: /[A-Za-z0-9_\-. \/]+/) != nil })
        #expect(run.metrics.last?.value == .infinity)
    }

    @Test(arguments: ["", "mlruns", "sqlite:///mlflow.db", "file:///tmp/mlruns", "databricks", "http://", "HTTP"])
    func whatIsNoServerIsRefused(_ uri: String) throws {
        let error = #expect(throws: HostError.self) { try MLflowServer(uri: uri) }
        #expect(error?.kind == .usage && error?.message.contains("http://127.0.0.1:5000") == true)
    }

    /// Nothing listens on port 1.
    @Test func aServerThatIsNotThereIsUnavailable() throws {
        let server = try MLflowServer(uri: "http://127.0.0.1:1/")
        let error = #expect(throws: HostError.self) { try server.experiment("x") }
        #expect(error?.kind == .unavailable && error?.message.hasPrefix("http://127.0.0.1:1: ") == true, "\(error?.message ?? "")")
    }

    @Test func aTokenOfSeveralLinesIsNoHeader() throws {
        let error = #expect(throws: HostError.self) {
            try MLflowServer(uri: "http://127.0.0.1:1", environment: ["MLFLOW_TRACKING_TOKEN": "a\r\nHost: b"])
        }
        #expect(error?.kind == .config)
    }
}
