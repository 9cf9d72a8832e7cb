public import ZooCore
import ZooData
import ZooHost
import ZooKit
import ZooManifest
import ZooModelFiles
import ZooProbes
public import ZooStore
public import ZooTraining

/// Does jobs in this process, one after the other.
///
/// A network is built anew for every job, so that no job's result depends on what came before it; images are kept. What a job is done with
/// is measured where it is loaded, and compared with the plan.
public final class JobRunner {
    private let laboratory: Laboratory
    private var kept: Kept?
    /// What the current job is done with, as far as that is known.
    public private(set) var conditions: Conditions?

    private struct Kept {
        let dataset: String
        let count: Int?
        let data, fingerprint: String
        let images: ImageSet
    }

    public init(laboratory: Laboratory) { self.laboratory = laboratory }

    /// - Throws: `NotApplicable` if there is nothing of that kind to measure, `Interrupted` if asked to stop, `data` if something is not
    ///   what it was when the job was planned, else what goes wrong.
    public func run(_ job: Job, progress: any ProgressListener) throws -> (Measurement, Conditions) {
        conditions = nil
        laboratory.fingerprints.learn(job.seals)
        let result =
            switch job.task {
            case .training(let recipe, let restart): try train(job, recipe: recipe, restart: restart, progress: progress)
            case .probe: try probe(job, progress: progress)
            }
        var measurement = result.0
        measurement.warnings += job.remarks
        return (measurement, result.1)
    }

    private func train(
        _ job: Job, recipe: Recipe, restart: Bool, progress: any ProgressListener
    ) throws -> (Measurement, Conditions) {
        let subject = job.subject
        let entry = try laboratory.manifest.entry(subject.entry)
        // Files that can be replaced before training begins; those that are replaced later are noticed where they are loaded.
        var here = try Conditions.here(laboratory.fingerprints)
        let code = try EntryCode(entry, host: laboratory.host)
        (here.plugins, here.files) = (code.plugins, code.files)
        let dataSet = try laboratory.dataSets.named(subject.dataset)
        (here.data, here.trainingData) = (try seal(of: dataSet, .test), try seal(of: dataSet, .train))
        try here.check(against: job.conditions, subject: subject.dataset)
        let result = try laboratory.train(
            entry, dataset: subject.dataset, seed: subject.seed, recipe: recipe, restart: restart, progress: progress)
        guard let found = result.conditions else {
            throw HostError(.software, "\(result.weights): the run does not say with what it was made")
        }
        return (Measurement(result), found)
    }

    private func seal(of dataSet: DataSet, _ split: Split) throws -> String {
        try laboratory.fingerprints.seal(of: dataSet, [split], in: laboratory.dataDirectory).content
    }

    private func probe(_ job: Job, progress: any ProgressListener) throws -> (Measurement, Conditions) {
        let subject = job.subject
        let entry = try laboratory.manifest.entry(subject.entry)
        let probe = try ProbeCatalogue.probe(named: subject.probe, settings: subject.settings)
        let dataSet = try laboratory.dataSets.named(subject.dataset)
        let test = try images(dataSet, count: subject.images, data: job.conditions.data)
        let network = try laboratory.host.network(
            entry, input: dataSet.shape(of: test.images), classes: test.images.classes.count, seed: subject.seed)
        var found = try Conditions.here(laboratory.fingerprints)
        found.plugins = laboratory.host.checksums(of: network)
        // Read again now that the network has read them.
        found.files = try EntryCode(entry, host: laboratory.host).files
        (found.data, found.images, found.trainingData) = (test.data, test.fingerprint, job.conditions.trainingData)
        if subject.origin != .initial {
            // Read once, so that what was checked is what is loaded.
            let contents = try FileBytes.read(subject.weights)
            found.weights = try Checksum.sha256(of: contents)
            guard found.weights == job.conditions.weights else {
                throw HostError(
                    .data,
                    "\(subject.weights): changed while the job waited: the checksum is \(found.weights), was \(job.conditions.weights)")
            }
            if subject.origin != .own {
                try SafetensorsFile(contents: contents, path: subject.weights).load(into: network.parameters)
            }
        }
        try found.check(against: job.conditions, subject: subject.dataset)
        conditions = found
        try network.parameters.settle()
        try network.parameters.setTraining(false)
        let measurement = try probe.measure(
            ProbeSubject(host: laboratory.host, network: network, dataSet: dataSet, images: test.images, batch: job.batch),
            progress: progress)
        return (measurement, found)
    }

    private func images(_ dataSet: DataSet, count: Int?, data: String) throws -> Kept {
        if let kept, kept.dataset == dataSet.name, kept.count == count, kept.data == data { return kept }
        kept = nil
        var images = try laboratory.fingerprints.loading(dataSet, .test, in: laboratory.dataDirectory, content: data) {
            try dataSet.load(.test, from: laboratory.dataDirectory)
        }
        if let count { images = try images.spread(count) }
        let found = Kept(
            dataset: dataSet.name, count: count, data: data,
            fingerprint: try dataSet.fingerprint(of: images, split: .test, seed: TestImages.seed), images: images)
        kept = found
        return found
    }
}

extension Measurement {
    /// Final scores of a run, and its learning curve.
    package init(_ run: TrainingResult) {
        self.init(
            figures: [
                .init("epochs", Double(run.epochs)), .init("loss.train", run.trainLoss), .init("error.upright", run.upright.error),
                .init("loss.upright", run.upright.loss),
            ], warnings: run.warnings)
        let losses = (run.history.last?.losses ?? [:]).keys.sorted()
        figures += losses.map { .init("loss.train.\($0)", run.history.last?.losses?[$0] ?? .nan) }
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
                ] + losses.map { name in Column("loss.train.\(name)", .numbers(run.history.map { $0.losses?[name] ?? .nan })) })
        ]
    }
}
