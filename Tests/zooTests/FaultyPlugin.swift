import Foundation
import Testing

/// A classifier in C that does what no plugin should, as its setting `how` says; and one that is in order.
enum FaultyPlugin {
    private static let plugin = CPlugin(
        id: "Faulty", component: "faulty", options: [CPlugin.text("how")],
        preamble: """
            typedef struct { char how[16]; } faulty;
            static int64_t in_turn(int64_t n) { return n % 9; }
            """,
        onCreate: """
            if (b->settings[0].count >= sizeof(faulty)) return host->fail(ZOO_ERROR, "too long");
            faulty *made = calloc(1, sizeof *made);
            memcpy(made->how, b->settings[0].as.string, b->settings[0].count);
            *self = made;
            """,
        onDestroy: "free(self);",
        onForward: """
            const char *how = ((faulty *)self)->how;
            int64_t count = images(in);
            if (!strcmp(how, "crash")) *(volatile int *)0 = 1;
            if (!strcmp(how, "abort")) { fprintf(stderr, "this cannot go on\\n"); abort(); }
            if (!strcmp(how, "exit")) exit(3);
            if (!strcmp(how, "hang")) for (;;) usleep(10000);
            if (!strcmp(how, "error")) return host->fail(ZOO_ERROR, "not before lunch");
            if (!strcmp(how, "memory"))
              for (;;) { char *more = malloc(1 << 20); memset(more, 1, 1 << 20); }
            // As a network whose activations take 16 MiB per image.
            if (!strcmp(how, "large") && count > 40) {
              char *much = malloc((size_t)count << 24);
              if (!much) return host->fail(ZOO_OUT_OF_MEMORY, "no room for activations");
              memset(much, 1, (size_t)count << 24);
              free(much);
            }
            if (!strcmp(how, "chatter")) { printf("{\\"finished\\": nothing}\\n"); fflush(stdout); fprintf(stderr, "blah\\n"); }
            return logits(in, strcmp(how, "shape") ? 10 : 9, in_turn, strcmp(how, "nan") ? 3 : NAN, out);
            """)

    static func build(in folder: URL) throws { try plugin.build(folder.appendingPathComponent("libFaulty.so").path) }

    /// A manifest with one entry for each way.
    static func manifest(_ ways: [String]) -> String {
        let entries = ways.map {
            #"{"id": "\#($0)", "architecture": {"id": "faulty", "config": {"how": "\#($0)"}}}"#
        }
        return #"{"version": 1, "entries": [\#(entries.joined(separator: ", "))]}"#
    }
}
