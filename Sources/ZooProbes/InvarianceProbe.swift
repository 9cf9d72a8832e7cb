import ZooCore
import ZooHost
import ZooKit
import ZooManifest
import ZooStore

/// Accuracy against the transformation that is applied to the same upright test images.
struct InvarianceProbe: ConfigurableProbe {
    static let name = "invariance"
    static let summary = "accuracy against angle, scale, shear and shift of the same upright images: mean, worst, curves"
    static let needs: Set<ProbeNeed> = []
    static let options = [
        images(default: 500),
        Option.doubles("angles", default: stride(from: -180, to: 180, by: 15).map { Double($0) }, in: -360...360, "degrees, anticlockwise"),
        Option.doubles("scales", default: [0.5, 0.625, 0.75, 0.875, 1, 1.25, 1.5, 1.75, 2], in: 0.01...100, "sizes of the picture"),
        Option.doubles("shears", default: [-0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75], in: -10...10, "pixels of x per pixel of y"),
        Option.doubles("shifts", default: [-6, -4, -2, 0, 2, 4, 6], in: -10_000...10_000, "pixels, right and down at once"),
    ]

    let configuration: ProbeSettings

    func run(on subject: ProbeSubject, progress: any ProgressListener) throws -> Measurement {
        let images = try ProbeImages(subject, count: configuration.int("images"), upright: true)
        let (shape, aspect) = (images.shape, images.aspect)
        let curves: [(name: String, unit: String, values: [Double], make: (Double) -> Transformation)] = [
            ("rotation", "°", configuration.doubles("angles"), { .rotation(degrees: $0, aspect: aspect) }),
            ("scale", "×", configuration.doubles("scales"), { .scaling($0) }),
            ("shear", "", configuration.doubles("shears"), { .shear($0, aspect: aspect) }),
            ("shift", "px", configuration.doubles("shifts"), { .shift(x: $0, y: $0, height: shape.height, width: shape.width) }),
        ]
        var measurement = Measurement(
            figures: [.init("invariance.images", Double(images.indices.count))], tables: [images.table])
        progress.begin("\(subject.network.entry.id): invariance", total: curves.reduce(0) { $0 + $1.values.count }, unit: "points")
        defer { progress.finish() }
        for curve in curves where !curve.values.isEmpty {
            var accuracies: [Double] = []
            for value in curve.values {
                accuracies.append(try images.answers(through: curve.make(value).sampling).accuracy)
                progress.advance(1)
            }
            measurement.figures += [
                .init("invariance.\(curve.name).mean", accuracies.reduce(0, +) / Double(accuracies.count)),
                .init("invariance.\(curve.name).worst", accuracies.min() ?? .nan),
            ]
            measurement.tables.append(
                .init("invariance.\(curve.name)", [.init("value", .numbers(curve.values)), .init("accuracy", .numbers(accuracies))]))
        }
        return measurement
    }
}
