import ArgumentParser
import ZooData
import ZooReport

struct DataListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the data sets that can be downloaded: their size, their terms, and what is here already.",
        discussion: discussion(
            "What is here is told by names and sizes of files. 'zoo list datasets' lists all data sets that the zoo knows.",
            examples: [
                "zoo data list": "sizes, terms, and what is here"
            ]))

    @OptionGroup var shared: PublishedDataOptions

    func run() throws {
        shared.announceData()
        let choice = DataDirectory.choice(shared.data.dataDir)
        let sets = try shared.sets().sets.map { PublishedSetDescription($0, in: choice.path) }
        try shared.emit(sets, or: Listing.table(of: sets).rendered(for: .standardOutput))
        if !shared.json { shared.note("data directory: \(choice)") }
    }
}
