import Foundation
import Testing

/// Writing a plugin, from `zoo plugin new` to a library that is installed and used.
@Suite struct PluginProjectTests {
    static let kinds = ["extractor", "localization", "transformer", "architecture", "canonicalizer"]

    /// Makes a project with `zoo plugin new`.
    private func make(_ name: String, _ kind: String, _ language: String, in scratch: Scratch) throws -> URL {
        let folder = scratch.folder.appendingPathComponent(name)
        let made = try ZooProcess.run(
            ["plugin", "new", name, "--kind", kind, "--language", language, "--output", folder.path, "--zoo", ZooProcess.root.path])
        try #require(made.status == 0, "\(made.errors)")
        return folder
    }

    private func run(_ command: String..., in folder: URL, _ changes: [String: String] = [:]) throws -> ZooProcess.Outcome {
        try ZooProcess.execute("/usr/bin/env", command, ZooProcess.environment(changes), in: folder)
    }

    /// The component is there, and an entry that uses it runs; at initialisation, but for a classifier of its own, it is the plain network.
    private func tryOut(_ folder: URL, _ kind: String, library: String) throws {
        let path = folder.appendingPathComponent(library).deletingLastPathComponent().path
        struct Result: Decodable {
            struct Score: Decodable { let error, loss: Double }
            let entry: String
            let upright: Score
        }
        let manifest = try String(contentsOf: folder.appendingPathComponent("zoo.json"), encoding: .utf8)
        let ids = try #require(try JSONSerialization.jsonObject(with: Data(manifest.utf8)) as? [String: Any])["entries"] as? [[String: Any]]
        let own = try #require(ids?.last?["id"] as? String)
        let show = try ZooProcess.run(["show", "entry/\(own)", "--plugin-path", path, "--manifest", "zoo.json"], in: folder)
        #expect(show.status == 0 && !show.output.contains("problem"), "\(show.output)\(show.errors)")
    }

    @Test(.enabled(if: finds("make") && finds("cc"), "needs make and a C compiler"), arguments: kinds)
    func inC(_ kind: String) throws {
        try Scratch.with { scratch in
            let folder = try make("MyC", kind, "c", in: scratch)
            let built = try run("make", "CFLAGS=-O1 -Werror -Wpedantic", in: folder)
            try #require(built.status == 0, "\(built.errors)")
            try tryOut(folder, kind, library: "build/libMyC.so")
        }
    }

    @Test(.enabled(if: finds("make") && finds("c++"), "needs make and a C++ compiler"), arguments: kinds)
    func inCpp(_ kind: String) throws {
        try Scratch.with { scratch in
            let folder = try make("MyCpp", kind, "cpp", in: scratch)
            let built = try run("make", "CXXFLAGS=-O0 -Werror -Wpedantic", in: folder)
            try #require(built.status == 0, "\(built.errors)")
            try tryOut(folder, kind, library: "build/libMyCpp.so")
        }
    }

