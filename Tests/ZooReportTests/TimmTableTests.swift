import Foundation
import Testing
import ZooReport
import ZooStore

/// Accuracies as timm's own tables have them.
@Suite struct TimmTableTests {
    private let store: ResultStore

    init() throws { store = try ResultStore() }

    private func add(
        _ entry: String, seed: UInt64 = 0, _ figures: [String: Double], trainedOn: String = "strokes-rotated",
        origin: ResultSubject.Origin = .trained
    ) throws {
        try store.append(
            job: "\(entry)\(seed)\(trainedOn)",
            subject: ResultSubject(
                entry: entry, dataset: "strokes-rotated", seed: seed, trainedOn: trainedOn, origin: origin, weights: "w", probe: "error"),
            outcome: .measured(.init(figures: figures.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) })),
            provenance: Provenance(
                zoo: "1", code: "c", engine: "e", plugins: [:], machine: "m", processor: "p", threads: 1, date: Date(), command: "zoo",
                seconds: 1))
    }

    @Test func theBestComesFirstInTimmsColumns() throws {
        try add("stn-c0", ["error.upright": 0.02, "error.transformed": 0.0119, "parameters": 208_586])
        try add("cnn", seed: 3, ["error.upright": 0.01, "error.transformed": 0.0125, "parameters": 1_014_449_000])
        try add("cnn", ["error.upright": 0.5, "error.transformed": 0.0119, "parameters": 9999])
        // Only upright images, and nobody knows how many parameters.
        try add("own", ["error.upright": 1], trainedOn: "elsewhere", origin: .own)
        try add("cnn", ["error.upright": 0, "error.transformed": 0], trainedOn: "mnist")
        let csv = TimmTable(of: try store.results()) { _ in nil }.table.csv
        #expect(
            csv == """
                model,top1,top1_err,top5,top5_err,param_count,img_size,crop_pct,interpolation
                cnn.seed-0,98.810,1.190,,,0.01,,1.000,bilinear
                stn-c0.seed-0,98.810,1.190,,,0.21,,1.000,bilinear
                cnn.seed-3,98.750,1.250,,,"1,014.45",,1.000,bilinear
                own.seed-0,0.000,100.000,,,,,1.000,bilinear

                """)
    }
}
