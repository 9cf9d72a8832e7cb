import ArgumentParser
import Foundation
import ZooCore
import ZooData
import ZooHost
import ZooManifest
import ZooPages
import ZooReport

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Write what is stored as one page to look at: leaderboards, claims, curves, pictures.",
        discussion: discussion(
            """
            Nothing is measured. The page is one HTML file that opens from disk and asks no server for anything. Pictures of what the \
            transformers make of test images are drawn from the weights that are at hand. Other formats hold the tables alone.
            """,
            examples: [
                "zoo report": "zoo-report.html",
                "zoo report cnn stn-c0 --format md": "their tables as Markdown",
            ]))

    enum Format: String, ExpressibleByArgument, CaseIterable { case html, md, latex, csv }

    @Argument(help: ArgumentHelp("Ids of entries. Default: all that have results.", valueName: "entry"), completion: Completions.entries)
    var entries: [String] = []

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("The file to write. Default: zoo-report.html; of other formats the standard output.", valueName: "file"),
        completion: .file())
    var file: String?

    @Option(help: "What to write: html, or the tables as md, latex or csv.")
    var format = Format.html

    @Option(
        help: ArgumentHelp("Where results are stored. Repeatable. Default: results/zoo.sqlite.", valueName: "file"),
        completion: .file(extensions: ["sqlite"]))
    var store: [String] = []

    @Option(help: ArgumentHelp("Confidence level in percent; tests use its complement.", valueName: "percent"))
    var confidence = 95.0

    @Option(
        help: ArgumentHelp(
            "The library that draws plots: a file. Default: $ZOO_PLOTS, or where the set-up puts it.", valueName: "file"),
        completion: .file(extensions: ["js"]))
    var plots: String?

    @Flag(name: .customLong("no-pictures"), help: "Draw no pictures, which take the engine and the weights.")
    var withoutPictures = false

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp("The number of a test image, from 0, to draw. Repeatable. Default: one of class 4.", valueName: "n"))
    var image: [Int] = []

    @OptionGroup var shared: ExperimentOptions

    func validate() throws {
        if !(50...99.99).contains(confidence) { throw ValidationError("--confidence is \(confidence), expected 50 to 99.99") }
        if shared.json, format != .html { throw ValidationError("--json and --format exclude each other") }
        if plots != nil, format != .html { throw ValidationError("--plots goes with --format html") }
        if !image.isEmpty, withoutPictures || format != .html { throw ValidationError("--image goes with pictures") }
        try refuseEmpty(("--output", file, "a file"), ("--plots", plots, "a file"))
        for path in store { try refuseEmpty(("--store", path, "a file")) }
    }

    func run() throws {
        let manifest = try shared.readManifest()
        let host = try shared.findPlugins(threads: shared.threads, startingEngine: false)
        let catalogue = Catalogue(host: host, manifest: manifest, dataSets: try DataSetCatalogue(manifest))
        let reader = try ReportReader(store.isEmpty ? ["results/zoo.sqlite"] : store, manifest: manifest, level: confidence / 100)
        let report = try reader.report(of: entries, catalogue)
        if shared.json, file == nil { return try shared.emit(report, or: "") }
        let text = try text(report, host, manifest)
        guard format == .html || file != nil else { return try Console.output(text) }
        let path = file ?? "zoo-report.html"
        try FileBytes.writeAtomically([Data(text.utf8)], to: path)
        try shared.emit(["file": path], or: path + "\n")
    }

    private func text(_ report: Report, _ host: HostRuntime, _ manifest: Manifest) throws -> String {
        switch format {
        case .html:
            let gallery = try withoutPictures ? nil : pictures(of: report, host, manifest)
            return try ReportPage(plots: library()).html(report, pictures: gallery)
        case .md: return report.markdown
        case .latex: return report.latex
        case .csv: return report.csv
        }
    }

    /// nil where there is no engine: a page can be made without.
    private func pictures(of report: Report, _ host: HostRuntime, _ manifest: Manifest) throws -> PictureGallery? {
        try shared.computing.engine.choose()
        if let problem = engineProblem(host) {
            guard problem.kind == .unavailable else { throw problem }
            shared.warn("there are no pictures: \(problem.message)")
            return nil
        }
        Signals.install()
        return try PictureMaker(laboratory: shared.laboratory(host, manifest)).gallery(of: report, images: image, progress: shared.progress)
    }

    private func engineProblem(_ host: HostRuntime) -> HostError? {
        do throws(HostError) {
            try host.startEngine()
            return nil
        } catch { return error }
    }

    private func library() throws -> PlotLibrary? { try PlotLibrary.chosen(plots, shared) }
}

extension PlotLibrary {
    /// The library in that file, else in the environment's, else where the set-up has put it; nil where it is not.
    static func chosen(_ file: String?, _ shared: some LaboratoryGroup) throws -> PlotLibrary? {
        if let file { return try PlotLibrary(path: file) }
        if let named = ProcessInfo.processInfo.environment["ZOO_PLOTS"], !named.isEmpty { return try PlotLibrary(path: named) }
        return try find([usualPath, installedPath].flatMap(shared.besideTheManifests))
    }
}
