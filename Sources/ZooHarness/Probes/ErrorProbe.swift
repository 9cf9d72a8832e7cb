import ZooData
public import ZooHost
import ZooKit
public import ZooStore

/// Error and loss on the test images, upright and as the data set transforms them, with what was read from each image.
///
/// Figures: "error.upright", "loss.upright" and, where the data set transforms its images, "error.transformed",
/// "loss.transformed" (a fraction, and nats); "images", their number; "parameters"; "throughput".
///
/// Samples, with the same prefixes: "….prediction", "….label", "….loss" and "….correct" (0 or 1). With several heads an
/// image is read rightly only if all heads are right, its loss is their mean, and prediction and label are numbers whose
/// digits to the base of the number of classes are the heads', the first head the most significant.
public struct ErrorProbe: Probe {
    public let name = "error"
    public let summary = "Error and loss on the test images, upright and transformed"
    public let settings: [String: JSON] = [:]
    public let needs: Set<ProbeNeed> = []

    public init() {}

    public func run(on subject: ProbeSubject, progress: any ProgressListener) throws -> Measurement {
        let evaluator = Evaluator(network: subject.network, progress: progress, batch: subject.batch)
        let (images, dataSet) = (subject.images, subject.dataSet)
        var readings = [("upright", dataSet.upright)]
        if dataSet.upright != dataSet { readings.append(("transformed", dataSet)) }
        var measurement = Measurement(warnings: images.warnings)
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
            measurement.warnings += reading.warnings
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        measurement.figures += [
            .init("images", Double(images.count)), .init("parameters", Double(subject.network.parameters.count)),
            .init(
                "throughput", Double(images.count * readings.count) / max(seconds, 1e-9), unit: "images/s", isTiming: true),
        ]
        return measurement
    }
}
