public import Foundation
public import ZooCore

/// A new plugin's folder: an example that works, its build, its tests and a README, from the zoo's templates.
///
///     let project = try PluginProject(name: "SqueezeLoc", kind: .localization, language: .swift, sources: ZooSources(for: .swift), program: zoo)
///     try project.write(to: folder)
public struct PluginProject: Sendable {
    public enum Language: String, Sendable, CaseIterable {
        case swift, cpp, c

        var title: String {
            switch self {
            case .swift: "Swift"
            case .cpp: "C++"
            case .c: "C"
            }
        }
        /// Relative to the project.
        var buildFolder: String { self == .swift ? ".build/release" : "build" }
    }

    /// What the plugin offers: one of the contract's four kinds of component, or an architecture that shows what traits are for.
    public enum Kind: String, Sendable, CaseIterable {
        case extractor, localization, transformer, architecture, canonicalizer

        /// The contract's name for it.
        var component: String { self == .canonicalizer ? "architecture" : rawValue }
    }

    public let name: String
    public let kind: Kind
    public let language: Language
    /// The component's id: "SqueezeLoc" gives "squeeze-loc".
    public let id: String
    /// The id of the entry in the project's zoo.json that uses it.
    public let entry: String
    /// Relative to the project.
    public var library: String { "\(language.buildFolder)/lib\(name).so" }
    /// Relative to the project.
    public var source: String { language == .swift ? "Sources/\(name)/\(name).swift" : "\(name).\(language.rawValue)" }
    private let sources: ZooSources
    private let program: String

