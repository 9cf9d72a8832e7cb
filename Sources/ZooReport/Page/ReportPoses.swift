import ZooJobs
import ZooProbes
import ZooStore

// Predicted against applied pose, and what the theorem says.
extension ReportReader {
    /// Points of a panel: enough to show a cloud.
    private static let shown = 200

    private static let parts = [("rotation", "°"), ("scale", "octaves"), ("translation-x", "px"), ("translation-y", "px")]

    /// One plot for each part of the pose that the data set varies: a panel per entry, with the points and the line of its first seed.
    func poses(_ whole: StoredEntries, _ order: [String]) throws -> [Report.PosePlot] {
        try Self.parts.compactMap { part, unit in
            let name = "pose.\(part)"
            let stored = whole.comparable(order, figure: "\(name).slope")
            let results = Dictionary(grouping: stored.measured("pose").filter { $0["\(name).slope"] != nil }, by: \.subject.entry)
            let panels: [Report.PosePlot.Panel] = try order.compactMap { entry in
                guard let own = results[entry]?.sorted(by: { $0.subject.seed < $1.subject.seed }), let first = own.first,
                    let slopes = Report.Estimate(own.compactMap { $0["\(name).slope"] }, level: level),
                    let table = try stored.table("pose.points", of: first),
                    case .numbers(let applied)? = table["\(part).applied"], case .numbers(let predicted)? = table["\(part).predicted"]
                else { return nil }
                // The images are a random choice already: every n-th of them is another.
                let step = max(1, applied.count / Self.shown)
                func some(_ list: [Double]) -> [Double] { stride(from: 0, to: list.count, by: step).map { list[$0] } }
                return Report.PosePlot.Panel(
                    entry: entry, seed: first.subject.seed, applied: some(applied), predicted: some(predicted), images: applied.count,
                    slope: first["\(name).slope"] ?? .nan, intercept: first["\(name).intercept"] ?? .nan, slopes: slopes,
                    low: first["\(name).slope.low"], high: first["\(name).slope.high"], spread: first["\(name).spread"] ?? .nan,
                    r2: first["\(name).r2"] ?? .nan)
            }
            return panels.isEmpty ? nil : Report.PosePlot(part: part, unit: unit, panels: panels)
        }
    }

    /// The theorem's table: of every entry the newest result of its first seed.
    func theorems(_ results: [StoredResult]) throws -> [Report.Theorem] {
        struct Place: Hashable { let dataset, trainedOn: String, origin: ResultSubject.Origin }
        let found = results.filter {
            $0.subject.probe == "equivariance" && $0.status == .measured && ProbeCatalogue.isCurrent($0.subject)
        }
        var places: [Place] = []
        var rows: [Place: [Report.Theorem.Row]] = [:]
        for result in found {
            let place = Place(dataset: result.subject.dataset, trainedOn: result.subject.trainedOn, origin: result.subject.origin)
            if !places.contains(place) { places.append(place) }
            guard !(rows[place] ?? []).contains(where: { $0.entry == result.subject.entry }), let row = try theorem(result) else {
                continue
            }
            rows[place, default: []].append(row)
        }
        return places.compactMap { place in
            rows[place].map { Report.Theorem(dataset: place.dataset, trainedOn: place.trainedOn, origin: place.origin, rows: $0) }
        }
    }

    private func theorem(_ result: StoredResult) throws -> Report.Theorem.Row? {
        guard let table = try store.table("alignment", of: result),
            case .integers(let depths)? = table["depth"], let deepest = depths.max()
        else { return nil }
        func numbers(_ name: String) -> [Double] { if case .numbers(let list)? = table[name] { list } else { [] } }
        func texts(_ name: String) -> [String] { if case .texts(let list)? = table[name] { list } else { [] } }
        let (names, titles, stages) = (texts("transformation"), texts("title"), texts("stage"))
        let (verdicts, inputVerdicts) = (texts("verdict"), texts("verdict.input"))
        let (best, input) = (numbers("best"), numbers("input"))
        let floors = [numbers("floor.image"), numbers("floor.features"), numbers("floor.map")]
        guard
            ([names, titles, stages, verdicts, inputVerdicts].map(\.count) + ([best, input] + floors).map(\.count))
                .allSatisfy({ $0 == depths.count })
        else { return nil }
        let last = depths.indices.filter { depths[$0] == deepest }
        return Report.Theorem.Row(
            entry: result.subject.entry, seed: result.subject.seed, stage: last.first.map { stages[$0] } ?? "",
            cells: last.map { place in
                Report.Theorem.Cell(
                    transformation: names[place], title: titles[place], best: best[place], floor: floors.map { $0[place] }.max() ?? .nan,
                    verdict: verdicts[place], input: input[place], inputVerdict: inputVerdicts[place])
            })
    }
}
