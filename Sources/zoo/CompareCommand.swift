import ArgumentParser
import ZooCore
import ZooJobs
import ZooManifest
import ZooReport
import ZooStatistics

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Say which of several entries is better, and how sure that is, from stored results.",
        discussion: discussion(
            """
            Nothing is measured: what is not stored is named, with the command that makes it. Entries are compared on the same test \
            images and with the same seeds; p-values are corrected for the number of pairs. docs/statistics.md explains the figures.
            """,
            examples: [
                "zoo compare cnn stn-c0": "the difference, its interval and its p-value",
                "zoo compare cnn stn-c0 stn-c1 --reference cnn": "all with the first",
            ]))

    @Argument(help: ArgumentHelp("Ids of two entries or more.", valueName: "entry"), completion: Completions.entries)
    var entries: [String]

    @Option(
        help: ArgumentHelp("Compare all others with this one, instead of all pairs.", valueName: "entry"), completion: Completions.entries)
    var reference: String?

    @Flag(help: "List the test images that only one of a pair gets.")
    var images = false

    @Option(help: ArgumentHelp("Number of classes to show for each pair, those that differ most.", valueName: "n"))
    var classes = 3

    @Option(help: ArgumentHelp("Number of resamples of the bootstrap.", valueName: "n"))
    var resamples = 10_000

    @OptionGroup(title: "Stored results") var stored: StoredOptions

    @OptionGroup var shared: ManifestOptions

    func validate() throws {
        try stored.check(shared)
        if Set(entries).count < 2 { throw ValidationError("name two different entries or more") }
        if !(100...10_000_000).contains(resamples) { throw ValidationError("--resamples is \(resamples), expected 100 to 10000000") }
        if !(0...100_000).contains(classes) { throw ValidationError("--classes is \(classes), expected 0 to 100000") }
    }

    func run() throws {
        let manifest = try shared.readManifest()
        var named: [String] = []
        for id in entries + (reference.map { [$0] } ?? []) where !named.contains(id) { named.append(try manifest.entry(id).id) }
        let whole = try stored.open(manifest)
        let source = whole.comparable(named, figure: whole.figureName("error"), seeds: stored.seeds, reference: reference)
        let missing = named.compactMap { source.missing($0, seeds: stored.seeds) }
        var failures = Failures()
        for gap in missing { failures.report(HostError(.noInput, gap.description)) }
        let found = try named.compactMap { try source.samples(of: $0, seeds: stored.seeds) }
        for part in source.leftOut {
            // Results left out of an entry that is compared are only a warning.
            if found.contains(where: { $0.entry == part.entry }) {
                shared.warn("\(part)")
            } else {
                failures.report(HostError(.noInput, part.description))
            }
        }
        var settings = Comparison.Settings()
        settings.level = stored.level
        settings.resamples = resamples
        if found.count > 1, reference.map({ base in found.contains { $0.entry == base } }) ?? true {
            let comparisons = try Comparison.all(found, reference: reference, settings)
            let table = ComparisonTables.pairs(comparisons)
            let names = try source.classNames(of: named)
            try stored.emit(table, ComparisonReport(source, comparisons, classNames: names, missing: missing), shared) { terminal in
                let perClass = ComparisonTables.classes(comparisons, most: classes, names: names)
                var text = ComparisonTables.heading(comparisons, dataset: source.dataset, pose: source.pose) + "\n"
                text += table.textTable.rendered(for: terminal)
                if !perClass.rows.isEmpty { text += "\nclasses that differ most\n" + perClass.textTable.rendered(for: terminal) }
                if images { text += "\n" + ComparisonTables.images(comparisons) }
                return text
            }
        } else if shared.json {
            try shared.emit(ComparisonReport(source, [], classNames: [], missing: missing), or: "")
        }
        try failures.conclude()
    }
}
