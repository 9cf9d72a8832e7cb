import Foundation
import Testing

/// A plugin in C with one component, compiled while the tests run: the frame that such plugins share, with the statements that tell them
/// apart. It sees zoo_plugin.h and nothing else of the zoo.
struct CPlugin {
    enum Kind: String { case architecture, localization }

    var id: String
    var kind = Kind.architecture
    /// Its id.
    var component: String
    /// Initialisers of `zoo_option_v1`.
    var options: [String] = []
    /// Declarations and functions, before all others.
    var preamble = ""
    /// Statements; they see `b`, the `zoo_build_v1`, and set `*self`.
    var onCreate = "*self = &one;"
    var onDestroy = ""
    /// Statements; they see `self`, the images `in` and the answer `out`, and return a status.
    var onForward: String

    /// An option of a text.
    static func text(_ name: String) -> String {
        #"{"\#(name)", "what it does", ZOO_STRING, {ZOO_STRING, 4, {.string = "none"}}, -INFINITY, INFINITY, NULL}"#
    }

    /// An option that is true or false.
    static func flag(_ name: String) -> String { #"{"\#(name)", "whether it does", ZOO_BOOL, {ZOO_BOOL, 0, {0}}, 0, 1, NULL}"# }

    private var source: String {
        """
        #define _GNU_SOURCE
        #include <math.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <unistd.h>
        #include "zoo_plugin.h"
        static const char text[] =
            ZOO_DESCRIPTOR("id: \(id)\\nversion: 1.0.0\\nlicence: Apache-2.0\\nsummary: A test's plugin\\nauthors: Nobody\\n");
        static const zoo_host_v1 *host;
        static char one;
        static inline int64_t images(zoo_tensor *in) {
          zoo_tensor_info info;
          host->describe(in, &info);
          return info.sizes[0];
        }
        /* Logits of N×classes: for image n `value` at class `chosen(n)`, 0 elsewhere. */
        static inline zoo_status logits(zoo_tensor *in, int64_t classes, int64_t (*chosen)(int64_t), float value, zoo_tensor **out) {
          int64_t count = images(in), sizes[2] = {count, classes};
          float *numbers = calloc((size_t)(count * classes), sizeof *numbers);
          if (!numbers) return host->fail(ZOO_OUT_OF_MEMORY, "no room for logits");
          for (int64_t n = 0; n < count; n++) numbers[n * classes + chosen(n)] = value;
          zoo_status status = host->from_data(numbers, ZOO_F32, sizes, 2, NULL, NULL, out);
          free(numbers);
          return status;
        }
        \(preamble)
        static zoo_status create(const zoo_component_v1 *c, const zoo_build_v1 *b, void **self) {
          (void)c, (void)b;
          \(onCreate)
          return ZOO_OK;
        }
        static void destroy(void *self) { (void)self; \(onDestroy) }
        static zoo_status state(void *self, uint32_t i, zoo_state_v1 *out) { (void)self, (void)i, (void)out; return ZOO_NOT_FOUND; }
        static zoo_status set_training(void *self, int32_t on) { (void)self, (void)on; return ZOO_OK; }
        static zoo_status forward(void *self, zoo_tensor *in, \(kind == .architecture ? "const zoo_trace_v1 *trace, " : "")zoo_tensor **out) {
          (void)self\(kind == .architecture ? ", (void)trace" : "");
          \(onForward)
        }
        static const zoo_\(kind)_v1 table_of_kind = {sizeof(zoo_\(kind)_v1), forward};
        static const zoo_option_v1 options[] = {\((options + ["{0}"]).joined(separator: ", "))};
        static const zoo_component_v1 component = {sizeof(zoo_component_v1), ZOO_\(kind.rawValue.uppercased()), "\(component)", "a test's", "",
          options, \(options.count), NULL, 0, NULL, create, destroy, state, set_training, &table_of_kind, NULL};
        static const zoo_component_v1 *const components[] = {&component};
        static const zoo_plugin_table_v1 table = {ZOO_MAGIC, ZOO_ABI_MAJOR, ZOO_ABI_MINOR, sizeof table, text, components, 1, NULL};
        ZOO_EXPORT const zoo_plugin_table_v1 *zoo_plugin_v1(const zoo_host_v1 *given) { host = given; return &table; }
        """
    }

    /// Compiles it to a library.
    func build(_ path: String, _ flags: [String] = []) throws {
        try Scratch.with { scratch in try Self.compile(scratch.file("plugin.c", source).path, to: path, flags) }
    }

    /// Compiles a source file that includes zoo_plugin.h to a library.
    static func compile(_ source: String, to path: String, _ flags: [String] = []) throws {
        let header = ZooProcess.root.appendingPathComponent("Sources/CZooPlugin/include").path
        let result = try ZooProcess.execute(
            "/usr/bin/env", ["cc", "-std=gnu99", "-O0", "-shared", "-fPIC", "-I", header, "-o", path, source] + flags,
            ZooProcess.environment())
        try #require(result.status == 0, "cc: \(result.errors)")
    }
}
