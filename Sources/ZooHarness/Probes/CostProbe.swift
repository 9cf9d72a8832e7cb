import ZooData
public import ZooHost
import ZooKit
import ZooStore

/// What a network costs: size, arithmetic, time and memory.
struct CostProbe: ConfigurableProbe {
    static let name = "cost"
    static let summary = "parameters, multiply-adds counted while running, latency at batch 1, throughput, peak memory"
    static let needs: Set<ProbeNeed> = []
    static let options = [
        Option.int("warmup", default: 10, in: 0...100_000, "runs of one image before those that are timed"),
        Option.int("runs", default: 100, in: 1...1_000_000, "timed runs of one image"),
        Option.int("batch", default: 256, in: 1...65_536, "images at once, for throughput and memory"),
        Option.int("rounds", default: 3, in: 1...100_000, "timed batches, after one that is not"),
    ]

    let configuration: ProbeSettings
    var isTiming: Bool { true }

    func run(on subject: ProbeSubject, progress: any ProgressListener) throws -> Measurement {
        let dataSet = subject.dataSet
        let wanted = configuration.int("batch")
        var loader = try BatchLoader(subject.images, of: dataSet, split: .test, batchSize: wanted, seed: Laboratory.testSeed)
        loader.drawsUpright = subject.network.wantsUpright
        let count = subject.images.count
        let one = try loader.batch(of: [0])
        // More images than there are: the same ones again.
        let many = try loader.batch(of: (0..<wanted).map { $0 % count })
        progress.begin("\(subject.network.entry.id): cost", total: configuration.int("runs") + configuration.int("rounds"), unit: "runs")
        defer { progress.finish() }

        let calls = try OperatorMeter.record { _ = try subject.logits(one) }
        let counts = MultiplyAdds(calls)
        func time(_ batch: Batch, _ rounds: Int, warmup: Int) throws -> [Double] {
            var list: [Double] = []
            for round in 0..<warmup + rounds {
                try Interrupt.check("the timing of \(subject.network.entry.id) is incomplete")
                let start = ContinuousClock.now
                // Reading the classes waits for the result.
                _ = try subject.logits(batch).argmax(-1).integers()
                if round >= warmup {
                    list.append((ContinuousClock.now - start) / .milliseconds(1))
                    progress.advance(1)
                }
            }
            return list.sorted()
        }
        let single = try time(one, configuration.int("runs"), warmup: configuration.int("warmup"))
        let memory = ResidentMemory()
        let batches = try time(many, configuration.int("rounds"), warmup: 1)
        var figures: [Measurement.Figure] = [
            .init("parameters", Double(subject.network.parameters.count)), .init("cost.multiply-adds", Double(counts.total)),
            .init("cost.latency.p50", Self.quantile(single, 0.5), unit: "ms", isTiming: true),
            .init("cost.latency.p99", Self.quantile(single, 0.99), unit: "ms", isTiming: true),
            .init("cost.throughput", Double(wanted) / Self.quantile(batches, 0.5) * 1000, unit: "images/s", isTiming: true),
        ]
        if let peak = memory?.peak() {
            figures += [
                .init("cost.memory.peak", Double(peak.total), unit: "bytes", isTiming: true),
                .init("cost.memory.growth", Double(peak.growth), unit: "bytes", isTiming: true),
            ]
        }
        let operators = Measurement.Table(
            "cost.operators",
            [
                .init("operator", .texts(counts.operators.map(\.name))), .init("calls", .integers(counts.operators.map(\.calls))),
                .init("multiply-adds", .integers(counts.operators.map(\.multiplyAdds))),
            ])
        return Measurement(figures: figures, tables: [operators])
    }

    /// Of sorted values, linear between neighbours (Hyndman and Fan's type 7, NumPy's default).
    static func quantile(_ sorted: [Double], _ share: Double) -> Double {
        guard let last = sorted.indices.last else { return .nan }
        let place = share * Double(last)
        let low = Int(place)
        let high = min(low + 1, last)
        return sorted[low] + (place - Double(low)) * (sorted[high] - sorted[low])
    }
}

/// Multiplications with an addition, counted from the shapes of the operators that ran.
///
/// Convolutions, linear layers and matrix products count output values × length of the sum behind each; bilinear sampling counts
/// 4 per value, batch norm 1 per value. Everything else, comparisons and element-wise steps, counts nothing.
public struct MultiplyAdds: Sendable {
    public struct Row: Sendable, Equatable {
        public let name: String
        public let calls, multiplyAdds: Int
    }

    /// The operators that ran, the most expensive first.
    public let operators: [Row]
    public var total: Int { operators.reduce(0) { $0 + $1.multiplyAdds } }

    public init(_ calls: [OperatorCall]) {
        var rows: [String: (calls: Int, sum: Int)] = [:]
        for call in calls {
            rows[call.name, default: (0, 0)].calls += 1
            rows[call.name, default: (0, 0)].sum += Self.count(call)
        }
        operators = rows.map { Row(name: $0, calls: $1.calls, multiplyAdds: $1.sum) }
            .sorted { ($0.multiplyAdds, $1.name) > ($1.multiplyAdds, $0.name) }
    }

    private static func count(_ call: OperatorCall) -> Int {
        func values(_ shape: [Int]?) -> Int { shape?.reduce(1, *) ?? 0 }
        func input(_ index: Int) -> [Int]? { call.inputs.indices.contains(index) ? call.inputs[index] : nil }
        func integer(_ index: Int) -> Int? { call.integers.indices.contains(index) ? call.integers[index] : nil }
        switch call.name {
        case "aten::conv2d", "aten::convolution":
            return values(call.output) * values(input(1)?.dropFirst().map { $0 })
        case "zoo::conv_pool_act":
            // What is pooled away was computed too.
            guard let x = input(0), let weight = input(1), x.count == 4, weight.count == 4, let stride = integer(3),
                let padding = integer(4),
                stride > 0
            else { return 0 }
            let (height, width) = ((x[2] + 2 * padding - weight[2]) / stride + 1, (x[3] + 2 * padding - weight[3]) / stride + 1)
            return x[0] * height * width * values(weight)
        case "aten::linear", "aten::matmul", "aten::mm", "aten::bmm":
            return values(call.output) * (input(0)?.last ?? 0)
        case "aten::addmm", "aten::baddbmm":
            return values(call.output) * (input(1)?.last ?? 0)
        case "zoo::warp", "zoo::warp_u8", "zoo::sample", "aten::grid_sampler_2d", "aten::upsample_bilinear2d":
            return 4 * values(call.output)
        case "aten::batch_norm": return values(call.output)
        default: return 0
        }
    }
}
