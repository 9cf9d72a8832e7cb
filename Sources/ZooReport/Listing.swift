public import ZooCore
import ZooKit
import ZooManifest

/// Catalogues as text for people.
public enum Listing {
    /// One line per entry.
    public static func table(of entries: [EntryDescription]) -> TextTable {
        var table = TextTable([
            .init("entry"), .init("architecture"), .init("extractor"), .init("localization"), .init("family"), .init("transforms"),
            .init("placement"), .init("iterations", .right), .init("parameters", .right), .init("plugins"), .init("weights"),
            .init("paper"),
        ])
        for entry in entries {
            func part(_ kind: String) -> String {
                // By kind where the entry can be built; the slots' names are the kinds', unless an architecture has several.
                let found = entry.wiring.filter { $0.slot != nil && $0.kind == kind }.map(\.id)
                return found.isEmpty ? entry.parts[kind] ?? "" : found.joined(separator: ", ")
            }
            table.append([
                entry.id, entry.architecture, part("extractor"), part("localization"), part("transformer"),
                entry.target ?? "", entry.placement ?? "", entry.iterations.map(String.init) ?? "",
                entry.parameters.map { withCommas($0) } ?? "", entry.plugins.joined(separator: ", "),
                entry.weights.map(\.dataset).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.joined(separator: ", "),
                entry.paper,
            ])
        }
        return table
    }

    /// One line per component, in the order given: a catalogue's is by kind.
    public static func table(of components: [ComponentDescription]) -> TextTable {
        var table = TextTable([.init("kind"), .init("component"), .init("summary"), .init("plugin"), .init("paper")])
        var last = ""
        for component in components {
            table.append([
                component.kind == last ? "" : component.kind, component.id, component.summary, component.fileName, component.paper,
            ])
            last = component.kind
        }
        return table
    }

    /// One line per plugin.
    public static func table(of plugins: [PluginDescription]) -> TextTable {
        var table = TextTable([.init("plugin"), .init("version"), .init("licence"), .init("components"), .init("file"), .init("summary")])
        for plugin in plugins {
            table.append([
                plugin.id, plugin.version, plugin.licence, plugin.components.joined(separator: ", "), plugin.path, plugin.summary,
            ])
        }
        return table
    }

    // MARK: One thing, everything known

    public static func page(_ match: Catalogue.Match, for terminal: Terminal) -> String {
        let pages =
            match.entries.map { page($0, terminal) } + match.components.map { page($0, terminal) }
            + match.plugins.map { page($0, terminal) }
            + match.datasets.map { page($0, terminal) }
            + match.broken.map { terminal.bold("plugin \(baseName($0.path))") + "\n" + fields([("file", $0.path), ("broken", $0.cause)]) }
        return pages.joined(separator: "\n")
    }

    private static func page(_ entry: EntryDescription, _ terminal: Terminal) -> String {
        var text = terminal.bold("entry \(entry.id)") + "\n"
        text += fields([
            ("summary", entry.summary), ("problem", entry.problem ?? ""), ("plugins", entry.plugins.joined(separator: ", ")),
            ("papers", entry.papers.joined(separator: ", ")),
            ("parameters", parameters(entry)),
        ])
        if let drawing = entry.drawing, !drawing.isEmpty {
            text += "  \(terminal.bold("drawing"))\n" + drawing.split(separator: "\n").map { "    \($0)\n" }.joined()
        }
        if !entry.wiring.isEmpty {
            var table = TextTable([.init("slot"), .init("kind"), .init("component"), .init("settings"), .init("plugin")])
            for part in entry.wiring {
                let settings = part.settings.sorted { $0.key < $1.key }.map { "\($0.key) \(shown($0.value))" }
                table.append([part.slot ?? "", part.kind, part.id, settings.joined(separator: ", "), baseName(part.file)])
            }
            text += section("wiring", table, terminal)
        }
        var recipes = TextTable([.init("recipe"), .init("setting"), .init("value")])
        for (name, recipe) in entry.recipes.sorted(by: { ($0.key == "default" ? "" : $0.key) < ($1.key == "default" ? "" : $1.key) }) {
            for (index, line) in lines(recipe).enumerated() { recipes.append([index == 0 ? name : "", line.0, line.1]) }
        }
        if !recipes.rows.isEmpty { text += section("training", recipes, terminal) }
        if !entry.weights.isEmpty {
            var table = TextTable([.init("trained on"), .init("seed", .right), .init("checksum"), .init("file")])
            for weights in entry.weights {
                let state: String =
                    switch weights.state {
                    case .sound: "holds"
                    case .changed: "DIFFERS: the file was changed or cut"
                    case .missing: "the file is missing"
                    case nil: "not checked"
                    }
                table.append([weights.dataset, "\(weights.seed)", state, weights.file])
            }
            text += section("weights", table, terminal)
        }
        if !entry.published.isEmpty {
            var table = TextTable([.init("data set"), .init("metric"), .init("value", .decimal), .init("source"), .init("note")])
            for figure in entry.published {
                let spread = figure.spread.map { " ± \($0)" } ?? ""
                table.append([figure.dataset, figure.metric, "\(figure.value)\(spread)", figure.source, figure.note])
            }
            text += section("published", table, terminal)
        }
        return text
    }

