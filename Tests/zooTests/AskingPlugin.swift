import Foundation
import Testing

/// Two plugins in C: an architecture that asks for a localization net by its id instead of through a slot, and that net, whose answer is a
/// digit in its file.
enum AskingPlugin {
    private static let marker = "answer of this part: "

    private static let part = CPlugin(
        id: "Part", kind: .localization, component: "part",
        preamble: """
            static const volatile char answer[] = "\(marker)1";
            static int64_t digit(int64_t n) { (void)n; return answer[sizeof answer - 2] - '0'; }
            """,
        onForward: "return logits(in, 10, digit, 1, out);")

    private static let architecture = CPlugin(
        id: "Asking", component: "asking",
        onCreate: """
            zoo_build_v1 wanted = *b;
            zoo_part_v1 *part = calloc(1, sizeof *part);
            *self = part;
            return host->make_part(b->builder, "localization:part", &wanted, part);
            """,
        onDestroy: "zoo_part_v1 *part = self; part->component->destroy(part->instance); free(part);",
        onForward: """
            zoo_part_v1 *part = self;
            return ((const zoo_localization_v1 *)part->component->table)->forward(part->instance, in, out);
            """)

    /// Compiles both, `libAsking.so` and `libPart.so`.
    static func build(in folder: URL) throws {
        try architecture.build(folder.appendingPathComponent("libAsking.so").path)
        try part.build(folder.appendingPathComponent("libPart.so").path)
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
