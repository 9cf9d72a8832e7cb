import ArgumentParser
import ZooCore
import ZooData
import ZooReport

struct DataGetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Download data sets, and check them by their published checksums.",
        discussion: discussion(
            """
            A file that is there already is checked and kept. A download that was interrupted goes on where it stopped. No file is \
            overwritten. Without --data-dir and $ZOO_DATA, the data directory is data/ beside the manifest, which is made if it is not there.
            """,
            examples: [
                "zoo data get mnist": "into the data directory",
                "zoo data get kmnist --data-dir /data": "into another one",
            ]))

    @Argument(
        help: ArgumentHelp("Sets that 'zoo data list' lists, or the zoo's data sets that are made of them.", valueName: "name"),
        completion: Completions.downloads)
    var names: [String]

    @Option(
        help: ArgumentHelp(
            "Where to get them from in place of the listed places: a URL or a folder with the sets' folders, or with the files.",
            valueName: "url"))
    var from: String?

    @OptionGroup var shared: PublishedDataOptions

    func validate() throws { try refuseEmpty(("--from", from, "a URL or a folder")) }

    private struct Answer: Encodable {
        let name, folder, terms: String
        let files: [Downloader.Outcome]
        var fetched: Int { files.map(\.fetched).reduce(0, +) }
    }

    func run() throws {
        Signals.install()
        shared.announceData()
        let list = try shared.sets()
        var sets: [PublishedSet] = []
        // A name that is wrong is told before anything is downloaded.
        for name in names {
            let set = try list.find(name)
            if !sets.contains(set) { sets.append(set) }
        }
        let directory = try directory()
        let downloader = try Downloader(directory: directory, mirror: from, listener: Listener(shared))
        var (answers, failures) = ([Answer](), Failures())
        for set in sets {
            if set.presence(in: directory) != .complete {
                let size = set.files.contains { $0.size == nil } ? "of unknown size" : "\(megabytes(set.size)) MB"
                shared.note("\(set.name): up to \(counted(set.files.count)), \(size), to \(directory)/\(set.folder); \(set.terms)")
            }
            do {
                answers.append(
                    Answer(
                        name: set.name, folder: "\(directory)/\(set.folder)", terms: set.terms, files: try downloader.get(set)))
            } catch {
                failures.report(error)
                if error is Interrupted { break }
            }
        }
        let lines = answers.map { answer in
            let there = answer.files.count { $0.from == nil }
            let fetched = there == answer.files.count ? "was there before" : "\(megabytes(answer.fetched)) MB downloaded"
            return "\(answer.name): \(counted(answer.files.count)) in \(answer.folder), with the published checksums; \(fetched)\n"
        }
        try shared.emit(answers, or: lines.joined())
        try failures.conclude()
    }

    private func counted(_ files: Int) -> String { "\(files) file\(files == 1 ? "" : "s")" }

    /// Where they go: the directory that is read, or the first of those that would be.
    private func directory() throws -> String {
        switch DataDirectory.choice(shared.data.dataDir) {
        case .named(let path), .usual(let path): return path
        case .none(let places):
            guard let first = places.first else {
                throw HostError(.usage, "there is no manifest to put data beside; name a directory with --data-dir or ZOO_DATA")
            }
            return first
        }
    }

    /// Progress bars, and the first Ctrl-C.
    private final class Listener: DownloadListener {
        private let shared: PublishedDataOptions
        private let progress: any ProgressListener

        init(_ shared: PublishedDataOptions) {
            self.shared = shared
            progress = shared.progress
        }

        func begin(_ label: String, total: Int?, unit: String) { progress.begin(label, total: total ?? 0, unit: unit) }
        func advance(_ by: Int) { progress.advance(by) }
        func finish() { progress.finish() }
        func note(_ text: String) { shared.note(text) }
        var isStopped: Bool { Interrupt.isRequested }
        func stop(_ hint: String) throws { try Interrupt.check(hint) }
    }
}
