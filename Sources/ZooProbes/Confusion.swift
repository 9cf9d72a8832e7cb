import ZooStore

/// How often each class was read as each. With several heads every head counts.
public struct Confusion: Sendable, Equatable {
    public let classes: [String]
    /// counts[label][prediction].
    public let counts: [[Int]]

    public init(labels: [Int], predictions: [Int], classes: [String]) {
        self.classes = classes
        var counts = [[Int]](repeating: [Int](repeating: 0, count: classes.count), count: classes.count)
        for (label, prediction) in zip(labels, predictions) where classes.indices.contains(label) && classes.indices.contains(prediction) {
            counts[label][prediction] += 1
        }
        self.counts = counts
    }

    /// Share of a class's images that are read as another; NaN for a class without images.
    public func error(of label: Int) -> Double {
        guard classes.indices.contains(label) else { return .nan }
        let all = counts[label].reduce(0, +)
        return Double(all - counts[label][label]) / Double(all)
    }

    func classTable(_ name: String) -> Measurement.Table {
        .init(
            name,
            [
                .init("class", .texts(classes)), .init("images", .integers(counts.map { $0.reduce(0, +) })),
                .init("error", .numbers(classes.indices.map(error))),
            ])
    }

    /// What occurred, one row per pair of classes.
    func table(_ name: String) -> Measurement.Table {
        let cells = classes.indices.flatMap { label in
            classes.indices.filter { counts[label][$0] > 0 }.map { (label, $0, counts[label][$0]) }
        }
        return .init(
            name,
            [
                .init("label", .texts(cells.map { classes[$0.0] })), .init("prediction", .texts(cells.map { classes[$0.1] })),
                .init("images", .integers(cells.map(\.2))),
            ])
    }
}
