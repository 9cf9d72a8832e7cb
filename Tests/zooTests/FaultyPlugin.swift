import Foundation
import Testing

/// A classifier in C that does what no plugin should, as its setting `how` says; and one that is in order.
enum FaultyPlugin {
    static let source = """
        #include <math.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <unistd.h>
        #include "zoo_plugin.h"
        static const char text[] =
            "ZOO-PLUGIN-DESCRIPTOR 1.0\\nid: Faulty\\nversion: 1.0.0\\nlicence: Apache-2.0\\nsummary: A test's plugin\\nauthors: Nobody\\n";
        static const zoo_host_v1 *host;
        typedef struct { char how[16]; } faulty;
        static zoo_status create(const zoo_component_v1 *c, const zoo_build_v1 *b, void **self) {
          (void)c;
          faulty *made = calloc(1, sizeof *made);
          if (b->settings[0].count >= sizeof made->how) return host->fail(ZOO_ERROR, "too long");
          memcpy(made->how, b->settings[0].as.string, b->settings[0].count);
          *self = made;
          return ZOO_OK;
        }
        static void destroy(void *self) { free(self); }
        static zoo_status state(void *self, uint32_t i, zoo_state_v1 *out) { (void)self; (void)i; (void)out; return ZOO_NOT_FOUND; }
        static zoo_status set_training(void *self, int32_t on) { (void)self; (void)on; return ZOO_OK; }
        static zoo_status forward(void *self, zoo_tensor *in, const zoo_trace_v1 *trace, zoo_tensor **out) {
          (void)trace;
          const char *how = ((faulty *)self)->how;
          zoo_tensor_info info;
          host->describe(in, &info);
          int64_t count = info.sizes[0], sizes[2] = {count, 10};
          if (!strcmp(how, "crash")) *(volatile int *)0 = 1;
          if (!strcmp(how, "abort")) { fprintf(stderr, "this cannot go on\\n"); abort(); }
          if (!strcmp(how, "exit")) exit(3);
          if (!strcmp(how, "hang")) for (;;) usleep(10000);
          if (!strcmp(how, "error")) return host->fail(ZOO_ERROR, "not before lunch");
          if (!strcmp(how, "memory"))
            for (;;) { char *more = malloc(1 << 20); memset(more, 1, 1 << 20); }
          // As a network whose activations take 8 MiB per image.
          if (!strcmp(how, "large") && count > 40) {
            char *much = malloc((size_t)count << 24);
            if (!much) return host->fail(ZOO_OUT_OF_MEMORY, "no room for activations");
            memset(much, 1, (size_t)count << 24);
            free(much);
          }
          if (!strcmp(how, "chatter")) { printf("{\\"finished\\": nothing}\\n"); fflush(stdout); fprintf(stderr, "blah\\n"); }
          if (!strcmp(how, "shape")) sizes[1] = 9;
          float *logits = calloc((size_t)(count * sizes[1]), sizeof *logits);
          for (int64_t n = 0; n < count; n++) logits[n * sizes[1] + n % 9] = !strcmp(how, "nan") ? NAN : 3;
          zoo_status status = host->from_data(logits, ZOO_F32, sizes, 2, NULL, NULL, out);
          free(logits);
          return status;
        }
        static const zoo_architecture_v1 architecture = {sizeof(zoo_architecture_v1), forward};
        static const zoo_option_v1 options[] = {
          {"how", "what goes wrong", ZOO_STRING, {ZOO_STRING, 4, {.string = "none"}}, -INFINITY, INFINITY, NULL}};
        static const zoo_component_v1 component = {sizeof(zoo_component_v1), ZOO_ARCHITECTURE, "faulty", "does what no plugin should", "",
          options, 1, NULL, 0, NULL, create, destroy, state, set_training, &architecture, NULL};
        static const zoo_component_v1 *const components[] = {&component};
        static const zoo_plugin_table_v1 table = {ZOO_MAGIC, ZOO_ABI_MAJOR, ZOO_ABI_MINOR, sizeof(zoo_plugin_table_v1), text, components, 1, NULL};
        ZOO_EXPORT const zoo_plugin_table_v1 *zoo_plugin_v1(const zoo_host_v1 *given) { host = given; return &table; }
        """

    static func build(in folder: URL) throws {
        try Scratch.with { scratch in
            let source = try scratch.file("plugin.c", source)
            let header = ZooProcess.root.appendingPathComponent("Sources/CZooPlugin/include").path
            let library = folder.appendingPathComponent("libFaulty.so").path
            let result = try ZooProcess.execute(
                "/usr/bin/env",
                ["cc", "-std=c99", "-D_DEFAULT_SOURCE", "-O0", "-shared", "-fPIC", "-I", header, "-o", library, source.path],
                ZooProcess.environment())
            try #require(result.status == 0, "cc: \(result.errors)")
        }
    }

    /// A manifest with one entry for each way.
    static func manifest(_ ways: [String]) -> String {
        let entries = ways.map {
            #"{"id": "\#($0)", "architecture": {"id": "faulty", "config": {"how": "\#($0)"}}}"#
        }
        return #"{"version": 1, "entries": [\#(entries.joined(separator: ", "))]}"#
    }
}
