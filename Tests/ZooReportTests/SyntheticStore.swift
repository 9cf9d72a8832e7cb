import Foundation
import TestSupport
import ZooCore
import ZooData
import ZooManifest
import ZooReport
import ZooStore

/// A store with results whose every value follows from entry, seed and image.
struct SyntheticStore {
    let folder: TemporaryDirectory
    let path: String
    let manifest: Manifest
    private let store: ResultStore

    /// - Parameter manifest: JSON.
    init(manifest text: String = #"{"version": 1, "entries": []}"#) throws {
        folder = try TemporaryDirectory()
        path = folder.path + "/results.sqlite"
        store = try ResultStore(path: path)
        let file = folder.path + "/zoo.json"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        manifest = try Manifest(path: file)
    }

    func report(of entries: [String] = []) throws -> Report {
        try ReportReader([path], manifest: manifest).report(of: entries, date: Date(timeIntervalSince1970: 1_700_000_000))
    }

    /// - Parameter period: every so many images one is wrong.
    func addError(_ entry: String, seed: UInt64, period: Int, dataset: String = "strokes-rotated", images: Int = 200) throws {
        let correct = (0..<images).map { ($0 + Int(seed)) % period == 0 ? 0 : 1 }
        let error = Double(correct.count { $0 == 0 }) / Double(images)
        let labels = (0..<images).map { $0 % 10 }
        let names = (0..<10).map(String.init)
        // Every wrong answer is the next class.
        let wrong = correct.indices.filter { correct[$0] == 0 }
        let pairs = Dictionary(grouping: wrong) { labels[$0] }.sorted { $0.key < $1.key }
        var measurement = ZooStore.Measurement(figures: [
            .init("images", Double(images)), .init("parameters", Double(1000 * entry.utf8.count)), .init("error.upright", error / 2),
            .init("error.transformed", error),
        ])
        for pose in ["upright", "transformed"] {
            measurement.samples += [.init("\(pose).correct", .integers(correct)), .init("\(pose).label", .integers(labels))]
            measurement.tables += [
                .init("classes.\(pose)", [.init("class", .texts(names))]),
                .init(
                    "confusion.\(pose)",
                    [
                        .init("label", .texts(pairs.map { names[$0.key] })),
                        .init("prediction", .texts(pairs.map { names[($0.key + 1) % 10] })),
                        .init("images", .integers(pairs.map(\.value.count))),
                    ]),
            ]
        }
        try add(entry, seed: seed, probe: "error", dataset: dataset, measurement)
    }

    func addInvariance(_ entry: String, seed: UInt64, accuracies: [Double: Double], dataset: String = "strokes-rotated") throws {
        let points = accuracies.sorted { $0.key < $1.key }
        let mean = points.map(\.value).reduce(0, +) / Double(points.count)
        let measurement = ZooStore.Measurement(
            figures: [.init("invariance.images", 100), .init("invariance.rotation.mean", mean)],
            tables: [
                .init(
                    "invariance.rotation", [.init("value", .numbers(points.map(\.key))), .init("accuracy", .numbers(points.map(\.value)))])
            ])
        try add(entry, seed: seed, probe: "invariance", dataset: dataset, measurement)
    }

    func addPose(_ entry: String, seed: UInt64, slope: Double, images: Int = 500) throws {
        let applied = (0..<images).map { Double($0 % 181) - 90 }
        let predicted = applied.map { slope * $0 }
        let measurement = ZooStore.Measurement(
            figures: [
                .init("pose.rotation.slope", slope), .init("pose.rotation.intercept", 0), .init("pose.rotation.r2", 1),
                .init("pose.rotation.spread", 0.5),
            ],
            tables: [
                .init("pose.points", [.init("rotation.applied", .numbers(applied)), .init("rotation.predicted", .numbers(predicted))])
            ])
        try add(entry, seed: seed, probe: "pose", settings: ["version": .int(2)], measurement)
    }

    func addTraining(_ entry: String, seed: UInt64, losses: [Double], rate: Double = 0.01) throws {
        let measurement = ZooStore.Measurement(
            figures: [.init("epochs", Double(losses.count)), .init("error.transformed", 0.5)],
            tables: [
                .init(
                    "learning curve",
                    [.init("epoch", .integers(Array(1...losses.count))), .init("loss.train", .numbers(losses))])
            ])
        try add(
            entry, seed: seed, probe: "training", settings: ["epochs": .int(losses.count), "learning_rate": .double(rate)], measurement)
    }

    private func add(
        _ entry: String, seed: UInt64, probe: String, dataset: String = "strokes-rotated", settings: [String: JSON] = [:],
        _ measurement: ZooStore.Measurement
    ) throws {
        try store.append(
            job: "\(entry)/\(seed)/\(probe)/\(dataset)/\(settings.sorted { $0.key < $1.key })",
            subject: ResultSubject(
                entry: entry, dataset: dataset, seed: seed, trainedOn: dataset, origin: .trained, weights: "w", probe: probe,
                settings: settings),
            outcome: .measured(measurement),
            provenance: Provenance(
                zoo: "1", code: "c", engine: "e", plugins: [:], weightsChecksum: "abc\(seed)", machine: "m", processor: "p", threads: 1,
                date: Date(timeIntervalSince1970: 1_700_000_000 + Double(seed)), command: "zoo evaluate", seconds: 1,
                identity: .init(data: "drawn", images: "images of \(dataset)")))
    }
}