    /// The components that the comments of ZooKit show, as Swift.
    private func examples() throws -> String {
        try ["Transformations/AffineFamily", "Networks/StagedExtractor"].map { path in
            let file = ZooProcess.root.appendingPathComponent("Sources/ZooKit/\(path).swift")
            return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("///     ") }
                .map { $0.dropFirst(8) }.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    /// All kinds in one package, so that ZooKit is built once, and with them the components that ZooKit's comments show.
    @Test(.enabled(if: finds("swift"), "needs Swift")) func inSwift() throws {
        try Scratch.with { scratch in
            let folder = try make("MySwift", "localization", "swift", in: scratch)
            var others: [String] = []
            for kind in Self.kinds where kind != "localization" {
                let other = try make("Other\(kind)", kind, "swift", in: scratch)
                let source = "Sources/Other\(kind)/Other\(kind).swift"
                var text = try String(contentsOf: other.appendingPathComponent(source), encoding: .utf8)
                // One library has one descriptor and one entry function: the first one's, which then offers all.
                let start = try #require(text.range(of: "private let plugin")?.lowerBound)
                text = String(text[..<start])
                others.append(try #require(text.firstMatch(of: /final class (\w+)/)).output.1 + ".self")
                try text.write(
                    to: folder.appendingPathComponent("Sources/MySwift/Other\(kind).swift"), atomically: false, encoding: .utf8)
            }
            try ("import ZooKit\n\n" + examples()).write(
                to: folder.appendingPathComponent("Sources/MySwift/Examples.swift"), atomically: false, encoding: .utf8)
            others += ["Shear.self", "TinyCNN.self"]
            let main = folder.appendingPathComponent("Sources/MySwift/MySwift.swift")
            try String(contentsOf: main, encoding: .utf8).replacingOccurrences(
                of: ".self])", with: ".self, \(others.joined(separator: ", "))])"
            ).write(to: main, atomically: false, encoding: .utf8)
            let built = try run("make", in: folder)
            try #require(built.status == 0, "\(built.output)\(built.errors)")
            #expect(!built.output.contains("warning:"), "\(built.output)")
            let listed = try ZooProcess.run(["plugin", "info", folder.path + "/.build/release/libMySwift.so"])
            #expect(listed.status == 0 && listed.output.contains("my-swift"), "\(listed.output)\(listed.errors)")
            try tryOut(folder, "localization", library: ".build/release/libMySwift.so")
            #expect(listed.output.contains("shear") && listed.output.contains("tiny-cnn"), "\(listed.output)")
            let checked = try ZooProcess.run(
                [
                    "plugin", "check", folder.path + "/.build/release/libMySwift.so", "--shared", "--calls", "100", "--plugin-path",
                    ZooProcess.products.path,
                ])
            #expect(checked.status == 0, "\(checked.output)\(checked.errors)")
        }
    }

    /// The zoo's own plugins in C and C++ are what the templates give, so that there is one text of each idea.
    @Test func theZoosOwnExamplesAreTheTemplates() throws {
        try Scratch.with { scratch in
            // Without what only says whose it is, and however it is broken into lines.
            func words(_ text: some StringProtocol) -> String {
                let own = ["version: ", "summary: ", "authors: "]
                let lines = text.split(separator: "\n").filter { line in !own.contains { line.contains("\"" + $0) } }
                return lines.joined().filter { !$0.isWhitespace }
            }
            func made(_ kind: String, _ language: String, name: String, id: String) throws -> String {
                let folder = try make("Zzyzx\(kind)", kind, language, in: scratch)
                let text = try String(contentsOf: folder.appendingPathComponent("Zzyzx\(kind).\(language)"), encoding: .utf8)
                return text.replacingOccurrences(of: "Zzyzx\(kind)", with: name).replacingOccurrences(of: "zzyzx\(kind)", with: id)
            }
            func own(_ path: String) throws -> String {
                try String(contentsOf: ZooProcess.root.appendingPathComponent("Plugins/" + path), encoding: .utf8)
            }
            #expect(try words(made("transformer", "c", name: "Attention", id: "attention")) == words(own("Attention/Attention.c")))
            // Two templates make one plugin: what stands in their namespaces.
            let plugin = try words(own("SqueezeExcite/SqueezeExcite.cpp"))
            for (kind, name, id) in [("localization", "SqueezeExciteLocalization", "se"), ("extractor", "SqueezeExciteCNN", "se-cnn")] {
                let text = try made(kind, "cpp", name: "SqueezeExcite", id: id)
                let start = try #require(text.range(of: "namespace {")?.upperBound)
                let net = try #require(text.range(of: "class Net")?.lowerBound)
                let end = try #require(text.range(of: "} // namespace")?.lowerBound)
                let shared = words(text[start..<net])
                #expect(plugin.contains(shared) && shared.contains("structSqueezeExcite{"), "\(kind)")
                let body = words(
                    text[net..<end].replacing("class Net", with: "class " + name).replacing("explicit Net(", with: "explicit \(name)("))
                #expect(plugin.contains(body), "\(kind): \(body)")
            }
        }
    }

    /// `make test` of a new project: it loads, keeps the contract, learns.
    @Test(.enabled(if: finds("make") && finds("cc"), "needs make and a C compiler"))
    func itsOwnTestsPass() throws {
        try Scratch.with { scratch in
            let folder = try make("Squeeze", "localization", "c", in: scratch)
            let tested = try run("make", "test", in: folder)
            #expect(tested.status == 0 && tested.output.contains("passed: error"), "\(tested.output)\(tested.errors)")
        }
    }

    @Test func whatCannotBeMadeIsSaid() throws {
        try Scratch.with { scratch in
            func refused(_ arguments: [String], _ status: Int32, _ word: String, at place: SourceLocation = #_sourceLocation) throws {
                let result = try ZooProcess.run(["plugin", "new"] + arguments, in: scratch.folder)
                #expect(result.status == status && result.complaints.count == 1, "\(result.errors)", sourceLocation: place)
                #expect(result.errors.contains(word), "\(result.errors)", sourceLocation: place)
            }
            try refused(["2fast", "--kind", "extractor"], 64, "2fast")
            try refused(["a/b", "--kind", "extractor"], 64, "a/b")
            try refused(["Warps", "--kind", "transformer"], 64, "Plugins/Warps")
            try refused(["Mine", "--kind", "classifier"], 64, "classifier")
            try refused(["Mine"], 64, "--kind")
            try refused(["Mine", "--kind", "extractor", "--zoo", "/nonexistent"], 66, "/nonexistent")
            try scratch.file("Mine", "a file")
            try refused(["Mine", "--kind", "extractor"], 73, "Mine")
        }
    }

    @Test(.enabled(if: finds("cc"), "needs a C compiler, cc"))
    func installListRemove() throws {
        try Scratch.with { scratch in
            let home = ["XDG_DATA_HOME": scratch.folder.path + "/data"]
            let shelf = scratch.folder.path + "/data/stn-zoo/plugins"
            let built = try scratch.directory("built")
            let tiny = built.path + "/libTiny.so"
            try ForeignPlugin().build("libTiny.so", in: built)

            #expect(try ZooProcess.run(["plugin", "list", "--json"], home).output.split(whereSeparator: \.isWhitespace) == ["[", "]"])
            let installed = try ZooProcess.run(["plugin", "install", tiny], home)
            #expect(installed.status == 0 && installed.output.contains("localization/tiny"), "\(installed.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: shelf) == ["libTiny.so"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: shelf + "/..") == ["plugins"], "nothing is left behind")
            #expect(try ZooProcess.run(["show", "localization/tiny"], home).status == 0)
            #expect(try ZooProcess.run(["plugin", "list"], home).output.contains("Tiny"))

            // The same again needs to be meant; the ids of another plugin are not to be had at all.
            let again = try ZooProcess.run(["plugin", "install", tiny], home)
            #expect(again.status == 78 && again.errors.contains("--replace"), "\(again.errors)")
            #expect(try ZooProcess.run(["plugin", "install", tiny, "--replace"], home).status == 0)
            try ForeignPlugin(id: "Thief").build("libThief.so", in: built)
            let thief = try ZooProcess.run(["plugin", "install", built.path + "/libThief.so"], home)
            #expect(thief.status == 78 && thief.complaints.count == 1 && thief.errors.contains("'tiny'"), "\(thief.errors)")
            try ForeignPlugin(id: "Warps", component: "other").build("libFalse.so", in: built)
            let shadow = try ZooProcess.run(["plugin", "install", built.path + "/libFalse.so", "--replace"], home)
            #expect(shadow.status == 78 && shadow.errors.contains("libWarps.so"), "\(shadow.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: shelf) == ["libTiny.so"], "a refused plugin leaves nothing")

            try ForeignPlugin(refuses: true).build("libLunch.so", in: built)
            let lunch = try ZooProcess.run(["plugin", "install", built.path + "/libLunch.so", "--replace"], home)
            #expect(lunch.status == 69 && lunch.errors.contains("not before lunch"), "\(lunch.errors)")
            let text = try scratch.file("libText.so", "no library").path
            #expect(try ZooProcess.run(["plugin", "install", text], home).status == 65)
            #expect(try ZooProcess.run(["plugin", "install", "/nonexistent/libX.so"], home).status == 66)

            let unknown = try ZooProcess.run(["plugin", "remove", "Tinny"], home)
            #expect(unknown.status == 64 && unknown.errors.contains("did you mean 'Tiny'?"), "\(unknown.errors)")
            #expect(try ZooProcess.run(["plugin", "remove", "Tiny"], home).status == 0)
            #expect(try FileManager.default.contentsOfDirectory(atPath: shelf).isEmpty)
        }
    }

    @Test func infoTellsAllOfAPlugin() throws {
        let path = ZooProcess.products.appendingPathComponent("libWarps.so").path
        let text = try ZooProcess.run(["plugin", "info", "Warps"])
        #expect(text.status == 0, "\(text.errors)")
        for word in [
            "sha256", "x86-64", "libWarps_LTX_zoo_plugin_v1", "libc.so.6", "loads in", "Apache-2.0", "transformer affine", "padding",
        ] {
            #expect(text.output.contains(word) || word == "x86-64", "\(word): \(text.output)")
        }
        struct Info: Decodable { let path, sha256: String; let loadMilliseconds: Double; let needed: [String] }
        let info = try JSONDecoder().decode(Info.self, from: Data(try ZooProcess.run(["plugin", "info", path, "--json"]).output.utf8))
        let sum = try ZooProcess.execute("/usr/bin/env", ["sha256sum", path], ZooProcess.environment()).output.prefix(64)
        #expect(info.sha256 == sum && info.loadMilliseconds > 0 && info.needed.contains("libc.so.6"))
        #expect(try ZooProcess.run(["plugin", "info", "/nonexistent/libX.so"]).status == 66)
    }

    /// The contract's promise: a plugin built with the header of version 1.0 runs under this host, whatever was added since.
    @Test(.enabled(if: finds("cc"), "needs a C compiler, cc"))
    func aPluginBuiltWithTheFirstHeaderStillWorks() throws {
        try Scratch.with { scratch in
            let old = try scratch.directory("old")
            try OldPlugin.build(in: old)
            let info = try ZooProcess.run(["plugin", "info", old.path + "/libOld.so"])
            #expect(info.status == 0 && info.output.contains("contract  1.0") && info.output.contains("transformer old"), "\(info.output)")

            // It is used, not only loaded: at the identity it leaves the plain network as it is, and it trains.
            let manifest = try scratch.file(
                "zoo.json",
                """
                {"version": 1, "entries": [
                  {"id": "stn-old", "architecture": "stn-input", "parts": {"localization": "fcn", "transformer": "old",
                    "extractor": {"id": "mnist-cnn", "config": {"width": 4}}},
                   "recipes": {"default": {"optimizer": "adam", "learning_rate": 0.001, "epochs": 1}}}]}
                """)
            let trained = try ZooProcess.run(
                [
                    "train", "stn-old", "--dataset", "strokes-rotated?limit=2000", "--manifest", manifest.path, "--plugin-path", old.path,
                    "--quiet",
                ], in: scratch.folder)
            #expect(trained.status == 0 && trained.output.contains("stn-old"), "\(trained.errors)")
        }
    }
}
