public import Foundation
import ZooCore

extension Study {
    private static let fields = [
        "$schema", "version", "id", "title", "source", "fixed", "differs", "dataset", "tests", "manifest", "entries", "recipe", "choice",
        "chosen",
        "budgets", "columns", "claims", "level",
    ]

    /// Reads and checks a study. Whether its entries, data sets and probes exist is for those to say who use them.
    ///
    /// - Throws: `noInput` if there is no such file, `data` if it is not JSON, `config` naming file and JSON path if a field is wrong.
    public init(path: String) throws {
        try self.init(contents: FileBytes.read(path), path: path)
    }

    /// Reads a study from its bytes; `path` is what errors call it.
    public init(contents: Data, path: String) throws {
        self.path = path
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let root = JSONPlace(value: try JSON(contents: contents, file: file), file: file, path: "$")
        let fields = try root.object(
            Self.fields, required: ["version", "id", "title", "dataset", "tests", "entries", "budgets", "columns", "claims"])
        func list<T>(_ name: String, _ read: (JSONPlace) throws(HostError) -> T) throws(HostError) -> [T] {
            var items: [T] = []
            for place in try fields[name]?.array() ?? [] { items.append(try read(place)) }
            return items
        }
        func text(_ place: JSONPlace) throws(HostError) -> String { try place.string() }
        _ = try fields["version"]?.int(in: 1...1)
        id = try fields["id"]?.identifier() ?? ""
        title = try fields["title"]?.string() ?? ""
        source = try fields["source"]?.string() ?? ""
        fixed = try list("fixed", text)
        differences = try list("differs", text)
        dataset = try fields["dataset"]?.string() ?? ""
        tests = try list("tests") { place throws(HostError) in try Test(place) }
        manifest = try fields["manifest"]?.string()
        entries = try list("entries") { place throws(HostError) in try place.identifier() }
        recipe = try fields["recipe"].map { place throws(HostError) in try RecipeChanges(place) } ?? RecipeChanges()
        choice = try fields["choice"].map { place throws(HostError) in try Choice(place) }
        var chosen: [String: RecipeChanges] = [:]
        if let place = fields["chosen"] {
            for (entry, value) in try place.members() { chosen[entry] = try RecipeChanges(place.child(entry, value)) }
        }
        self.chosen = chosen
        var budgets: [Budget] = []
        if let place = fields["budgets"] {
            for (name, value) in try place.members().sorted(by: { $0.key < $1.key }) {
                budgets.append(try Budget(name: name, place.child(name, value)))
            }
        }
        self.budgets = budgets
        columns = try list("columns") { place throws(HostError) in try Column(place) }
        claims = try list("claims") { place throws(HostError) in try Claim(place) }
        level = try fields["level"]?.double(in: 0.5...0.9999) ?? 0.95
        try check(root, fields)
    }

    /// What one field says of others.
    private func check(_ root: JSONPlace, _ fields: [String: JSONPlace]) throws(HostError) {
        for (name, isEmpty) in [("tests", tests.isEmpty), ("entries", entries.isEmpty), ("budgets", budgets.isEmpty)] where isEmpty {
            throw root.child(name, .null).error("expected at least one, found none")
        }
        for (index, entry) in entries.enumerated() where entries.firstIndex(of: entry) != index {
            throw root.child("entries[\(index)]", .null).error("the entry '\(entry)' stands here twice")
        }
        for entry in chosen.keys.sorted() where !entries.contains(entry) {
            throw root.child("chosen.\(entry)", .null).error("not an entry of this study\(suggestion(entry, entries))")
        }
        let datasets = tests.map(\.dataset)
        for (index, claim) in claims.enumerated() {
            let place = root.child("claims[\(index)]", .null)
            if claims.firstIndex(where: { $0.id == claim.id }) != index {
                throw place.child("id", .null).error("the id '\(claim.id)' is taken by an earlier claim")
            }
            for entry in claim.contrast.keys.sorted() where !entries.contains(entry) {
                throw place.child("contrast.\(entry)", .null).error("not an entry of this study\(suggestion(entry, entries))")
            }
            try Self.check(claim.dataset, datasets, place)
        }
        for (index, column) in columns.enumerated() { try Self.check(column.dataset, datasets, root.child("columns[\(index)]", .null)) }
    }

    private static func check(_ dataset: String?, _ known: [String], _ place: JSONPlace) throws(HostError) {
        guard let dataset, !known.contains(dataset) else { return }
        throw place.child("dataset", .null).error(
            "'\(dataset)' is not among the tests: expected \(known.joined(separator: ", "))\(suggestion(dataset, known))")
    }
}

