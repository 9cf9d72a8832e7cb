import Foundation
import Testing

/// A plugin in C, compiled while the tests run: it sees zoo_plugin.h and nothing else of the zoo.
struct ForeignPlugin {
    var id = "Tiny"
    var component = "tiny"
    /// Contract in the descriptor.
    var abi = "1.0"
    /// Contract in the table, which only shows after loading.
    var tableMajor = 1
    var components = 1
    var refuses = false
    var crashes = false
    var callsWhatIsNotThere = false

    private var source: String {
        """
        #include <math.h>
        #include <stdlib.h>
        #include "zoo_plugin.h"
        static const char text[] =
            "ZOO-PLUGIN-DESCRIPTOR \(abi)\\nid: \(id)\\nversion: 1.0.0\\nlicence: Apache-2.0\\nsummary: A test's plugin\\nauthors: Nobody\\n";
        static const zoo_host_v1 *host;
        static zoo_status create(const zoo_component_v1 *c, const zoo_build_v1 *b, void **self) {
          (void)c; (void)b; (void)self;
          return host->fail(ZOO_UNSUPPORTED, "this one is only for show");
        }
        static void destroy(void *self) { (void)self; }
        static zoo_status state(void *self, uint32_t i, zoo_state_v1 *out) { (void)self; (void)i; (void)out; return ZOO_NOT_FOUND; }
        static zoo_status set_training(void *self, int32_t on) { (void)self; (void)on; return ZOO_OK; }
        static zoo_status forward(void *self, zoo_tensor *in, zoo_tensor **out) { (void)self; (void)in; (void)out; return ZOO_ERROR; }
        static const zoo_localization_v1 localization = {sizeof(zoo_localization_v1), forward};
        static const zoo_option_v1 options[] = {{"depth", "layers", ZOO_INT, {ZOO_INT, 0, {2}}, 1, INFINITY, NULL}};
        static const zoo_component_v1 component = {sizeof(zoo_component_v1), ZOO_LOCALIZATION, "\(component)", "says nothing", "",
          options, 1, NULL, 0, NULL, create, destroy, state, set_training, &localization, NULL};
        static const zoo_component_v1 *const components[] = {&component};
        static const zoo_plugin_table_v1 table = {ZOO_MAGIC, \(tableMajor), 0, sizeof(zoo_plugin_table_v1), text, components, \(components), NULL};
        extern void zoo_test_function_that_nobody_has(void);
        ZOO_EXPORT const zoo_plugin_table_v1 *zoo_plugin_v1(const zoo_host_v1 *given) {
          host = given;
          if (\(callsWhatIsNotThere ? 1 : 0)) { \(callsWhatIsNotThere ? "zoo_test_function_that_nobody_has();" : "") }
          if (\(crashes ? 1 : 0)) abort();
          if (\(refuses ? 1 : 0)) { host->fail(ZOO_UNSUPPORTED, "not before lunch"); return NULL; }
          return &table;
        }
        """
    }

    /// Compiles it to `folder/name`.
    func build(_ name: String, in folder: URL) throws {
        try Scratch.with { scratch in
            try CPlugin.compile(
                scratch.file("plugin.c", source).path, to: folder.appendingPathComponent(name).path,
                ["-std=c99", "-Wall", "-Wextra", "-Werror"])
        }
    }
}
