import ArgumentParser
import Foundation
import ZooCore
import ZooData
import ZooJobs
import ZooManifest
import ZooProbes
import ZooReport
import ZooStore

struct ReproduceCommand: SweepableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reproduce", abstract: "Carry out studies: train, measure, and say which of their claims the results support.",
        discussion: discussion(
            """
            Without a name, lists the studies. A study (Protocols/NAME.json) says what is trained on what, with how many epochs and seeds \
            at each budget, and which claims are tested. What is stored is not done again, and an interrupted command goes on where it \
            stopped. docs/reproduce.md explains studies.
            """,
            examples: [
                "zoo reproduce": "the studies there are",
                "zoo reproduce finnveden2020-mnist-r --budget smoke": "the smallest form of one",
            ]))

    @Argument(help: ArgumentHelp("Names of studies, or files.", valueName: "study"), completion: Completions.studies)
    var studies: [String] = []

    @Flag(help: "Every study.")
    var all = false

    @Option(help: ArgumentHelp("How much it may cost: smoke, cpu, full, or another budget of the study.", valueName: "name"))
    var budget = "cpu"

    @Flag(help: "Choose the learning rates anew by the study's rule, instead of taking those that stand in it.")
    var choose = false

    @Flag(name: .customLong("stored"), help: "Train and measure nothing: report what is stored.")
    var storedOnly = false

    @Option(
        help: ArgumentHelp("Also write the report of all these studies as a Markdown document.", valueName: "file"), completion: .file())
    var markdown: String?

    @Option(
        help: ArgumentHelp("Also write a model card, NAME.md, of every entry with weights that these studies train.", valueName: "dir"),
        completion: .directory)
    var cards: String?

    @OptionGroup(title: "Jobs") var jobOptions: JobOptions
    @OptionGroup var shared: ExperimentOptions
    @OptionGroup(title: "Runs and results") var stored: StoreOptions

    func validate() throws {
        if all, !studies.isEmpty { throw ValidationError("--all and names of studies exclude each other") }
        if choose, storedOnly { throw ValidationError("--choose and --stored exclude each other") }
        for (option, value) in [("--markdown", markdown), ("--cards", cards)] where value != nil && studies.isEmpty && !all {
            throw ValidationError("\(option): name studies, or use --all")
        }
        try refuseEmpty(("--markdown", markdown, "a file"), ("--cards", cards, "a directory"))
    }

    static let jobsPerTask = 1

    func options(cpus: Int) -> [String] {
        jobOptions.jobs == nil && shared.devices.isCPU ? ["--jobs", "\(max(1, cpus / (shared.threads ?? 1)))"] : []
    }

    /// The trainings; a task measures what it has trained.
    func openJobs() throws -> Plan {
        if studies.isEmpty, !all { throw ValidationError("name studies, or use --all") }
        for (option, isThere) in [
            ("--choose", choose), ("--stored", storedOnly), ("--markdown", markdown != nil), ("--cards", cards != nil),
        ]
        where isThere { throw ValidationError("\(option) does not go with 'zoo submit'") }
        let manifest = try shared.readManifest()
        let shelf = StudyShelf(beside: manifest)
        let store = try stored.open(reading: true)
        let host = try shared.host()
        var plan = Plan()
        for study in try all ? shelf.all() : studies.map({ try shelf.study($0) }) {
            let run = try StudyRun(study, budget: budget, manifest: manifest)
            let planner = try JobPlanner(laboratory: shared.laboratory(host, run.manifest), store: store, threads: shared.threads ?? 1)
            plan += try JobSession(shared, store: store, planner: planner).rest(of: run.training(planner), force: false)
        }
        return plan
    }

    func run() throws {
        let manifest = try shared.readManifest()
        let shelf = StudyShelf(beside: manifest)
        if studies.isEmpty, !all { return try list(shelf) }
        let wanted = try all ? shelf.all() : studies.map { try shelf.study($0) }
        var runs = try wanted.map { try StudyRun($0, budget: budget, manifest: manifest) }
        let store = try stored.open(reading: storedOnly || jobOptions.plan)
        var failures = Failures()
        if !storedOnly {
            let host = try shared.host()
            // One thread per training: two at once are faster than one with two, and results do not depend on the number of cores.
            let threads = shared.threads ?? 1
            func planner(of run: StudyRun) throws -> JobPlanner {
                try JobPlanner(laboratory: shared.laboratory(host, run.manifest), store: store, threads: threads)
            }
            if jobOptions.plan {
                var plan = Plan()
                for run in runs { plan += try run.training(planner(of: run)) }
                return try JobSession(shared, store: store, planner: planner(of: runs[0])).show(
                    jobOptions.part(of: plan), shared, force: false)
            }
            Signals.install()
            for index in runs.indices {
                var work = StudyWork(
                    shared: shared, store: store, planner: try planner(of: runs[index]), jobs: jobOptions,
                    scheduler: jobOptions.scheduler(
                        try shared.workerArguments(runs[index].manifest, threads: threads, host),
                        workers: jobOptions.workers(on: shared.devices), on: shared.devices, countsSilenceOnly: true))
                try work.carryOut(&runs[index], choose: choose)
                failures.add(work.failures)
                if Interrupt.isRequested { break }
            }
        }
        let results = try runs.map { run in
            let results = try StudyResults(store, run)
            return (results: results, claims: try results.claims())
        }
        if shared.json {
            try shared.emit(results.map { StudyReport($0.results, $0.claims) }, or: "")
        } else {
            try Console.output(results.map { text($0.results, $0.claims) }.joined(separator: "\n"))
        }
        try write(results)
        try failures.conclude()
    }

    /// The documents that were asked for.
    private func write(_ results: [(results: StudyResults, claims: [ClaimResult])]) throws {
        let names = all ? ["--all"] : results.map { shellWord($0.results.run.study.id) }
        let command = "zoo reproduce \(names.joined(separator: " ")) --budget \(budget) --stored"
        if let markdown {
            let document = StudyMarkdown.document(results, command: command + " --markdown \(shellWord(markdown))")
            try FileBytes.writeAtomically([Data(document.utf8)], to: markdown)
        }
        guard let cards else { return }
        do { try FileManager.default.createDirectory(atPath: cards, withIntermediateDirectories: true) } catch {
            throw HostError(.cantCreate, "\(cards): the folder of cards cannot be created")
        }
        var entries: [Entry] = []
        for entry in results.flatMap(\.results.run.entries) where !entries.contains(where: { $0.id == entry.id }) { entries.append(entry) }
        for entry in entries {
            let card = try ModelCard.document(
                of: entry, in: results.map(\.results), command: command + " --cards \(shellWord(cards))")
            guard let card else { continue }
            try FileBytes.writeAtomically([Data(card.utf8)], to: "\(cards)/\(entry.id).md")
        }
    }

    private func list(_ shelf: StudyShelf) throws {
        let found = try shelf.all()
        var table = DataTable([
            .text("study", "study"), .text("budgets", "budgets"), .integer("claims", "claims"), .text("title", "what it is"),
        ])
        for study in found {
            table.append([
                .text(study.id), .text(study.budgets.map(\.name).joined(separator: " ")), .integer(study.claims.count), .text(study.title),
            ])
        }
        try shared.emit(found.map(StudySummary.init), or: table.textTable.rendered(for: .standardOutput))
    }

    private func text(_ results: StudyResults, _ claims: [ClaimResult]) -> String {
        let run = results.run
        var text = "\(run.study.id), budget \(run.budget.name): trained on \(run.dataSet.name)\n"
        text += StudyTables.results(results).textTable.rendered(for: .standardOutput)
        for (entry, seeds) in results.missing {
            text += "not trained: \(entry), seed \(seeds.map { "\($0)" }.joined(separator: ", "))\n"
        }
        if !claims.isEmpty { text += "\nclaims\n" + StudyTables.claims(claims).textTable.rendered(for: .standardOutput) }
        return text
    }

    /// A study in a listing.
    private struct StudySummary: Encodable {
        let id, title, source: String
        let budgets: [String]
        let claims: Int

        init(_ study: Study) {
            (id, title, source) = (study.id, study.title, study.source)
            (budgets, claims) = (study.budgets.map(\.name), study.claims.count)
        }
    }
}

