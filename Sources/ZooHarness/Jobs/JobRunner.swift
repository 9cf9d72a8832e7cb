import ZooData
import ZooHost
import ZooKit
public import ZooStore

/// Does jobs in this process, one after the other.
///
/// A network is built anew for every job, so that no job's result depends on what came before it; images are kept.
public final class JobRunner {
    private let laboratory: Laboratory
    private var kept: (dataset: String, count: Int?, images: ImageSet)?

    public init(laboratory: Laboratory) { self.laboratory = laboratory }

    /// - Throws: `NotApplicable` if there is nothing of that kind to measure, `Interrupted` if asked to stop, else whatever
    ///   goes wrong.
    public func run(_ job: Job, progress: any ProgressListener) throws -> Measurement {
        let subject = job.subject
        let entry = try laboratory.manifest.entry(subject.entry)
        switch job.task {
        case .training(let epochs, let restart):
            let result = try laboratory.train(
                entry, dataset: subject.dataset, seed: subject.seed, epochs: epochs, restart: restart, progress: progress)
            return Measurement(result)
        case .probe:
            let probe = try ProbeCatalogue.probe(named: subject.probe, settings: subject.settings)
            let dataSet = try DataSet.named(subject.dataset)
            if probe.needs.contains(.transformedSet), dataSet.upright == dataSet {
                throw NotApplicable("\(dataSet.name) does not transform its images")
            }
            let images = try images(dataSet, count: subject.images)
            let network = try laboratory.host.network(
                entry, input: dataSet.shape(of: images), classes: images.classes.count, seed: subject.seed)
            if subject.origin != .initial {
                // Read once, so that what was checked is what is loaded.
                let contents = try FileBytes.read(subject.weights)
                let found = try Checksum.sha256(of: contents)
                guard found == job.weightsChecksum else {
                    throw HostError(
                        .data, "\(subject.weights): changed while the job waited: the checksum is \(found), was \(job.weightsChecksum)")
                }
                if subject.origin != .own {
                    try SafetensorsFile(contents: contents, path: subject.weights).load(into: network.parameters)
                }
            }
            try network.parameters.convert(format: .channelsLast)
            try network.parameters.setTraining(false)
            return try probe.run(
                on: ProbeSubject(host: laboratory.host, network: network, dataSet: dataSet, images: images, batch: job.batch),
                progress: progress)
        }
    }

    private func images(_ dataSet: DataSet, count: Int?) throws -> ImageSet {
        if let kept, kept.dataset == dataSet.name, kept.count == count { return kept.images }
        var images = try dataSet.load(.test, from: laboratory.dataDirectory)
        if let count { images = try images.spread(count) }
        kept = (dataSet.name, count, images)
        return images
    }
}

extension Measurement {
    /// Final scores of a run, and its learning curve.
    init(_ run: TrainingResult) {
        self.init(
            figures: [
                .init("epochs", Double(run.epochs)), .init("loss.train", run.trainLoss), .init("error.upright", run.upright.error),
                .init("loss.upright", run.upright.loss),
            ], warnings: run.warnings)
        if let transformed = run.transformed {
            figures += [.init("error.transformed", transformed.error), .init("loss.transformed", transformed.loss)]
        }
        figures += [
            .init("seconds", run.seconds, unit: "s", isTiming: true),
            .init("throughput", run.imagesPerSecond, unit: "images/s", isTiming: true),
        ]
        tables = [
            Table(
                "learning curve",
                [
                    Column("epoch", .integers(run.history.map(\.epoch))), Column("loss.train", .numbers(run.history.map(\.trainLoss))),
                    Column("learning_rate", .numbers(run.history.map(\.learningRate))),
                ])
        ]
    }
}
