import ArgumentParser
import ZooCore
import ZooReport
import ZooStore

struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Add the results of other stores, of other machines for example, to this one.",
        discussion: discussion(
            """
            Nothing is overwritten, and what is here already is not added again. The others are only read. A file that is no store is \
            named, and the rest is merged; so is the store itself among them left out.
            """,
            examples: [
                "zoo merge other/results/zoo.sqlite": "into results/zoo.sqlite"
            ]))

    @Argument(help: ArgumentHelp("Result stores.", valueName: "file"), completion: .file(extensions: ["sqlite"]))
    var files: [String]

    @Flag(
        help: """
            Add only what a published store needs: current results, with answers per image but without losses, and with poses per \
            image of seed 0 only, in single precision.
            """)
    var compact = false

    @OptionGroup(title: "Output") var shared: OutputOptions
    @OptionGroup(title: "Runs and results") var stored: StoreOptions

    private struct Answer: Encodable {
        let file: String
        let added, known: Int
    }

    func run() throws {
        Signals.install()
        var answers: [Answer] = []
        var failures = Failures()
        var rest = files[...]
        /// Opens the next store that can be read; one at a time, as there may be more than a process may have open.
        func next() -> (file: String, store: ResultStore)? {
            while let file = rest.popFirst() {
                if ResultStore.areSame(file, stored.path) {
                    shared.note("\(file): is the store that is added to; left out")
                    continue
                }
                do { return (file, try ResultStore(reading: file)) } catch { failures.report(error) }
            }
            return nil
        }
        if let first = next() {
            // What is wrong with the target is wrong for all of them.
            try ResultStore.gathering(stored.path) { target in
                var other: (file: String, store: ResultStore)? = first
                while let (file, store) = other, !Interrupt.isRequested {
                    do {
                        let (added, known) = try target.merge(store, extent: compact ? .compact : .whole)
                        answers.append(Answer(file: file, added: added, known: known))
                    } catch { failures.report(error) }
                    other = next()
                }
            }
        }
        let lines = answers.map { "\($0.file): \($0.added) results added, \($0.known) known\n" }
        try shared.emit(answers, or: lines.joined())
        try failures.conclude()
        try Interrupt.check("the same command adds the rest")
    }
}
