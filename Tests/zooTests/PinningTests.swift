import Foundation
import Testing
import ZooCore
import ZooStore

/// What was hashed and checked is what runs, whatever happens to the files meanwhile.
@Suite(.serialized, .enabled(if: finds("cc"), "needs a C compiler, cc")) struct PinningTests {
    /// A classifier in C that says the digit `version`, and does what its setting `setting` says when it is made.
    private func classifier(version: Int, preamble: String = "", onCreate: String = "") -> CPlugin {
        CPlugin(
            id: "Pinned", component: "pinned", options: [CPlugin.text("how")],
            preamble: """
                #include <dlfcn.h>
                static int64_t version(int64_t n) { (void)n; return \(version); }
                \(preamble)
                """,
            onCreate: """
                const char *setting = b->settings[0].as.string;
                if (!setting) return host->fail(ZOO_BAD_ARGUMENT, "no setting");
                \(onCreate)
                *self = &one;
                """,
            onForward: "return logits(in, 10, version, 3, out);")
    }

    private func manifest(_ entries: [(id: String, how: String)]) -> String {
        let list = entries.map { #"{"id": "\#($0.id)", "architecture": {"id": "pinned", "config": {"how": "\#($0.how)"}}}"# }
        return #"{"version": 1, "entries": [\#(list.joined(separator: ", "))]}"#
    }

    /// The plugin itself replaces its file four times, by writing over it and by renaming, and then ends the worker, five times in a
    /// batch of a hundred jobs: all that was measured was measured by the first version, and is filed under its hash.
    @Test func aPluginReplacedDuringABatchChangesNoResult() throws {
        try Scratch.with { scratch in
            let plugins = try scratch.directory("plugins").path
            let library = plugins + "/libPinned.so"
            let replace = """
                if (!strcmp(setting, "replace")) {
                  for (int i = 0; i < 2; i++)
                    if (system("cat \(scratch.folder.path)/other >\(library); cp \(scratch.folder.path)/other \(plugins)/next;"
                               "mv \(plugins)/next \(library)") != 0) return host->fail(ZOO_ERROR, "not replaced");
                  abort();
                }
                """
            try classifier(version: 1, onCreate: replace).build(library)
            try classifier(version: 7, onCreate: replace).build(scratch.folder.path + "/other")
            let planned = try Checksum.sha256(ofFile: library)
            let entries = (0..<100).map { (id: "e\($0)", how: $0 % 20 == 3 ? "replace" : "none") }
            let file = try scratch.file("zoo.json", manifest(entries))
            let outcome = try ZooProcess.run(
                ["evaluate", "--all", "--weights", "initial", "--images", "100", "--manifest", file.path, "--jobs", "1", "--quiet"],
                ["ZOO_PLUGIN_PATH": plugins, "XDG_CACHE_HOME": scratch.folder.path + "/cache"], in: scratch.folder)
            #expect(outcome.status == 70, "\(outcome.errors)")
            #expect(try Checksum.sha256(ofFile: library) != planned)
            let results = try ResultStore(path: scratch.folder.path + "/results/zoo.sqlite", creating: false).results()
            let measured = results.filter { $0.status == .measured }
            #expect(measured.count == 95 && results.count == 100)
            #expect(Set(measured.map { $0["error.upright"] }).count == 1)
            #expect(measured.allSatisfy { $0.provenance.plugins.values.contains(planned) })
        }
    }

    /// What a plugin needs from beside itself it finds: a library through its run path, data through its own place.
    @Test func whatLiesBesideAPluginIsFound() throws {
        try Scratch.with { scratch in
            let plugins = try scratch.directory("plugins").path
            let lib = try scratch.directory("lib").path
            try scratch.file("plugins/data.txt", "4")
            let helper = try scratch.file("helper.c", "int helper(void) { return 1; }")
            try CPlugin.compile(helper.path, to: lib + "/libhelper.so", ["-Wl,-soname,libhelper.so"])
            let look = """
                Dl_info info;
                char path[4096], digit = 0;
                if (!dladdr((void *)&one, &info)) return host->fail(ZOO_ERROR, "nowhere");
                snprintf(path, sizeof path, "%.*s/data.txt", (int)(strrchr(info.dli_fname, '/') - info.dli_fname), info.dli_fname);
                FILE *file = fopen(path, "r");
                if (!file) return host->fail(ZOO_ERROR, "no data beside the plugin");
                digit = (char)fgetc(file);
                fclose(file);
                if (digit != '4' || helper() != 1) return host->fail(ZOO_ERROR, "other data");
                """
            try classifier(version: 1, preamble: "int helper(void);", onCreate: look)
                .build(plugins + "/libPinned.so", ["-L", lib, "-lhelper", "-Wl,-rpath,$ORIGIN/../lib"])
            let file = try scratch.file("zoo.json", manifest([("e", "none")]))
            func evaluate(_ more: String...) throws -> ZooProcess.Outcome {
                try ZooProcess.run(
                    ["evaluate", "e", "--weights", "initial", "--images", "100", "--force", "--manifest", file.path, "--quiet"] + more,
                    ["ZOO_PLUGIN_PATH": plugins, "XDG_CACHE_HOME": scratch.folder.path + "/cache"], in: scratch.folder)
            }
            let found = try evaluate()
            #expect(found.status == 0, "\(found.errors)")
            // It runs too, so it is judged as the plugin is.
            try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: lib + "/libhelper.so")
            let refused = try evaluate()
            #expect(refused.status != 0 && refused.errors.contains("libhelper.so: not trusted"), "\(refused.errors)")
            #expect(try evaluate("--allow", plugins).status == 0)
        }
    }

    private struct Listing: Decodable {
        struct Plugin: Decodable { let id: String }
        struct Broken: Decodable { let path, cause: String }
        let plugins: [Plugin]
        let broken: [Broken]
    }

    private func list(_ folder: String, _ environment: [String: String] = [:]) throws -> Listing {
        let result = try ZooProcess.run(["list", "plugins", "--json", "--plugin-path", folder], environment)
        return try JSONDecoder().decode(Listing.self, from: Data(result.output.utf8))
    }

    /// A link is as good as the worst folder on the way that it leads.
    @Test func everyFolderOnTheWayOfALinkCounts() throws {
        try Scratch.with { scratch in
            let (links, open, real) = (
                try scratch.directory("links").path, try scratch.directory("open").path, try scratch.directory("real").path
            )
            try ForeignPlugin().build("libTiny.so", in: URL(fileURLWithPath: real))
            let files = FileManager.default
            try files.createSymbolicLink(atPath: links + "/libTiny.so", withDestinationPath: "../open/hop.so")
            try files.createSymbolicLink(atPath: open + "/hop.so", withDestinationPath: real + "/libTiny.so")
            #expect(try list(links).plugins.contains { $0.id == "Tiny" })
            try files.setAttributes([.posixPermissions: 0o777], ofItemAtPath: open)
            let found = try list(links)
            #expect(!found.plugins.contains { $0.id == "Tiny" })
            #expect(found.broken.first?.cause.contains("\(open) can be written by everyone") == true, "\(found.broken)")
            try files.removeItem(atPath: open + "/hop.so")
            try files.createSymbolicLink(atPath: open + "/hop.so", withDestinationPath: "hop.so")
            #expect(try !list(links).plugins.contains { $0.id == "Tiny" }, "a link that leads to itself ends")
        }
    }

    /// What is remembered of plugins is believed only where nobody else could have written it.
    @Test func theCacheIsJudgedAsPluginsAre() throws {
        try Scratch.with { scratch in
            try ForeignPlugin().build("libTiny.so", in: scratch.folder)
            let environment = ["XDG_CACHE_HOME": scratch.folder.path + "/cache", "ZOO_PLUGIN_PATH": scratch.folder.path]
            func components() throws -> String { try ZooProcess.run(["list", "components"], environment).output }
            #expect(try components().contains("says nothing"))
            let folder = scratch.folder.appendingPathComponent("cache/stn-zoo")
            let cache = try rememberedPlugins(in: folder)
            let forged = try String(contentsOf: cache, encoding: .utf8).replacingOccurrences(of: "says nothing", with: "says a lot")
            let files = FileManager.default
            for (mode, place) in [(0o600, folder.path), (0o777, folder.path), (0o666, cache.path)] {
                try forged.write(to: cache, atomically: false, encoding: .utf8)
                try files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
                try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: cache.path)
                if mode != 0o600 { try files.setAttributes([.posixPermissions: mode], ofItemAtPath: place) }
                #expect(try components().contains("says a lot") == (mode == 0o600), "mode \(mode) of \(place)")
            }
        }
    }

    /// What failed because of a file that was missing is tried again when the file is there.
    @Test func aPluginThatMissedAFileIsTriedAgain() throws {
        try Scratch.with { scratch in
            let plugin = classifier(
                version: 1,
                preamble: """
                    __attribute__((constructor)) static void look(void) { if (access("\(scratch.folder.path)/table", R_OK)) abort(); }
                    """)
            try plugin.build(scratch.folder.path + "/libPinned.so")
            for _ in 0..<2 {
                let broken = try list(scratch.folder.path).broken
                #expect(broken.first?.cause.contains("'zoo doctor' tries it again") == true, "\(broken)")
            }
            try scratch.file("table", "")
            #expect(try list(scratch.folder.path).plugins.contains { $0.id == "Pinned" })
        }
    }

    /// TorchScript is a program, whichever way it comes in.
    @Test func torchScriptIsTakenFromWhereAPluginWouldBe() throws {
        try Scratch.with { scratch in
            let model = scratch.folder.appendingPathComponent("model.pt")
            try FileManager.default.copyItem(at: ZooProcess.root.appendingPathComponent("Tests/Fixtures/torchscript.pt"), to: model)
            let manifest = try scratch.file(
                "zoo.json",
                #"{"version": 1, "entries": [{"id": "e", "architecture": {"id": "torchscript", "config": {"torchscript": "model.pt"}}}]}"#)
            try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: model.path)
            let evaluate = ["evaluate", "e", "--images", "100", "--weights", "initial", "--manifest", manifest.path, "--quiet"]
            let refused = try ZooProcess.run(evaluate, in: scratch.folder)
            #expect(refused.status == 77 && refused.errors.contains("mode 666"), "\(refused.status) \(refused.errors)")
            let imported = try ZooProcess.run(["import", model.path, "--manifest", scratch.folder.path + "/other.json"])
            #expect(imported.status != 0 && imported.errors.contains("mode 666"), "\(imported.status) \(imported.errors)")
            let allowed = try ZooProcess.run(evaluate + ["--allow", model.path], in: scratch.folder)
            #expect(allowed.status == 0, "\(allowed.errors)")
        }
    }
}
