public import Foundation
import Mustache
import ZooCore
import ZooJobs
public import ZooReport
import ZooStore

/// A report as one HTML page that needs nothing else: no network, no other file.
///
///     let html = try ReportPage(plots: PlotLibrary.find(beside: folder)).html(report)
///
/// Templates are part of the program. Whatever comes from a store or a manifest is text in them and escaped; only numbers, JSON and what
/// is part of the program are not.
public struct ReportPage {
    private let plots: PlotLibrary?
    private let library: MustacheLibrary

    /// - Parameter plots: draws the plots; without it the page has tables instead, and says so.
    public init(plots: PlotLibrary?) throws {
        self.plots = plots
        let sources: [String: [UInt8]] = [
            "page": PackageResources.page_mustache, "board": PackageResources.board_mustache, "study": PackageResources.study_mustache,
            "entry": PackageResources.entry_mustache, "plot": PackageResources.plot_mustache, "table": PackageResources.table_mustache,
            "theorem": PackageResources.theorem_mustache, "pictures": PackageResources.pictures_mustache,
        ]
        library = MustacheLibrary(templates: try sources.mapValues { try MustacheTemplate(string: String(decoding: $0, as: UTF8.self)) })
    }

    /// The style sheet of pages, for others that are to look like them.
    public static var styleSheet: Data { Data(PackageResources.page_css) }

    /// - Parameter pictures: what transformers made of images; nil where none were made.
    public func html(_ report: Report, pictures: PictureGallery? = nil) throws -> String {
        var page = try view(report, pictures)
        page["css"] = String(decoding: PackageResources.page_css, as: UTF8.self)
        page["js"] = String(decoding: PackageResources.page_js, as: UTF8.self)
        // The parser of HTML ends a script at the first such tag, wherever it stands.
        if let plots { page["vega"] = ScriptText.embedded(plots.script) }
        return library.render(page, withTemplate: "page") ?? ""
    }

    private func view(_ report: Report, _ pictures: PictureGallery?) throws -> View {
        let anchors = Anchors(report)
        let isDrawn = plots != nil
        let boards = try rendered(report.boards.count, "board") { index in
            try BoardView(report.boards[index], id: "board-\(index + 1)", anchors: anchors, level: report.level, isDrawn: isDrawn).view
        }
        let entries = try rendered(report.entries.count, "entry") { report.entries[$0].view(anchors) }
        let studies = report.studies.enumerated().map { StudyView($1, id: "study-\($0 + 1)", level: report.level).view }
        let learning = try report.learning.enumerated().map { index, learning in
            try learning.plot("learning-\(index + 1)", level: report.level).view(isDrawn: isDrawn)
        }
        let missing = missing(report, pictures)
        var sections: [View] = []
        for (index, study) in report.studies.enumerated() {
            sections.append(["anchor": "study-\(index + 1)", "name": "\(study.id), \(study.budget)"])
        }
        for (index, board) in report.boards.enumerated() { sections.append(["anchor": "board-\(index + 1)", "name": board.shortName]) }
        if pictures?.groups.isEmpty == false { sections.append(["anchor": "pictures", "name": "Pictures"]) }
        if !learning.isEmpty { sections.append(["anchor": "learning", "name": "Learning"]) }
        if !report.theorems.isEmpty { sections.append(["anchor": "theorem", "name": "Theorem"]) }
        sections.append(["anchor": "entries", "name": "Entries"])
        let style = Date.FormatStyle(date: .long, time: .shortened, locale: Locale(identifier: "en_GB"), timeZone: .gmt)
        return [
            "title": "Spatial transformer networks, measured",
            "lead":
                "Every entry was trained and measured by the same code on the same images. Intervals are of \(percent(report.level)), "
                + "and tests are corrected for their number.",
            "tiles": tiles(report), "sections": sections, "hasChooser": isDrawn && report.entries.count > 1,
            "plotNote": section(
                !isDrawn
                    ? "The library that draws plots was not at hand when this page was made, so its figures stand in tables. "
                        + Program.cure("'make report' gets it.", installed: "'zoo report' takes it from a file that you name.")
                    : nil),
            "pictures": pictures.map { $0.groups.isEmpty ? [] : [$0.view] } ?? [], "studies": studies, "boards": boards,
            "hasLearning": !learning.isEmpty,
            "learning": learning, "hasTheorems": !report.theorems.isEmpty, "theorems": report.theorems.map(\.view),
            "entries": entries, "hasMissing": !missing.isEmpty, "missing": missing,
            "foot":
                "Made on \(report.date.formatted(style)) (UTC) by zoo \(report.zoo) from \(report.stores.joined(separator: ", ")). "
                + "This page holds all that it shows and asks no server for anything.",
            "entryNames": try ScriptText.json(report.entries.map(\.id)),
        ]
    }

