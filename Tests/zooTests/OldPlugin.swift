import Foundation
import Testing

/// The zoo's Attention, built with the header of contract 1.0: libOld.so, which offers the transformer 'old'.
enum OldPlugin {
    static func build(in folder: URL) throws {
        func copy(_ path: String, as name: String) throws {
            try FileManager.default.copyItem(
                at: ZooProcess.root.appendingPathComponent(path), to: folder.appendingPathComponent(name))
        }
        try copy("Tests/Fixtures/zoo_plugin_1_0.h", as: "zoo_plugin.h")
        try copy("Templates/Plugin/c/zoo_support.h", as: "zoo_support.h")
        let source = ZooProcess.root.appendingPathComponent("Plugins/Attention/Attention.c")
        // The zoo's own is there too, so this one goes by other ids.
        let text = try String(contentsOf: source, encoding: .utf8)
            .replacingOccurrences(of: "id: Attention", with: "id: Old").replacingOccurrences(of: "libAttention", with: "libOld")
            .replacingOccurrences(of: ".id = \"attention\"", with: ".id = \"old\"")
        try text.write(to: folder.appendingPathComponent("old.c"), atomically: false, encoding: .utf8)
        let words = "cc -std=c99 -Wall -Werror -shared -fPIC -I . -o libOld.so old.c -lm".split(separator: " ").map(String.init)
        let built = try ZooProcess.execute("/usr/bin/env", words, ZooProcess.environment(), in: folder)
        try #require(built.status == 0, "\(built.errors)")
    }
}