    private static func parameters(_ entry: EntryDescription) -> String {
        guard let count = entry.parameters, let input = entry.input, let classes = entry.classes else { return "" }
        return "\(withCommas(count)), for \(classes) classes of \(input.map(String.init).joined(separator: "×")) images"
    }

    static func page(_ component: ComponentDescription, _ terminal: Terminal) -> String {
        var text = terminal.bold("\(component.kind) \(component.id)") + "\n"
        text += fields([("summary", component.summary), ("paper", component.paper), ("file", component.file)])
        if !component.slots.isEmpty {
            var table = TextTable([.init("slot"), .init("kind"), .init("needed"), .init("what for")])
            for slot in component.slots { table.append([slot.name, slot.kind, slot.required ? "yes" : "no", slot.help]) }
            text += section("parts", table, terminal)
        }
        if !component.losses.isEmpty {
            var table = TextTable([.init("loss"), .init("weight", .decimal), .init("what for")])
            for loss in component.losses { table.append([loss.name, shown(.double(loss.weight)), loss.help]) }
            text += section("losses", table, terminal)
        }
        if !component.options.isEmpty {
            var table = TextTable([.init("setting"), .init("type"), .init("default"), .init("allowed"), .init("what for")])
            for option in component.options {
                table.append([option.name, option.type, option.fallback.map(shown) ?? "required", allowed(option), option.help])
            }
            text += section("settings", table, terminal)
        }
        return text
    }

    private static func page(_ plugin: PluginDescription, _ terminal: Terminal) -> String {
        terminal.bold("plugin \(plugin.id)") + "\n"
            + fields([
                ("summary", plugin.summary), ("version", plugin.version), ("licence", plugin.licence),
                ("authors", plugin.authors.joined(separator: ", ")), ("papers", plugin.papers.joined(separator: ", ")),
                ("contract", plugin.abi), ("engine", plugin.engine ?? "the host's"),
                ("components", plugin.components.joined(separator: ", ")),
                ("file", plugin.path),
            ])
    }

    // MARK: Pieces

    /// Labelled lines; those without a value are left out.
    static func fields(_ list: [(String, String)]) -> String {
        let shown = list.filter { !$0.1.isEmpty }
        let width = shown.map { displayWidth($0.0) }.max() ?? 0
        return shown.map { "  \($0.0)" + String(repeating: " ", count: width - displayWidth($0.0) + 2) + singleLine($0.1) + "\n" }.joined()
    }

    private static func section(_ title: String, _ table: TextTable, _ terminal: Terminal) -> String {
        let inner = Terminal(isTerminal: terminal.isTerminal, width: terminal.width.map { max(20, $0 - 4) }, usesColor: terminal.usesColor)
        let lines = table.rendered(for: inner).split(separator: "\n").map { "    \($0)\n" }.joined()
        return "  \(title)\n\(lines)"
    }

    public static func shown(_ value: JSON) -> String {
        switch value {
        case .null: "none"
        case .bool(let flag): "\(flag)"
        case .int(let number): "\(number)"
        case .double(let number): "\(number)"
        case .string(let text): text
        case .array(let list): "[" + list.map(shown).joined(separator: ", ") + "]"
        case .object(let members):
            "{" + members.sorted { $0.key < $1.key }.map { "\($0.key): \(shown($0.value))" }.joined(separator: ", ") + "}"
        }
    }

    private static func allowed(_ option: ComponentDescription.Option) -> String {
        if let choices = option.choices { return choices.joined(separator: ", ") }
        func number(_ value: Double) -> String { value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)" }
        switch (option.minimum, option.maximum) {
        case (let low?, let high?): return "\(number(low)) to \(number(high))"
        case (let low?, nil): return "at least \(number(low))"
        case (nil, let high?): return "at most \(number(high))"
        case (nil, nil): return ""
        }
    }

    private static func lines(_ recipe: Recipe) -> [(String, String)] {
        let momentum = "momentum \(recipe.momentum)\(recipe.nesterov ? ", Nesterov" : "")"
        return [
            ("optimizer", recipe.optimizer == .sgd ? "sgd, \(momentum)" : recipe.optimizer.rawValue),
            (
                "learning rate",
                "\(recipe.learningRate)" + (recipe.localizationRate == 1 ? "" : ", localization × \(recipe.localizationRate)")
            ),
            ("schedule", recipe.schedule == .step ? "step, a tenth after \(recipe.steps) of all epochs" : recipe.schedule.rawValue),
            ("weight decay", "\(recipe.weightDecay)"), ("epochs", "\(recipe.epochs)"), ("batch", "\(recipe.batch) images"),
        ]
    }
}