    /// The parts of the page that take longest in a large report, as HTML, several at once.
    private func rendered(_ count: Int, _ template: String, _ view: @Sendable (Int) throws -> View) throws -> [String] {
        let library = library
        return try concurrentMap(count) { index in
            Result { library.render(try view(index), withTemplate: template) ?? "" }
        }.map { try $0.get() }
    }

    private func tiles(_ report: Report) -> [View] {
        let lines = report.entries.flatMap(\.provenance)
        let seconds = lines.reduce(0) { $0 + $1.seconds }
        let time = seconds < 3600 ? "\(shown(seconds / 60, 1)) minutes" : "\(shown(seconds / 3600, 1)) hours"
        let claims = report.studies.flatMap(\.claims)
        var tiles: [View] = [
            ["name": "entries", "value": "\(report.entries.count)"],
            ["name": "data sets", "value": "\(Set(report.boards.map(\.dataset)).count)"],
            ["name": "results", "value": "\(report.results)"], ["name": "computed in", "value": time],
        ]
        if !claims.isEmpty {
            let decided = claims.count { $0.result.verdict != .undecided }
            tiles.append(["name": "claims decided", "value": "\(decided) of \(claims.count)"])
        }
        return tiles
    }

    private func missing(_ report: Report, _ pictures: PictureGallery?) -> [View] {
        func line(_ text: String, _ command: String = "") -> View { ["text": text, "command": section(command)] }
        var list = report.notes.map { line($0) }
        for board in report.boards {
            for gap in board.unmeasured {
                list.append(line("No results of the probe \(gap.probe) are stored for \(board.shortName).", gap.command))
            }
            for part in board.leftOut {
                let seeds = part.seeds.map { "\($0)" }.joined(separator: ", ")
                list.append(line("\(part.entry), seed \(seeds), is left out of \(board.shortName): \(part.reason).", part.command))
            }
        }
        if report.boards.isEmpty {
            let command = SuggestedCommand.evaluate(.init())
            list.append(line("No errors on whole test sets are stored, so there is no leaderboard.", "\(command)"))
        }
        if report.theorems.isEmpty {
            let command = SuggestedCommand.evaluate(.init(probe: "equivariance"))
            list.append(line("No results of the probe equivariance are stored.", "\(command)"))
        }
        if report.learning.isEmpty { list.append(line("No training runs are stored, so there are no learning curves.")) }
        if pictures == nil {
            list.append(line("No pictures were made: they need the engine, weights and images, and can be left out."))
        }
        return list + (pictures?.remarks ?? []).map { line($0) }
    }
}

/// What a template is filled with. Mustache takes a dictionary too, but its conformance, which depends on the type of the keys, is
/// looked up at length for every value on the page.
struct View: MustacheParent, ExpressibleByDictionaryLiteral {
    private var values: [String: Any]

    init(dictionaryLiteral elements: (String, Any)...) { values = Dictionary(elements) { _, last in last } }

    subscript(name: String) -> Any? {
        get { values[name] }
        set { values[name] = newValue }
    }

    func child(named name: String) -> Any? { values[name] }
}

/// A text whose section is left out where it is empty: to Mustache an empty text is there.
func section(_ text: String?) -> Any {
    guard let text, !text.isEmpty else { return NSNull() }
    return text
}

/// Names of places in a page. Ids of entries may hold anything, so places are numbered.
struct Anchors {
    private let places: [String: Int]

    init(_ report: Report) {
        places = Dictionary(report.entries.enumerated().map { ($1.id, $0 + 1) }, uniquingKeysWith: { first, _ in first })
    }

    subscript(entry: String) -> String { "entry-\(places[entry] ?? 0)" }
}

extension Report.Board {
    /// "mnist-rotated", "mnist-rotated, untrained"
    var shortName: String {
        var name = dataset
        if trainedOn != dataset { name += ", trained on \(trainedOn)" }
        if origin == .initial { name += ", untrained" }
        return name
    }
}