extension Study.Test {
    fileprivate init(_ place: JSONPlace) throws(HostError) {
        let fields = try place.object(["dataset", "probes"], required: ["dataset", "probes"])
        dataset = try fields["dataset"]?.string() ?? ""
        var probes: [String] = []
        for probe in try fields["probes"]?.array() ?? [] { probes.append(try probe.string()) }
        self.probes = probes
    }
}

extension Study.Choice {
    fileprivate init(_ place: JSONPlace) throws(HostError) {
        let names = ["validation", "epochs", "seed", "learning_rates", "localization_rates"]
        let fields = try place.object(names + ["train"], required: names)
        func rates(_ name: String, _ range: ClosedRange<Double>) throws(HostError) -> [Double] {
            var list: [Double] = []
            for rate in try fields[name]?.array() ?? [] { list.append(try rate.double(in: range)) }
            guard !list.isEmpty else { throw place.child(name, .null).error("expected at least one rate, found none") }
            return list.sorted()
        }
        validation = try fields["validation"]?.int(in: 1...1_000_000_000) ?? 1
        train = try fields["train"]?.int(in: 1...1_000_000_000)
        epochs = try fields["epochs"]?.int(in: 1...100_000) ?? 1
        seed = UInt64(try fields["seed"]?.int(in: 0...Int.max) ?? 0)
        learningRates = try rates("learning_rates", 1e-9...100)
        localizationRates = try rates("localization_rates", 0...1000)
    }
}

extension Study.Budget {
    fileprivate init(name: String, _ place: JSONPlace) throws(HostError) {
        let fields = try place.object(["epochs", "seeds", "train", "limit", "test", "size"], required: ["epochs", "seeds"])
        self.name = name
        epochs = try fields["epochs"]?.int(in: 1...100_000) ?? 1
        seeds = try fields["seeds"]?.int(in: 1...1000) ?? 1
        train = try fields["train"]?.int(in: 1...1_000_000_000)
        limit = try fields["limit"]?.int(in: 1...1_000_000_000)
        test = try fields["test"]?.int(in: 1...1_000_000_000)
        size = try fields["size"]?.int(in: 1...4096)
    }
}

extension Study.Column {
    fileprivate init(_ place: JSONPlace) throws(HostError) {
        let fields = try place.object(["figure", "dataset", "title"], required: ["figure", "title"])
        figure = try fields["figure"]?.string() ?? ""
        dataset = try fields["dataset"]?.string()
        title = try fields["title"]?.string() ?? ""
    }
}

extension Claim {
    fileprivate init(_ place: JSONPlace) throws(HostError) {
        let names = ["id", "statement", "figure", "contrast", "expect"]
        let fields = try place.object(names + ["source", "dataset", "statistic", "target", "margin"], required: names)
        id = try fields["id"]?.identifier() ?? ""
        statement = try fields["statement"]?.string() ?? ""
        source = try fields["source"]?.string() ?? ""
        figure = try fields["figure"]?.string() ?? ""
        dataset = try fields["dataset"]?.string()
        statistic = try fields["statistic"]?.choice(Statistic.self) ?? .mean
        var contrast: [String: Double] = [:]
        if let list = fields["contrast"] {
            for (entry, value) in try list.members() { contrast[entry] = try list.child(entry, value).double(in: -1000...1000) }
            guard contrast.values.contains(where: { $0 != 0 }) else {
                throw list.error("expected a weight other than 0, found none")
            }
            if statistic == .deviation, contrast.values.map({ abs($0) }) != [1, 1] || contrast.values.reduce(0, +) != 0 {
                throw list.error("the statistic 'deviation' compares two entries: expected weights 1 and -1")
            }
        }
        self.contrast = contrast
        enum Word: String, CaseIterable { case positive, negative, near }
        let word = try fields["expect"]?.choice(Word.self) ?? .positive
        for name in ["target", "margin"] where word != .near && fields[name] != nil {
            throw place.child(name, .null).error("goes with \"expect\": \"near\" only")
        }
        switch word {
        case .positive: expectation = .positive
        case .negative: expectation = .negative
        case .near:
            guard let margin = try fields["margin"]?.double(in: 0...1e12), let target = try fields["target"]?.double(in: -1e12...1e12),
                statistic == .mean
            else { throw place.error("\"expect\": \"near\" needs a 'target', a 'margin' and the statistic 'mean'") }
            expectation = .near(target, margin: margin)
        }
    }
}
