import Foundation
import TestSupport
import Testing
import ZooCore
import ZooHost
import ZooKit
import ZooManifest
import ZooPlugins

/// An architecture in C that asks for a part by its id instead of through a slot.
@Suite struct PartsByIdTests {
    private static let source = """
        #include "zoo_plugin.h"
        static const char text[] = ZOO_DESCRIPTOR(
            "id: ById\\nversion: 1.0.0\\nlicence: Apache-2.0\\nsummary: Asks by id\\nauthors: Nobody\\n");
        static const zoo_host_v1 *host;
        static zoo_part_v1 part;
        static zoo_status create(const zoo_component_v1 *c, const zoo_build_v1 *b, void **self) {
          static const char *const names[] = {"localization:fcn", "localization:fnc", "nothing"};
          zoo_build_v1 wanted = *b;
          (void)c;
          wanted.outputs = 6;
          *self = &part;
          return host->make_part(b->builder, names[b->settings[0].as.i], &wanted, &part);
        }
        static void destroy(void *self) { (void)self; part.component->destroy(part.instance); }
        static zoo_status state(void *self, uint32_t i, zoo_state_v1 *out) { (void)self; return part.component->state(part.instance, i, out); }
        static zoo_status set_training(void *self, int32_t on) { (void)self; return part.component->set_training(part.instance, on); }
        static zoo_status forward(void *self, zoo_tensor *in, const zoo_trace_v1 *trace, zoo_tensor **out) {
          (void)self; (void)trace;
          return ((const zoo_localization_v1 *)part.component->table)->forward(part.instance, in, out);
        }
        static const zoo_architecture_v1 architecture = {sizeof(zoo_architecture_v1), forward};
        static const zoo_option_v1 options[] = {{"which", "name", ZOO_INT, {ZOO_INT, 0, {0}}, 0, 2, NULL}};
        static const zoo_component_v1 component = {sizeof(zoo_component_v1), ZOO_ARCHITECTURE, "by-id", "by id", "",
          options, 1, NULL, 0, NULL, create, destroy, state, set_training, &architecture, NULL};
        static const zoo_component_v1 *const components[] = {&component};
        static const zoo_plugin_table_v1 table = {ZOO_MAGIC, ZOO_ABI_MAJOR, ZOO_ABI_MINOR, sizeof table, text, components, 1, NULL};
        ZOO_EXPORT const zoo_plugin_table_v1 *zoo_plugin_v1(const zoo_host_v1 *given) { host = given; return &table; }
        """

    @Test(.enabled(if: finds("cc"), "needs a C compiler, cc")) func aPartComesByItsIdOrAWordSaysWhyNot() throws {
        let header = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Sources/CZooPlugin/include").path
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zoo-by-id-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("plugin.c")
        try Self.source.write(to: file, atomically: true, encoding: .utf8)
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments = [
            "cc", "-std=c99", "-shared", "-fPIC", "-I", header, "-o", folder.appendingPathComponent("libById.so").path, file.path,
        ]
        try compiler.run()
        compiler.waitUntilExit()
        try #require(compiler.terminationStatus == 0)

        let host = try HostRuntime(searchPath: SearchPath(given: [folder.path], environment: [:]))
        func network(_ which: Int) throws -> Network {
            let manifest = folder.appendingPathComponent("zoo.json")
            try "{\"version\": 1, \"entries\": [{\"id\": \"x\", \"architecture\": {\"id\": \"by-id\", \"config\": {\"which\": \(which)}}}]}"
                .write(to: manifest, atomically: true, encoding: .utf8)
            return try host.network(Manifest(path: manifest.path).entry("x"), input: ImageShape(1, 28, 28), classes: 10, seed: 0)
        }
        let made = try network(0)
        #expect(made.parameters.entries.map(\.name).contains("theta.weight"))
        #expect(made.files == ["libById.so", "libLocalization.so"], "also what no slot names")
        #expect(host.checksums(of: made).values.allSatisfy { $0.count == 64 } && host.checksums(of: made).count == 2)
        #expect(try made.architecture.forward(Tensor.ones([2, 1, 28, 28])).shape == [2, 6])
        let misspelt = #expect(throws: HostError.self) { try network(1) }
        #expect(misspelt?.message.contains("did you mean 'fcn'?") == true)
        let undeclared = #expect(throws: HostError.self) { try network(2) }
        #expect(undeclared?.message.contains("declares no slot 'nothing'") == true)
    }
}
