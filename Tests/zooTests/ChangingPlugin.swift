import Foundation
import Testing
import ZooCore

/// An architecture in C that answers every image with one class, which is a digit in its file; and that, while a batch runs, puts another file
/// with the next digits in its own place.
///
/// Nothing here depends on time: the plugin itself replaces its file, at the networks that its settings say, and ends its process where they say
/// so, so that a new one finds what is there then.
enum ChangingPlugin {
    /// Two digits of a decimal number, which the library's bytes hold behind this word.
    private static let marker = "answer of this plugin: "

    private static let source = """
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <unistd.h>
        #include "zoo_plugin.h"
        static const char text[] = ZOO_DESCRIPTOR(
            "id: Changing\\nversion: 1.0.0\\nlicence: Apache-2.0\\nsummary: A test's plugin\\nauthors: Nobody\\n");
        static const volatile char answer[] = "\(marker)00";
        static const zoo_host_v1 *host;
        static int one;
        // Takes the next of the files that wait in the folder that the environment names.
        static void replace(void) {
          const char *folder = getenv("CHANGING_PLUGIN");
          char from[4096], to[4096];
          for (int n = 1; folder && n < 100; n++) {
            snprintf(from, sizeof from, "%s/waiting/%02d", folder, n);
            snprintf(to, sizeof to, "%s/libChanging.so", folder);
            if (rename(from, to) == 0) return;
          }
        }
        static zoo_status create(const zoo_component_v1 *c, const zoo_build_v1 *b, void **self) {
          (void)c;
          if (b->settings[0].as.i) replace();
          if (b->settings[1].as.i) _exit(9);
          *self = &one;
          return ZOO_OK;
        }
        static void destroy(void *self) { (void)self; }
        static zoo_status state(void *self, uint32_t i, zoo_state_v1 *out) { (void)self; (void)i; (void)out; return ZOO_NOT_FOUND; }
        static zoo_status set_training(void *self, int32_t on) { (void)self; (void)on; return ZOO_OK; }
        static zoo_status forward(void *self, zoo_tensor *in, const zoo_trace_v1 *trace, zoo_tensor **out) {
          (void)self; (void)trace;
          zoo_tensor_info info;
          host->describe(in, &info);
          int64_t count = info.sizes[0], sizes[2] = {count, 10};
          // The loss tells both digits, the class only one.
          int number = 10 * (answer[sizeof answer - 3] - '0') + answer[sizeof answer - 2] - '0';
          float *logits = calloc((size_t)(count * 10), sizeof *logits);
          for (int64_t n = 0; n < count; n++) logits[10 * n] = (float)(1 + number);
          zoo_status status = host->from_data(logits, ZOO_F32, sizes, 2, NULL, NULL, out);
          free(logits);
          return status;
        }
        static const zoo_architecture_v1 architecture = {sizeof(zoo_architecture_v1), forward};
        static const zoo_option_v1 options[] = {
          {"replaces", "puts another file in its place", ZOO_BOOL, {ZOO_BOOL, 0, {0}}, 0, 1, NULL},
          {"ends", "ends the process", ZOO_BOOL, {ZOO_BOOL, 0, {0}}, 0, 1, NULL}};
        static const zoo_component_v1 component = {sizeof(zoo_component_v1), ZOO_ARCHITECTURE, "changing", "changes", "",
          options, 2, NULL, 0, NULL, create, destroy, state, set_training, &architecture, NULL};
        static const zoo_component_v1 *const components[] = {&component};
        static const zoo_plugin_table_v1 table = {ZOO_MAGIC, ZOO_ABI_MAJOR, ZOO_ABI_MINOR, sizeof table, text, components, 1, NULL};
        ZOO_EXPORT const zoo_plugin_table_v1 *zoo_plugin_v1(const zoo_host_v1 *given) { host = given; return &table; }
        """

    /// Compiles it as `folder/libChanging.so`, with the number 0, and puts as many others as are wanted in `folder/waiting`, one per number.
    ///
    /// - Returns: the number by the SHA-256 of the file.
    static func build(in folder: URL, waiting: Int) throws -> [String: Int] {
        let library = folder.appendingPathComponent("libChanging.so")
        try Scratch.with { scratch in
            let file = try scratch.file("plugin.c", source)
            let header = ZooProcess.root.appendingPathComponent("Sources/CZooPlugin/include").path
            let result = try ZooProcess.execute(
                "/usr/bin/env",
                ["cc", "-std=c99", "-D_DEFAULT_SOURCE", "-O0", "-shared", "-fPIC", "-I", header, "-o", library.path, file.path],
                ZooProcess.environment())
            try #require(result.status == 0, "cc: \(result.errors)")
        }
        let bytes = try Data(contentsOf: library)
        let place = try #require(bytes.range(of: Data((marker + "00").utf8)))
        try FileManager.default.createDirectory(at: folder.appendingPathComponent("waiting"), withIntermediateDirectories: true)
        var numbers = [try checksum(library): 0]
        for number in 1...waiting {
            var changed = bytes
            let digits = (number < 10 ? "0" : "") + "\(number)"
            changed.replaceSubrange(place.upperBound - 2..<place.upperBound, with: Data(digits.utf8))
            let file = folder.appendingPathComponent("waiting/\(digits)")
            try changed.write(to: file)
            numbers[try checksum(file)] = number
        }
        return numbers
    }

    private static func checksum(_ file: URL) throws -> String { try Checksum.sha256(ofFile: file.path) }
}
