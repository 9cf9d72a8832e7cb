import ArgumentParser
import ZooHost
import ZooReport
import ZooStore

struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Add the results of other stores, of other machines for example, to this one.",
        discussion: "Nothing is overwritten, and what is here already is not added again.")

    @Argument(help: ArgumentHelp("Result stores.", valueName: "file"))
    var files: [String]

    @OptionGroup var shared: SharedOptions

    private struct Answer: Encodable {
        let file: String
        let added, known: Int
    }

    func run() throws {
        shared.startLogging()
        let others = try files.map { try ResultStore(path: $0, creating: false) }
        let store = try ResultStore(path: shared.store)
        var answers: [Answer] = []
        for other in others {
            let (added, known) = try store.merge(other)
            answers.append(Answer(file: other.path, added: added, known: known))
        }
        let lines = answers.map { "\($0.file): \($0.added) results added, \($0.known) known\n" }
        try shared.emit(answers, or: lines.joined())
    }
}
