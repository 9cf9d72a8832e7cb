import ArgumentParser
import ZooCore
import ZooData
import ZooHost
import ZooJobs
import ZooManifest
import ZooProbes
import ZooReport
import ZooStore
import ZooTraining

struct EvaluateCommand: SweepableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Measure entries on the test images, upright and transformed.",
        discussion: discussion(
            """
            Weights come from the newest finished training run, else from those that are shipped with the zoo. Every result is stored \
            the moment it exists; what is stored is not measured again, and an interrupted command goes on where it stopped.
            """,
            examples: [
                "zoo evaluate --all": "the error of every entry that has weights",
                "zoo evaluate cnn stn-c0 --probe pose --probe consistency": "other probes",
                "zoo evaluate stn-c0 --images 1000": "fewer images",
            ]))

    @Argument(help: ArgumentHelp("Ids of entries.", valueName: "entry"), completion: Completions.entries)
    var entries: [String] = []

    @Flag(help: "Evaluate every entry that has weights.")
    var all = false

    @Flag(name: [.long, .customLong("fresh")], help: "Measure again what is stored.")
    var force = false

    @Option(
        help: ArgumentHelp("A data set to test on. Repeatable. Default: the one that 'zoo list datasets' marks.", valueName: "name"),
        completion: Completions.dataSets)
    var dataset: [String] = []

    @Option(
        name: [.long, .customLong("seeds")],
        help: ArgumentHelp("The seed of the training run, or several as in 0..4. Repeatable. Default: 0.", valueName: "seed"))
    var seed: [SeedRange] = []

    @Option(
        help: ArgumentHelp("What to measure, or 'all'. Repeatable. Default: error.", valueName: "probe"), completion: Completions.probes)
    var probe: [String] = []

    @Option(
        help: ArgumentHelp(
            "A column of one table in place of a table per probe, as in pose.rotation.slope. Repeatable. Its probe is measured, too.",
            valueName: "figure"))
    var figure: [String] = []

    @Option(
        help: ArgumentHelp("The data set that the weights were trained on. Default: the one to test on.", valueName: "name"),
        completion: Completions.dataSets)
    var trainedOn: String?

    @Option(
        help: ArgumentHelp("A file of weights for a single entry, or 'initial' for untrained ones.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var weights: String?

    @Option(help: ArgumentHelp("Take only n test images, spread evenly over the classes, as ?limit=n does.", valueName: "n"))
    var images: Int?

    @OptionGroup(title: "Jobs") var jobOptions: JobOptions
    @OptionGroup var shared: ExperimentOptions
    @OptionGroup(title: "Runs and results") var stored: StoreOptions

    func validate() throws {
        if entries.isEmpty != all {
            throw ValidationError(all ? "--all and names of entries exclude each other" : "name entries, or use --all")
        }
        if let weights, weights != "initial", all || entries.count != 1 {
            throw ValidationError("--weights FILE fits one entry, not several")
        }
        if weights == "initial", trainedOn != nil { throw ValidationError("--trained-on does not apply to untrained weights") }
        if let weights, weights != "initial", SeedRange.all(seed).count > 1 {
            throw ValidationError("--weights FILE is of one training run: name one seed, or none")
        }
        if let images, images < 1 { throw ValidationError("--images is \(images), expected 1 or more") }
    }

    /// What the command comes to.
    private struct Work {
        let manifest: Manifest
        let host: HostRuntime
        let store: ResultStore
        let probes: [any Probe]
        let plan: Plan
        let threads: Int
        var session: JobSession
    }

    private func prepare(reading: Bool) throws -> Work {
        let manifest = try shared.readManifest()
        let wanted = RunningTask.narrowed(all ? manifest.entries : try entries.map { try manifest.entry($0) })
        let probes = try probes()
        let host = try shared.host()
        let store = try stored.open(reading: reading)
        // One thread each, unless said otherwise: then no result can depend on how many workers there are, whatever a plugin does.
        let threads = shared.threads ?? 1
        let laboratory = try shared.laboratory(host, manifest)
        let names = RunningTask.narrowed(try laboratory.names(dataset), of: laboratory.dataSets)
        let planner = JobPlanner(laboratory: laboratory, store: store, threads: threads)
        let source: JobPlanner.Weights =
            switch weights {
            case nil: .trained(on: trainedOn)
            case "initial": .initial
            case let file?: .file(file, trainedOn: trainedOn, seed: seed.isEmpty ? nil : SeedRange.all(seed).first)
            }
        let (whole, untrained) = planner.evaluation(
            of: wanted, on: names, seeds: RunningTask.narrowed(SeedRange.all(seed)), probes: probes, weights: source, images: images,
            skippingUntrained: all)
        if let first = names.first { say(untrained, trainedOn: laboratory.dataSets.canonical(trainedOn ?? first)) }
        return Work(
            manifest: manifest, host: host, store: store, probes: probes, plan: jobOptions.part(of: whole), threads: threads,
            session: JobSession(shared, store: store, planner: planner))
    }

    static let jobsPerTask = 20

    func options(cpus: Int) -> [String] {
        jobOptions.jobs == nil && shared.devices.isCPU ? ["--jobs", "\(max(1, cpus / (shared.threads ?? 1)))"] : []
    }

    func openJobs() throws -> Plan {
        let work = try prepare(reading: true)
        return try work.session.rest(of: work.plan, force: force)
    }

    func run() throws {
        let work = try prepare(reading: jobOptions.plan)
        let (manifest, host, store, probes) = (work.manifest, work.host, work.store, work.probes)
        let (plan, threads, force) = (work.plan, work.threads, RunningTask.begins(force))
        var session = work.session
        if jobOptions.plan { return try session.show(plan, shared, force: force) }
        Signals.install()
        let scheduler = try jobOptions.scheduler(
            shared.workerArguments(manifest, threads: threads, host),
            workers: jobOptions.workers(on: shared.devices), on: shared.devices)
        try session.carryOut(plan, shared, on: scheduler, force: force)
        if session.known > 0 {
            shared.note("\(session.known) of \(plan.jobs.count) results are from \(stored.path); --force measures them again")
        }
        try emit(plan.jobs.compactMap { session.results[$0.id] }, probes, store, files: { (try? host.resolve(manifest.entry($0)))?.files })
        try session.failures.conclude()
    }

    private func curves(of results: [StoredResult], _ store: ResultStore) throws -> [ResultTables.Curve] {
        Terminal.standardOutput.showsUnicode ? try ResultTables.curves(of: results, store) : []
    }

    private func probes() throws -> [any Probe] {
        if probe == ["all"] { return ProbeCatalogue.all }
        var probes = try probe.map { try ProbeCatalogue.probe($0) }
        for name in figure.map({ String($0.prefix { $0 != "." }) }) where !probes.contains(where: { $0.name == name }) {
            probes.append(try ProbeCatalogue.probe(name))
        }
        return probes.isEmpty ? [ErrorProbe()] : probes
    }

    /// - Throws: `usage` where a probe that was measured has no such figure.
    private func check(_ results: [StoredResult]) throws {
        for name in FigureTable.unknown(figure, in: results) {
            let measured = results.filter { $0.subject.probe == name.prefix { $0 != "." } && $0.status == .measured }
            guard let first = measured.first else { continue }
            let names = first.figures.map(\.name)
            throw HostError(.usage, "there is no figure '\(name)'\(suggestion(name, names)); there are \(names.joined(separator: ", "))")
        }
    }

    private func say(_ untrained: [(entry: String, seeds: [UInt64])], trainedOn source: String) {
        guard let first = untrained.first else { return }
        var names: [String] = []
        let several = SeedRange.all(seed).count > 1
        for (entry, seeds) in untrained {
            let name = several ? "\(entry) (seed \(seeds.map { "\($0)" }.joined(separator: ", ")))" : entry
            if !names.contains(name) { names.append(name) }
        }
        let command = SuggestedCommand.train(first.entry, dataset: source, seed: nil)
        shared.note("without weights, left out: \(names.joined(separator: " ")); this makes them: \(command)")
    }

    /// Errors in the table that people know, whatever else was measured in one table per probe; as JSON all in one list.
    private func emit(_ results: [StoredResult], _ probes: [any Probe], _ store: ResultStore, files: (String) -> [String]?) throws {
        for result in results {
            for warning in result.warnings { shared.warn("\(result.subject.entry): \(warning)") }
        }
        for probe in probes {
            let missing = results.filter { $0.subject.probe == probe.name && $0.status == .notApplicable }
            guard let first = missing.first else { continue }
            var names: [String] = []
            for name in missing.map(\.subject.entry) where !names.contains(name) { names.append(name) }
            shared.note("\(probe.name) does not apply to \(names.joined(separator: " ")): \(first.cause)")
        }
        let evaluations = results.compactMap { result in
            Evaluation(result, plugins: files(result.subject.entry)?.map { String($0.split(separator: "/").last ?? "") })
        }
        if !figure.isEmpty, !shared.json {
            try check(results)
            let table = try FigureTable.table(of: results, figures: figure, store: store)
            return try Console.output(table.textTable.rendered(for: .standardOutput))
        }
        if probes.map(\.name) == ["error"] {
            if !evaluations.isEmpty || shared.json {
                try shared.emit(evaluations, or: ResultTables.table(of: evaluations).rendered(for: .standardOutput))
            }
            return
        }
        var tables: [String] = []
        if !evaluations.isEmpty { tables.append(ResultTables.table(of: evaluations).rendered(for: .standardOutput)) }
        for probe in probes where probe.name != "error" {
            let measured = results.filter { $0.subject.probe == probe.name && $0.status == .measured }
            guard !measured.isEmpty else { continue }
            let figures = try ResultTables.figures(of: measured, curves(of: measured, store))
            tables.append("\(probe.name)\n" + figures.rendered(for: .standardOutput))
        }
        try shared.emit(results.map(ResultDescription.init), or: tables.joined(separator: "\n"))
    }
}
