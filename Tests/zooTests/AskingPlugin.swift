import Foundation
import Testing

/// Two plugins in C: an architecture that asks for a localization net by its id instead of through a slot, and that net, whose answer is a
/// digit in its file.
enum AskingPlugin {
    private static let marker = "answer of this part: "

    private static let common = """
        #include <stdlib.h>
        #include "zoo_plugin.h"
        static const zoo_host_v1 *host;
        static zoo_status set_training(void *self, int32_t on) { (void)self; (void)on; return ZOO_OK; }
        static zoo_status state(void *self, uint32_t i, zoo_state_v1 *out) { (void)self; (void)i; (void)out; return ZOO_NOT_FOUND; }

        """

    private static let part =
        common + """
            static const char text[] = ZOO_DESCRIPTOR("id: Part\\nversion: 1.0.0\\nlicence: Apache-2.0\\nsummary: A part\\nauthors: Nobody\\n");
            static const volatile char answer[] = "\(marker)1";
            static int one;
            static zoo_status create(const zoo_component_v1 *c, const zoo_build_v1 *b, void **self) { (void)c; (void)b; *self = &one; return ZOO_OK; }
            static void destroy(void *self) { (void)self; }
            static zoo_status forward(void *self, zoo_tensor *in, zoo_tensor **out) {
              (void)self;
              zoo_tensor_info info;
              host->describe(in, &info);
              int64_t count = info.sizes[0], sizes[2] = {count, 10};
              float *logits = calloc((size_t)(count * 10), sizeof *logits);
              for (int64_t n = 0; n < count; n++) logits[10 * n + answer[sizeof answer - 2] - '0'] = 1;
              zoo_status status = host->from_data(logits, ZOO_F32, sizes, 2, NULL, NULL, out);
              free(logits);
              return status;
            }
            static const zoo_localization_v1 localization = {sizeof(zoo_localization_v1), forward};
            static const zoo_component_v1 component = {sizeof(zoo_component_v1), ZOO_LOCALIZATION, "part", "a part", "",
              NULL, 0, NULL, 0, NULL, create, destroy, state, set_training, &localization, NULL};
            static const zoo_component_v1 *const components[] = {&component};
            static const zoo_plugin_table_v1 table = {ZOO_MAGIC, ZOO_ABI_MAJOR, ZOO_ABI_MINOR, sizeof table, text, components, 1, NULL};
            ZOO_EXPORT const zoo_plugin_table_v1 *zoo_plugin_v1(const zoo_host_v1 *given) { host = given; return &table; }
            """

    private static let architecture =
        common + """
            static const char text[] = ZOO_DESCRIPTOR("id: Asking\\nversion: 1.0.0\\nlicence: Apache-2.0\\nsummary: Asks\\nauthors: Nobody\\n");
            static zoo_status create(const zoo_component_v1 *c, const zoo_build_v1 *b, void **self) {
              (void)c;
              zoo_build_v1 wanted = *b;
              zoo_part_v1 *part = calloc(1, sizeof *part);
              *self = part;
              return host->make_part(b->builder, "localization:part", &wanted, part);
            }
            static void destroy(void *self) { zoo_part_v1 *part = self; part->component->destroy(part->instance); free(part); }
            static zoo_status forward(void *self, zoo_tensor *in, const zoo_trace_v1 *trace, zoo_tensor **out) {
              (void)trace;
              zoo_part_v1 *part = self;
              return ((const zoo_localization_v1 *)part->component->table)->forward(part->instance, in, out);
            }
            static const zoo_architecture_v1 table_of_it = {sizeof(zoo_architecture_v1), forward};
            static const zoo_component_v1 component = {sizeof(zoo_component_v1), ZOO_ARCHITECTURE, "asking", "asks", "",
              NULL, 0, NULL, 0, NULL, create, destroy, state, set_training, &table_of_it, NULL};
            static const zoo_component_v1 *const components[] = {&component};
            static const zoo_plugin_table_v1 table = {ZOO_MAGIC, ZOO_ABI_MAJOR, ZOO_ABI_MINOR, sizeof table, text, components, 1, NULL};
            ZOO_EXPORT const zoo_plugin_table_v1 *zoo_plugin_v1(const zoo_host_v1 *given) { host = given; return &table; }
            """

    /// Compiles both, `libAsking.so` and `libPart.so`.
    static func build(in folder: URL) throws {
        for (name, source) in [("libAsking.so", architecture), ("libPart.so", part)] {
            try Scratch.with { scratch in
                let file = try scratch.file("plugin.c", source)
                let header = ZooProcess.root.appendingPathComponent("Sources/CZooPlugin/include").path
                let library = folder.appendingPathComponent(name).path
                let result = try ZooProcess.execute(
                    "/usr/bin/env", ["cc", "-std=c99", "-O0", "-shared", "-fPIC", "-I", header, "-o", library, file.path],
                    ZooProcess.environment())
                try #require(result.status == 0, "cc: \(result.errors)")
            }
        }
    }

    /// Puts another net in the place of the one that is asked for.
    static func changePart(in folder: URL) throws {
        let file = folder.appendingPathComponent("libPart.so")
        var bytes = try Data(contentsOf: file)
        let place = try #require(bytes.range(of: Data((marker + "1").utf8)))
        bytes[place.upperBound - 1] = UInt8(ascii: "2")
        try bytes.write(to: file, options: .atomic)
    }
}
