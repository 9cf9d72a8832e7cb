import Foundation
import Testing
import ZooCore

/// An architecture in C that answers every image with one class, which is a digit in its file; and that, while a batch
/// runs, puts another file with the next digits in its own place.
///
/// Nothing here depends on time: the plugin itself replaces its file, at the networks that its settings say, and ends
/// its process where they say so, so that a new one finds what is there then.
enum ChangingPlugin {
    /// Two digits of a decimal number, which the library's bytes hold behind this word.
    private static let marker = "answer of this plugin: "

    private static let plugin = CPlugin(
        id: "Changing", component: "changing", options: [CPlugin.flag("replaces"), CPlugin.flag("ends")],
        preamble: """
            static const volatile char answer[] = "\(marker)00";
            static int64_t first(int64_t n) { (void)n; return 0; }
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
            """,
        onCreate: """
            if (b->settings[0].as.i) replace();
            if (b->settings[1].as.i) _exit(9);
            *self = &one;
            """,
        onForward: """
            // The loss tells both digits, the class only one.
            int number = 10 * (answer[sizeof answer - 3] - '0') + answer[sizeof answer - 2] - '0';
            return logits(in, 10, first, (float)(1 + number), out);
            """)

    /// Compiles it as `folder/libChanging.so`, with the number 0, and puts as many others as are wanted in
    /// `folder/waiting`, one per number.
    ///
    /// - Returns: the number by the SHA-256 of the file.
    static func build(in folder: URL, waiting: Int) throws -> [String: Int] {
        let library = folder.appendingPathComponent("libChanging.so")
        try plugin.build(library.path)
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