    /// - Parameters:
    ///   - name: of the plugin and its library.
    ///   - program: the path of the `zoo` that its Makefile calls.
    /// - Throws: `usage` if the name cannot be one of a plugin, or is that of one of the zoo's own.
    public init(name: String, kind: Kind, language: Language, sources: ZooSources, program: String) throws(HostError) {
        let letters = name.unicodeScalars
        guard let first = letters.first, first.isASCII, first.properties.isAlphabetic, name.utf8.count <= 64,
            letters.allSatisfy({ $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0)) })
        else { throw HostError(.usage, "the name is '\(name)', expected a letter and then letters and digits, 64 at most: SqueezeLoc") }
        // SwiftPM takes a name once among all packages of a build, and the host takes a plugin's id once.
        for place in ["Sources", "Plugins"] where Self.names(in: sources.root.appendingPathComponent(place)).contains(name.lowercased()) {
            throw HostError(.usage, "the name '\(name)' is taken by \(place)/\(name) of the zoo itself; choose another")
        }
        let library = "lib\(name).so"
        if Self.names(in: URL(fileURLWithPath: Program.directory)).contains(library.lowercased()) {
            throw HostError(.usage, "the name '\(name)' is taken by \(library) of the zoo itself; choose another")
        }
        self.name = name
        self.kind = kind
        self.language = language
        self.sources = sources
        self.program = program
        id = Self.identifier(name)
        entry = kind.component == "architecture" || kind == .extractor ? id : "stn-" + id
    }

    private static func names(in folder: URL) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).map { $0.lowercased() }
    }

    /// "SqueezeLoc" to "squeeze-loc", "STNInput" to "stn-input".
    static func identifier(_ name: String) -> String {
        let letters = Array(name)
        var result = ""
        for (index, letter) in letters.enumerated() {
            let startsWord =
                index > 0 && letter.isUppercase
                && (!letters[index - 1].isUppercase || index + 1 < letters.count && letters[index + 1].isLowercase)
            result += (startsWord ? "-" : "") + letter.lowercased()
        }
        return result
    }

    /// Writes the project into `folder`, which must not exist or be empty.
    ///
    /// - Throws: `cantCreate` if it is there already or cannot be made, `noInput` if a template is missing.
    public func write(to folder: URL) throws {
        let files = FileManager.default
        if let present = try? files.contentsOfDirectory(atPath: folder.path), !present.isEmpty {
            throw HostError(.cantCreate, "\(folder.path): is there already and not empty; choose another place")
        }
        // Everything is read before anything is written.
        let texts = try contents()
        for (path, data) in texts.sorted(by: { $0.key < $1.key }) {
            let file = folder.appendingPathComponent(path)
            do {
                try files.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            } catch { throw HostError(.cantCreate, "\(file.deletingLastPathComponent().path): the folder cannot be made") }
            try FileBytes.writeAtomically([data], to: file.path)
        }
    }

    /// The files by their paths within the project.
    private func contents() throws -> [String: Data] {
        var result: [String: Data] = [
            "README.md": try filled("common/README.md"), "zoo.json": try filled("common/zoo.\(kind).json"),
            "tests/run.sh": try filled("common/run.sh"), "Makefile": try filled("\(language.rawValue)/Makefile"),
            ".gitignore": Data("/\(language == .swift ? ".build" : "build")/\n/runs/\n/results/\n".utf8),
        ]
        func header(_ name: String) throws -> Data { try FileBytes.read(sources.headers.appendingPathComponent(name).path) }
        switch language {
        case .swift:
            result[source] = try filled("swift/\(kind).swift") + filled("swift/entry.swift")
            result["Package.swift"] = try filled("swift/Package.swift")
            result["exports.map"] = try filled("swift/exports.map")
        case .c:
            result[source] = try filled("c/\(kind).c") + filled("c/entry.c")
            result["zoo_support.h"] = try filled("c/zoo_support.h")
            result["zoo_plugin.h"] = try header("zoo_plugin.h")
        case .cpp:
            result[source] = try filled("cpp/\(kind).cpp")
            result["zoo_plugin.hpp"] = try header("zoo_plugin.hpp")
            result["zoo_tensor.hpp"] = try header("zoo_tensor.hpp")
            result["zoo_plugin.h"] = try header("zoo_plugin.h")
        }
        return result
    }

    /// A template with its `{{KEY}}`s filled in.
    private func filled(_ template: String) throws -> Data {
        let path = sources.templates.appendingPathComponent(template).path
        var text = String(decoding: try FileBytes.read(path), as: UTF8.self)
        // What two kinds of a language share stands in one place.
        let shared = "{{SQUEEZE}}"
        if text.contains(shared) {
            text = text.replacingOccurrences(
                of: shared, with: String(decoding: try filled("\(language)/squeeze.\(language)"), as: UTF8.self))
        }
        for (key, value) in values { text = text.replacingOccurrences(of: "{{\(key)}}", with: value) }
        if let left = text.range(of: "\\{\\{[A-Z]+\\}\\}", options: .regularExpression) {
            throw HostError(.software, "\(path): nothing is known to put for \(text[left])")
        }
        return Data(text.utf8)
    }

    private var values: [(String, String)] {
        let (summary, paper): (String, String) =
            switch kind {
            case .localization: ("A localization net with squeeze and excitation", "arXiv:1709.01507")
            case .extractor: ("A small classifier with squeeze and excitation", "arXiv:1709.01507")
            case .transformer: ("The attention family: scale and translation", "arXiv:1506.02025")
            case .architecture: ("A spatial transformer beside the plain view", "arXiv:1506.02025")
            case .canonicalizer: ("Canonicalization in closed form", "arXiv:2211.06489")
            }
        let headers = """
            | `zoo_plugin.h` | the contract with the host, version 1; a copy, so that the project builds anywhere |
            """
        let (files, note): (String, String) =
            switch language {
            case .swift:
                (
                    "| `Package.swift` | the build; it names ZooKit by the path of the zoo's sources |\n| `exports.map` | the one symbol that the library exports |",
                    "`Package.swift` takes ZooKit from `\(sources.root.path)`. If that moves, change the path there."
                )
            case .c:
                (
                    "| `zoo_support.h` | calling operators and keeping parameters, for you to change |\n" + headers,
                    "`zoo_plugin.h` never changes within contract 1: what is built with this copy runs under every later host of that contract."
                )
            case .cpp:
                (
                    "| `zoo_plugin.hpp`, `zoo_tensor.hpp` | the same for C++: base classes; tensors and operators; copies |\n" + headers,
                    "`zoo_plugin.h` never changes within contract 1: what is built with this copy runs under every later host of that contract."
                )
            }
        let own = [
            "| `\(source)` | the plugin: one \(kind.component), commented |", files, "| `zoo.json` | entries that use it |",
            "| `tests/run.sh` | what `make test` runs |",
        ].joined(separator: "\n")
        return [
            ("FILES", own), ("NOTE", note), ("NAME", name), ("TYPE", name), ("ID", id), ("KIND", kind.component), ("ENTRY", entry),
            ("LANGUAGE", language.title), ("LIBRARY", library), ("FOLDER", language.buildFolder), ("SUMMARY", summary), ("PAPER", paper),
            ("AUTHOR", Self.author), ("HOME", sources.root.path), ("ZOO", program),
        ]
    }

    /// The user's name as the system knows it; what a descriptor cannot hold is left out.
    private static var author: String {
        let name = String(
            NSFullUserName().unicodeScalars.filter { $0.properties.generalCategory != .control && !"\"\\;".unicodeScalars.contains($0) })
        return name.isEmpty ? "A. Author" : name
    }
}
