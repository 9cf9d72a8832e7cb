import Foundation
import ZooManifest
import ZooReport
import ZooStore

extension Report.EntryCard {
    /// The values of the template "entry".
    func view(_ anchors: Anchors) -> View {
        let papers = (description?.papers ?? []).map { paper -> View in
            let number = paper.hasPrefix("arXiv:") ? String(paper.dropFirst("arXiv:".count)) : ""
            let isNumber =
                !number.isEmpty && number.allSatisfy { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "/" || $0 == "-" || $0.isLetter) }
            return ["name": paper, "url": section(isNumber ? "https://arxiv.org/abs/\(number)" : nil)]
        }
        return [
            "id": id, "anchor": anchors[id], "summary": description?.summary ?? "No manifest at hand describes this entry.",
            "problem": section(description?.problem.map { "It cannot be built here: \($0)." }), "facts": section(facts),
            "drawing": section(description?.drawing),
            "tables": [wiring, recipes, weights, published, pluginTable, provenanceTable].filter { !$0.table.rows.isEmpty }.map {
                $0.table.view(caption: $0.caption)
            },
            "limits": section(description?.weights.isEmpty == false ? ModelCard.limits : nil), "licence": ModelCard.licence,
            "hasPapers": !papers.isEmpty, "papers": papers,
        ]
    }

    private var facts: String {
        guard let parameters = description?.parameters, let input = description?.input, let classes = description?.classes else {
            return ""
        }
        let size = input.map(String.init).joined(separator: "×")
        return "\(grouped(parameters)) parameters for \(classes) classes of \(size) images."
    }

    private var wiring: (caption: String, table: DataTable) {
        var table = DataTable([
            .text("slot", "slot"), .text("kind", "kind"), .text("component", "component"), .text("settings", "settings"),
        ])
        for part in description?.wiring ?? [] {
            let settings = part.settings.sorted { $0.key < $1.key }.map { "\($0.key) \(Listing.shown($0.value))" }
            table.append([.text(part.slot ?? "–"), .text(part.kind), .text(part.id), .text(settings.joined(separator: ", "))])
        }
        return ("Wiring", table)
    }

    private var recipes: (caption: String, table: DataTable) {
        var table = DataTable([
            .text("dataset", "data set"), .text("optimizer", "optimizer"), .text("rate", "learning rate"), .text("schedule", "schedule"),
            .integer("epochs", "epochs"), .integer("batch", "batch"),
        ])
        for (name, recipe) in (description?.recipes ?? [:]).sorted(by: { $0.key < $1.key }) {
            table.append([
                .text(name), .text(recipe.optimizer.rawValue),
                .text("\(recipe.learningRate)" + (recipe.localizationRate == 1 ? "" : ", localization × \(recipe.localizationRate)")),
                .text(recipe.schedule.rawValue), .integer(recipe.epochs), .integer(recipe.batch),
            ])
        }
        return ("Recipe", table)
    }

    private var weights: (caption: String, table: DataTable) {
        var table = DataTable([.text("dataset", "trained on"), .text("seed", "seed"), .text("file", "file"), .text("sum", "SHA-256")])
        for weights in description?.weights ?? [] {
            table.append([
                .text(weights.dataset), .text("\(weights.seed)"), .text(weights.file), .text(weights.sha256.prefix(12) + "…"),
            ])
        }
        return ("Weights that come with the zoo", table)
    }

    private var published: (caption: String, table: DataTable) {
        var table = DataTable([
            .text("dataset", "data set"), .text("metric", "metric"), .number("value", "value", decimals: 4),
            .number("spread", "spread", decimals: 4),
            .text("source", "source"), .text("note", "note"),
        ])
        for figure in description?.published ?? [] {
            table.append([
                .text(figure.dataset), .text(figure.metric), .number(figure.value), figure.spread.map { .number($0) } ?? .missing,
                .text(figure.source), figure.note.isEmpty ? .missing : .text(figure.note),
            ])
        }
        return ("Published figures", table.withoutEmptyColumns)
    }

    private var pluginTable: (caption: String, table: DataTable) {
        var table = DataTable([
            .text("plugin", "plugin"), .text("version", "version"), .text("licence", "licence"), .text("summary", "summary"),
        ])
        for plugin in plugins { table.append([.text(plugin.id), .text(plugin.version), .text(plugin.licence), .text(plugin.summary)]) }
        return ("Plugins", table)
    }

    private var provenanceTable: (caption: String, table: DataTable) {
        var table = DataTable([
            .text("dataset", "data set"), .text("trained", "trained on"), .text("probe", "probe"), .text("seeds", "seeds"),
            .text("date", "last on"),
            .number("seconds", "seconds in all", decimals: 1), .text("engine", "engine"), .text("machine", "processor"),
            .text("weights", "SHA-256 of the weights"), .text("command", "command"),
        ])
        for line in provenance {
            table.append([
                .text(line.dataset), .text(line.origin == .initial ? "untrained" : line.trainedOn), .text(line.probe),
                .text(line.seeds.map(String.init).joined(separator: ", ")),
                .text(line.date.formatted(.iso8601.year().month().day())), .number(line.seconds), .text("\(line.engine), zoo \(line.zoo)"),
                .text("\(line.processor), \(line.instructions.isEmpty ? "" : line.instructions + ", ")\(line.threads) threads"),
                line.weights.isEmpty ? .missing : .text(line.weights.map { $0.prefix(12) + "…" }.joined(separator: " ")),
                .text(line.command),
            ])
        }
        return ("Provenance of the stored results", table.withoutEmptyColumns)
    }
}
