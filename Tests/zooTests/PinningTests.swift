import Foundation
import Testing
import ZooCore
import ZooStore

/// What was hashed and checked is what runs, whatever happens to the files meanwhile.
@Suite(.serialized, .enabled(if: finds("cc"), "needs a C compiler, cc")) struct PinningTests {
    private func compile(_ source: String, _ arguments: [String], to path: String) throws {
        try Scratch.with { scratch in
            let file = try scratch.file("source.c", source)
            let header = ZooProcess.root.appendingPathComponent("Sources/CZooPlugin/include").path
            let result = try ZooProcess.execute(
                "/usr/bin/env",
                ["cc", "-std=gnu99", "-O0", "-shared", "-fPIC", "-I", header, "-o", path, file.path] + arguments, ZooProcess.environment())
            try #require(result.status == 0, "cc: \(result.errors)")
        }
    }

    /// A classifier in C that says the digit `version`, and does what its setting says when it is made.
    private func classifier(version: Int, preamble: String = "", onCreate: String = "") -> String {
        """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <math.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include "zoo_plugin.h"
        \(preamble)
        static const char text[] = ZOO_DESCRIPTOR(
            "id: Pinned\\nversion: 1.0.0\\nlicence: Apache-2.0\\nsummary: A test's plugin\\nauthors: Nobody\\n");
        static const zoo_host_v1 *host;
        static char self_byte;
        static zoo_status create(const zoo_component_v1 *c, const zoo_build_v1 *b, void **self) {
          (void)c;
          const char *setting = b->settings[0].as.string;
          if (!setting) return host->fail(ZOO_BAD_ARGUMENT, "no setting");
          \(onCreate)
          *self = &self_byte;
          return ZOO_OK;
        }
        static void destroy(void *self) { (void)self; }
        static zoo_status state(void *self, uint32_t i, zoo_state_v1 *out) { (void)self; (void)i; (void)out; return ZOO_NOT_FOUND; }
        static zoo_status set_training(void *self, int32_t on) { (void)self; (void)on; return ZOO_OK; }
        static zoo_status forward(void *self, zoo_tensor *in, const zoo_trace_v1 *trace, zoo_tensor **out) {
          (void)self, (void)trace;
          zoo_tensor_info info;
          host->describe(in, &info);
          int64_t sizes[2] = {info.sizes[0], 10};
          float *logits = calloc((size_t)sizes[0] * 10, sizeof *logits);
          for (int64_t n = 0; n < sizes[0]; n++) logits[n * 10 + \(version)] = 3;
          zoo_status status = host->from_data(logits, ZOO_F32, sizes, 2, NULL, NULL, out);
          free(logits);
          return status;
        }
        static const zoo_architecture_v1 architecture = {sizeof(zoo_architecture_v1), forward};
        static const zoo_option_v1 options[] = {
          {"how", "what it does", ZOO_STRING, {ZOO_STRING, 4, {.string = "none"}}, -INFINITY, INFINITY, NULL}};
        static const zoo_component_v1 component = {sizeof(zoo_component_v1), ZOO_ARCHITECTURE, "pinned", "says one digit", "",
          options, 1, NULL, 0, NULL, create, destroy, state, set_training, &architecture, NULL};
        static const zoo_component_v1 *const components[] = {&component};
        static const zoo_plugin_table_v1 table = {ZOO_MAGIC, ZOO_ABI_MAJOR, ZOO_ABI_MINOR, sizeof(zoo_plugin_table_v1), text, components, 1, NULL};
        ZOO_EXPORT const zoo_plugin_table_v1 *zoo_plugin_v1(const zoo_host_v1 *given) { host = given; return &table; }
        """
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
            try compile(classifier(version: 1, onCreate: replace), [], to: library)
            try compile(classifier(version: 7, onCreate: replace), [], to: scratch.folder.path + "/other")
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
            try compile("int helper(void) { return 1; }", ["-Wl,-soname,libhelper.so"], to: lib + "/libhelper.so")
            let look = """
                Dl_info info;
                char path[4096], digit = 0;
                if (!dladdr((void *)&self_byte, &info)) return host->fail(ZOO_ERROR, "nowhere");
                snprintf(path, sizeof path, "%.*s/data.txt", (int)(strrchr(info.dli_fname, '/') - info.dli_fname), info.dli_fname);
                FILE *file = fopen(path, "r");
                if (!file) return host->fail(ZOO_ERROR, "no data beside the plugin");
                digit = (char)fgetc(file);
                fclose(file);
                if (digit != '4' || helper() != 1) return host->fail(ZOO_ERROR, "other data");
                """
            try compile(
                classifier(version: 1, preamble: "int helper(void);", onCreate: look),
                ["-L", lib, "-lhelper", "-Wl,-rpath,$ORIGIN/../lib"], to: plugins + "/libPinned.so")
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
            let cache = folder.appendingPathComponent("plugins.json")
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
            let source = classifier(
                version: 1,
                preamble: """
                    #include <unistd.h>
                    __attribute__((constructor)) static void look(void) { if (access("\(scratch.folder.path)/table", R_OK)) abort(); }
                    """)
            try compile(source, [], to: scratch.folder.path + "/libPinned.so")
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
