import Foundation
import ZooCore
import ZooJobs
public import ZooStore

extension ResultTables {
    /// One row per job.
    public static func table(of jobs: [PlannedJob]) -> TextTable {
        var table = TextTable([
            .init("job"), .init("entry"), .init("dataset"), .init("seed", .right), .init("probe"), .init("state"), .init("weights"),
        ])
        for job in jobs {
            table.append([
                String(job.job.prefix(12)), job.entry, job.dataset, "\(job.seed)", job.probe, job.isKnown ? "stored" : "to do", job.weights,
            ])
        }
        return table
    }

    /// One row per result, its first few figures or what kept it from having any.
    public static func listing(of results: [StoredResult]) -> TextTable {
        var table = TextTable([
            .init("date"), .init("entry"), .init("dataset"), .init("seed", .right), .init("probe"), .init("status"), .init("result"),
        ])
        for result in results {
            let figures = result.figures.filter { !$0.isTiming }.prefix(4).map { "\($0.name) \(shown($0))" }.joined(separator: "  ")
            let subject = result.subject
            let weights = subject.origin == .initial ? " (untrained)" : subject.origin == .own ? " (as imported)" : ""
            table.append([
                result.provenance.date.formatted(.iso8601), subject.entry + weights, subject.dataset, "\(subject.seed)", subject.probe,
                result.status.rawValue, result.status == .measured ? figures : result.cause,
            ])
        }
        return table
    }

    /// One row per result, a column for every figure that any of them has.
    ///
    /// - Parameter withProvenance: also when, where and with what each was made.
    public static func export(of results: [StoredResult], withProvenance: Bool = true) -> DataTable {
        var names: [String] = []
        var seen: Set<String> = []
        for figure in results.flatMap(\.figures) where withProvenance || !figure.isTiming {
            if seen.insert(figure.name).inserted { names.append(figure.name) }
        }
        var columns: [DataTable.Column] = [
            .text("entry", "entry"), .text("dataset", "data set"), .integer("seed", "seed"), .text("trained_on", "trained on"),
            .text("origin", "weights"), .integer("first_images", "first images"), .text("probe", "probe"), .text("status", "status"),
            .text("cause", "cause"),
        ]
        if withProvenance {
            columns += [
                .text("date", "date"), .number("seconds", "seconds", decimals: 1), .integer("threads", "threads"),
                .text("machine", "machine"), .text("processor", "processor"), .text("engine", "engine"), .text("zoo", "zoo"),
                .text("instructions", "instructions"), .text("images_fingerprint", "images"), .text("data_fingerprint", "data"),
                .text("training_data_fingerprint", "training data"), .text("weights_file", "weights file"),
                .text("weights_sha256", "SHA-256 of the weights"), .text("settings", "settings"),
                .text("job", "job"), .text("command", "command"),
            ]
        }
        // Programs get one type whatever the values are; people no fractions where there are none.
        let fractional = Set(results.flatMap(\.figures).filter { $0.value != $0.value.rounded() }.map(\.name))
        var taken = Set(columns.map(\.name))
        columns += names.map { name in
            let plain = name.map { $0.isLetter || $0.isNumber ? "\($0)" : "_" }.joined()
            var (column, number) = (plain, 1)
            while !taken.insert(column).inserted {
                column = "figure_" + plain + (number == 1 ? "" : "_\(number)")
                number += 1
            }
            return .number(column, name, decimals: withProvenance || fractional.contains(name) ? 4 : 0)
        }
        var table = DataTable(columns)
        for result in results {
            let (subject, provenance) = (result.subject, result.provenance)
            var row: [DataTable.Cell] = [
                .text(subject.entry), .text(subject.dataset), .integer(Int(clamping: subject.seed)), .text(subject.trainedOn),
                .text(subject.origin.rawValue), subject.images.map { .integer($0) } ?? .missing, .text(subject.probe),
                .text(result.status.rawValue), result.cause.isEmpty ? .missing : .text(result.cause),
            ]
            if withProvenance {
                row += [
                    .text(provenance.date.formatted(.iso8601)), .number(provenance.seconds), .integer(provenance.threads),
                    .text(provenance.machine), .text(provenance.processor), .text(provenance.engine), .text(provenance.zoo),
                    text(provenance.identity.instructions), text(provenance.identity.images), text(provenance.identity.data),
                    text(provenance.identity.trainingData), .text(subject.weights),
                    provenance.weightsChecksum.isEmpty ? .missing : .text(provenance.weightsChecksum),
                    .text(compact(subject.settings)), .text(result.job), .text(provenance.command),
                ]
            }
            row += names.map { name in result.figures.first { $0.name == name }.map { .number($0.value) } ?? .missing }
            table.append(row)
        }
        return table
    }

    private static func text(_ text: String) -> DataTable.Cell { text.isEmpty ? .missing : .text(text) }

    private static func compact(_ settings: [String: JSON]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(settings)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// A column of curves, by result.
    public struct Curve {
        let title: String
        let values: [Int64: [Double]]
    }

    /// Accuracy over each transformation, where that was measured.
    public static func curves(of results: [StoredResult], _ store: ResultStore) throws -> [Curve] {
        var titles: [String] = []
        var values: [String: [Int64: [Double]]] = [:]
        for result in results {
            for table in try store.tables(of: result) {
                guard case .numbers(let accuracies)? = table["accuracy"] else { continue }
                if values[table.name] == nil { titles.append(table.name) }
                values[table.name, default: [:]][result.id] = accuracies
            }
        }
        return titles.map { Curve(title: $0, values: values[$0] ?? [:]) }
    }

    /// Figures of one probe, a column each, then curves.
    public static func figures(of results: [StoredResult], _ curves: [Curve] = []) -> TextTable {
        var names: [String] = []
        var units: [String: String] = [:]
        for figure in results.flatMap(\.figures) where units[figure.name] == nil {
            names.append(figure.name)
            units[figure.name] = figure.unit
        }
        let showsDataSet = Set(results.map(\.subject.dataset)).count > 1
        let showsSeed = Set(results.map(\.subject.seed)).count > 1
        var columns: [TextTable.Column] = [.init("entry")]
        if showsDataSet { columns.append(.init("dataset")) }
        if showsSeed { columns.append(.init("seed", .right)) }
        columns += names.map { name in
            let unit = units[name] ?? ""
            return .init(unit.isEmpty ? name : "\(name) \(unit)", .decimal)
        }
        columns += curves.map { .init($0.title) }
        var table = TextTable(columns)
        for result in results {
            var row = [result.subject.entry]
            if showsDataSet { row.append(result.subject.dataset) }
            if showsSeed { row.append("\(result.subject.seed)") }
            row += names.map { name in result.figures.first { $0.name == name }.map(shown) ?? "" }
            row += curves.map { Sparkline.text($0.values[result.id] ?? [], width: 32) }
            table.append(row)
        }
        return table
    }

    /// A number with four significant digits, whole ones as such.
    private static func shown(_ figure: ZooStore.Measurement.Figure) -> String {
        let value = figure.value
        if value == value.rounded(), abs(value) < 1e15 { return withCommas(Int(value)) }
        return abs(value) >= 1000 ? withCommas(value) : String(format: "%.4g", value)
    }
}
