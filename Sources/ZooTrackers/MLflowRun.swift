import Foundation
public import ZooCore
public import ZooStore

/// A stored result as MLflow keeps it: parameters, metrics with steps, and tags.
public struct MLflowRun: Sendable {
    public struct Tag: Codable, Sendable, Equatable { public let key, value: String }
    public struct Metric: Encodable, Sendable, Equatable {
        public let key: String
        public let value: Double
        /// Milliseconds since 1970.
        public let timestamp: Int
        public let step: Int
    }

    /// What one request may carry.
    public struct Batch: Encodable, Sendable {
        let run_id: String
        public fileprivate(set) var params: [Tag] = []
        public fileprivate(set) var metrics: [Metric] = []
        public fileprivate(set) var tags: [Tag] = []
        fileprivate var count: Int { params.count + metrics.count + tags.count }
    }

    public let name: String
    /// Milliseconds since 1970.
    let start, end: Int
    /// By it a result is known again, wherever it was stored: rows have random ids.
    let mark: Tag
    public let params: [Tag]
    public let metrics: [Metric]
    public let tags: [Tag]

    static let resultTag = "zoo.result"
    static let completeTag = "zoo.complete"

    /// MLflow's limits of one request and of texts; versions before 2.8 take values of 500 characters.
    private enum Limit {
        static let params = 100, tags = 100, all = 1000, bytes = 900_000
        static let key = 250, param = 6000, tag = 5000
    }

    /// - Parameter tables: those of the result; of a training run the learning curve counts.
    public init(_ result: StoredResult, tables: [ZooStore.Measurement.Table]) {
        let (subject, provenance, identity) = (result.subject, result.provenance, result.provenance.identity)
        name = "\(subject.entry), seed \(subject.seed), \(subject.probe) on \(subject.dataset)"
        let end = Int((provenance.date.timeIntervalSince1970 * 1000).rounded())
        (self.end, start) = (end, end - Int((max(0, provenance.seconds) * 1000).rounded()))
        mark = Tag(key: Self.resultTag, value: result.uuid)

        var params = [
            ("entry", subject.entry), ("dataset", subject.dataset), ("seed", "\(subject.seed)"), ("probe", subject.probe),
            ("trained_on", subject.trainedOn), ("weights", subject.origin.rawValue), ("threads", "\(provenance.threads)"),
        ]
        if let images = subject.images { params.append(("images", "\(images)")) }
        params += subject.settings.sorted { $0.key < $1.key }.map { ("settings.\($0.key)", Self.text($0.value)) }
        self.params = Self.named(params).map { Tag(key: $0, value: String($1.prefix(Limit.param))) }

        let hashes = [
            ("zoo.job", result.job), ("zoo.version", provenance.zoo), ("zoo.code", provenance.code), ("zoo.engine", provenance.engine),
            ("zoo.engine_code", identity.engineCode), ("zoo.instructions", identity.instructions),
            ("zoo.weights_file", subject.weights), ("zoo.weights_sha256", provenance.weightsChecksum),
            ("zoo.images", identity.images), ("zoo.data", identity.data), ("zoo.training_data", identity.trainingData),
            ("zoo.machine", provenance.machine), ("zoo.processor", provenance.processor), ("zoo.command", provenance.command),
            ("zoo.warnings", result.warnings.joined(separator: "; ")), ("mlflow.source.name", "zoo"), ("mlflow.source.type", "LOCAL"),
        ]
        let plugins = provenance.plugins.sorted { $0.key < $1.key }.map { ("zoo.plugin.\($0.key)", $0.value) }
        tags = Self.named((hashes + plugins).filter { !$0.1.isEmpty }).map { Tag(key: $0, value: String($1.prefix(Limit.tag))) }

        let curve = tables.first { $0.name == "learning curve" }
        let curves = Self.curves(curve)
        // The last values of a curve are figures, too.
        let figures = result.figures.filter { figure in !curves.contains { $0.name == figure.name } }
        let last = curves.compactMap { $0.points.last?.step }.max() ?? 0
        let all = figures.map { Curve(name: $0.name, points: [(step: last, value: $0.value)]) } + curves
        metrics = Self.named(all.map { ($0.name, $0.points) }).flatMap { key, points in
            points.map { Metric(key: key, value: $0.value, timestamp: end, step: $0.step) }
        }
    }

    private struct Curve {
        let name: String
        let points: [(step: Int, value: Double)]
    }

    private static func curves(_ table: ZooStore.Measurement.Table?) -> [Curve] {
        guard let table, case .integers(let epochs)? = table["epoch"] else { return [] }
        return table.columns.filter { $0.name != "epoch" }.compactMap { column in
            let values: [Double]
            switch column.values {
            case .numbers(let list): values = list
            case .integers(let list): values = list.map { Double($0) }
            case .texts: return nil
            }
            return Curve(name: column.name, points: zip(epochs, values).map { (step: $0, value: $1) })
        }
    }

    /// Keys of letters that MLflow takes, no two alike.
    private static func named<Value>(_ list: [(String, Value)]) -> [(String, Value)] {
        var taken: Set<String> = []
        return list.map { name, value in
            let letters = name.map { $0.isASCII && ($0.isLetter || $0.isNumber) || "_-. /".contains($0) ? $0 : "_" }
            let plain = String(letters.prefix(Limit.key - 4))
            var (key, number) = (plain, 1)
            while !taken.insert(key).inserted {
                number += 1
                key = "\(plain)_\(number)"
            }
            return (key, value)
        }
    }

    private static func text(_ value: JSON) -> String {
        if case .string(let text) = value { return text }
        return (try? String(decoding: CanonicalJSON.encode(value), as: UTF8.self)) ?? ""
    }

    // MARK: Requests

    /// What is logged, in as few requests as MLflow's limits allow.
    public func batches(for run: String) throws(HostError) -> [Batch] {
        var batches: [Batch] = []
        var (batch, bytes) = (Batch(run_id: run), 0)
        func add(_ item: some Encodable, _ isFull: (Batch) -> Bool, _ put: (inout Batch) -> Void) throws(HostError) {
            let size = try Self.json(item).count + 1
            if isFull(batch) || batch.count == Limit.all || bytes + size > Limit.bytes {
                batches.append(batch)
                (batch, bytes) = (Batch(run_id: run), 0)
            }
            put(&batch)
            bytes += size
        }
        for param in params { try add(param, { $0.params.count == Limit.params }) { $0.params.append(param) } }
        for tag in tags { try add(tag, { $0.tags.count == Limit.tags }) { $0.tags.append(tag) } }
        for metric in metrics { try add(metric, { _ in false }) { $0.metrics.append(metric) } }
        return batch.count == 0 ? batches : batches + [batch]
    }

    /// JSON as protobuf reads it, with names for numbers that JSON has not.
    static func json(_ value: some Encodable) throws(HostError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        do { return Array(try encoder.encode(value)) } catch { throw HostError(.software, "a request cannot be written: \(error)") }
    }
}