/// A study carried out on the command line: the choice of rates, training, then measuring what is trained.
private struct StudyWork {
    let shared: ExperimentOptions
    let store: ResultStore
    let planner: JobPlanner
    let jobs: JobOptions
    let scheduler: Scheduler
    private(set) var failures = Failures()

    mutating func carryOut(_ run: inout StudyRun, choose: Bool) throws {
        if choose, let choice = run.study.choice { try self.choose(&run, choice) }
        if Interrupt.isRequested { return }
        try perform(jobs.part(of: run.training(planner)))
        if Interrupt.isRequested { return }
        let trained = Dictionary(
            uniqueKeysWithValues: try StudyResults(store, run).rows.map { ($0.entry, $0.trained.keys.sorted()) })
        // A task of a sweep measures what it has trained.
        let measuring = run.measuring(planner, trained: trained)
        try perform(RunningTask.current == nil ? jobs.part(of: measuring) : measuring)
    }

    private mutating func choose(_ run: inout StudyRun, _ choice: Study.Choice) throws {
        let (plan, trials) = try run.choosing(planner, by: choice)
        let results = try perform(jobs.part(of: plan))
        if Interrupt.isRequested { return }
        for decision in run.choose(trials, results) {
            func rates(_ recipe: Recipe) -> String { "\(recipe.learningRate) × \(recipe.localizationRate)" }
            let tried = decision.tried.map { "\(rates($0.recipe)): \($0.error.map { "\($0)" } ?? "failed")" }
            shared.note(
                "\(decision.entry): learning rate × localization rate \(rates(decision.recipe)); validation errors \(tried.joined(separator: ", "))"
            )
        }
    }

    @discardableResult
    private mutating func perform(_ plan: Plan) throws -> [String: StoredResult] {
        var session = JobSession(shared, store: store, planner: planner)
        try session.carryOut(plan, shared, on: scheduler, force: false)
        failures.add(session.failures)
        return session.results
    }
}
