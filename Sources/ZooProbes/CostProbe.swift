import ZooCore
import ZooData
import ZooHost
import ZooKit
import ZooManifest
import ZooPlugins
import ZooStatistics
import ZooStore

/// What a network costs: size, arithmetic, time and memory.
struct CostProbe: ConfigurableProbe {
    static let name = "cost"
    static let summary = "parameters, multiply-adds counted while running, latency at batch 1, throughput, peak memory"
    static let needs: Set<ProbeNeed> = []
    static let options = [
        version(2),
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
        let loader = try subject.network.testLoader(subject.images, of: dataSet, batch: wanted)
        let count = subject.images.count
        let one = try loader.batch(of: [0])
        // More images than there are: the same ones again.
        let many = try loader.batch(of: (0..<wanted).map { $0 % count })
        progress.begin("\(subject.network.entry.id): cost", total: configuration.int("runs") + configuration.int("rounds"), unit: "runs")
        defer { progress.finish() }

        let counts = MultiplyAdds(try OperatorMeter.record { _ = try subject.logits(one) })
        let unknown = try subject.ownEngine ?? counts.unknown
        func time(_ batch: Batch, _ rounds: Int, warmup: Int) throws -> [Double] {
            var list: [Double] = []
            for round in 0..<warmup + rounds {
                try Interrupt.check("the timing of \(subject.network.entry.id) is incomplete")
                let start = ContinuousClock.now
                // Reading the classes waits for the result.
                _ = try subject.logits(batch).argmax(dim: -1).integers()
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
            .init("cost.latency.p50", single.quantile(0.5), unit: "ms", isTiming: true),
            .init("cost.latency.p99", single.quantile(0.99), unit: "ms", isTiming: true),
            .init("cost.throughput", Double(wanted) / batches.quantile(0.5) * 1000, unit: "images/s", isTiming: true),
        ]
        // Rather no number than one that leaves something out.
        if unknown == nil { figures.insert(.init("cost.multiply-adds", Double(counts.counted)), at: 0) }
        figures.insert(contentsOf: subject.parameterFigure, at: 0)
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
        return Measurement(
            figures: figures, tables: [operators, ProbeImages.table(Array(0..<min(wanted, count)), of: subject.images)],
            warnings: unknown.map { ["multiply-adds are not known: \($0)"] } ?? [])
    }
}

extension ProbeSubject {
    /// How many trained values there are; nothing where none can be seen, as in a network that was compiled with its weights.
    var parameterFigure: [Measurement.Figure] {
        let count = network.parameters.count
        return count > 0 ? [.init("parameters", Double(count))] : []
    }

    /// Why operators of the host's engine do not show all that the network computes; nil where they do.
    fileprivate var ownEngine: String? {
        get throws {
            let files = Set(try host.resolve(network.entry).files)
            for plugin in host.plugins where files.contains(plugin.path) {
                // Another plugin's libtorch is this process's.
                guard let engine = plugin.descriptor.engine, !engine.hasPrefix("libtorch") else { continue }
                return "plugin '\(plugin.descriptor.id)' computes with an engine of its own, \(engine)"
            }
            return nil
        }
    }
}
