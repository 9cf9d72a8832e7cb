public import ZooCore
import ZooData
import ZooKit
import ZooManifest
public import ZooStore

/// Error and loss on the test images, upright and as the data set transforms them, with what was read from each image.
///
/// Figures: "error.upright", "loss.upright" and, where the data set transforms its images, "error.transformed",
/// "loss.transformed" (a fraction, and nats) and "error.added", what the transformation adds to the error; "images", their number;
/// "parameters"; "throughput".
///
/// "ece.upright" is the calibration error, in tables "reliability.upright" bin by bin (see `Calibration`); "classes.upright" has the
/// error of each class and "confusion.upright" how often each class was read as each; the same for transformed.
///
/// Samples, with the same prefixes: "….prediction", "….label", "….loss" and "….correct" (0 or 1). With several heads an
/// image is read rightly only if all heads are right, its loss is their mean, and prediction and label are numbers whose
/// digits to the base of the number of classes are the heads', the first head the most significant.
public struct ErrorProbe: Probe {
    public var name: String { Self.name }
    public var summary: String { Self.summary }
    public var settings: [String: JSON] { [:] }
    public var needs: Set<ProbeNeed> { Self.needs }

    public init() {}

    public func run(on subject: ProbeSubject, progress: any ProgressListener) throws -> Measurement {
        let evaluator = Evaluator(network: subject.network, progress: progress, batch: subject.batch)
        let (images, dataSet) = (subject.images, subject.dataSet)
        var readings = [("upright", dataSet.upright)]
        if dataSet.upright != dataSet { readings.append(("transformed", dataSet)) }
        var measurement = Measurement(tables: [ProbeImages.table(Array(0..<images.count), of: images)], warnings: images.warnings)
        let start = ContinuousClock.now
        for (name, set) in readings {
            let reading = try evaluator.read(images, as: set)
            measurement.figures += [
                .init("error.\(name)", reading.score.error), .init("loss.\(name)", reading.score.loss),
            ]
            func number(_ heads: [Int]) -> [Int] {
                stride(from: 0, to: heads.count, by: images.heads).map { first in
                    heads[first..<first + images.heads].reduce(0) { $0 * images.classes.count + $1 }
                }
            }
            measurement.samples += [
                .init("\(name).prediction", .integers(number(reading.predictions))),
                .init("\(name).label", .integers(number(reading.labels))),
                .init("\(name).loss", .numbers(reading.losses)),
                .init("\(name).correct", .integers(reading.isRight.map { $0 ? 1 : 0 })),
            ]
            let calibration = Calibration(confidences: reading.confidences, isRight: reading.isRight)
            let confusion = Confusion(labels: reading.labels, predictions: reading.predictions, classes: images.classes)
            measurement.figures.append(.init("ece.\(name)", calibration.error))
            measurement.tables += [
                confusion.classTable("classes.\(name)"), confusion.table("confusion.\(name)"), calibration.table("reliability.\(name)"),
            ]
            measurement.warnings += reading.warnings
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let errors = ["upright", "transformed"].compactMap { name in measurement.figures.first { $0.name == "error.\(name)" }?.value }
        if errors.count == 2 { measurement.figures.append(.init("error.added", errors[1] - errors[0])) }
        measurement.figures.append(.init("images", Double(images.count)))
        measurement.figures += subject.parameterFigure
        measurement.figures += [
            .init(
                "throughput", Double(images.count * readings.count) / max(seconds, 1e-9), unit: "images/s", isTiming: true)
        ]
        return measurement
    }
}

extension ErrorProbe: ConfigurableProbe {
    static let name = "error"
    static let summary = "error and loss on the test images, upright and transformed; by class, confusion, calibration"
    static let needs: Set<ProbeNeed> = []
    static let options: [Option] = []
    var configuration: ProbeSettings { ProbeSettings(options: Self.options) }
    init(configuration: ProbeSettings) { self.init() }
}
