import Foundation
import Testing

/// Plugins that are not as they should be, and the boundary that they stand behind.
@Suite struct PluginTests {
    /// The listing of plugins with `folder` on the path, parsed.
    private func list(_ folder: URL) throws -> (ids: [String], broken: [String: String]) {
        let result = try ZooProcess.run(["list", "plugins", "--json"], ["ZOO_PLUGIN_PATH": folder.path])
        #expect(result.status == 0, "\(result.errors)")
        struct Answer: Decodable {
            struct Plugin: Decodable { let id: String }
            struct Broken: Decodable { let path, cause: String }
            let plugins: [Plugin]
            let broken: [Broken]
        }
        let answer = try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
        let broken = answer.broken.map { (URL(fileURLWithPath: $0.path).lastPathComponent, $0.cause) }
        return (answer.plugins.map(\.id), Dictionary(broken) { first, _ in first })
    }

    @Test func theZoosOwnPluginsLoad() throws {
        try Scratch.with { scratch in
            let found = try list(scratch.folder)
            #expect(found.broken.isEmpty, "\(found.broken)")
            let builtIn = try ZooProcess.builtIn()
            #expect(builtIn.contains("libBaselineCNN.so"))
            for name in builtIn { #expect(found.ids.contains(String(name.dropFirst(3).dropLast(3)))) }
        }
    }

    @Test func aTextFileIsNamedAndDoesNoHarm() throws {
        try Scratch.with { scratch in
            try scratch.file("libX.so", "I am no library\n")
            let found = try list(scratch.folder)
            #expect(found.broken["libX.so"] != nil)
            #expect(found.ids.contains("BaselineCNN"))
            let plain = try ZooProcess.run(["list", "plugins"], ["ZOO_PLUGIN_PATH": scratch.folder.path])
            #expect(plain.status == 0)
            #expect(plain.complaints.count == 1, "one line per broken plugin: \(plain.errors)")
            #expect(plain.errors.contains("\(scratch.folder.path)/libX.so: "))
            let doctor = try ZooProcess.run(["doctor"], ["ZOO_PLUGIN_PATH": scratch.folder.path])
            #expect(doctor.status == 78)
            #expect(doctor.output.contains("libX.so") && doctor.output.contains("cure: "))
        }
    }

    @Test(.enabled(if: finds("cc"), "needs a C compiler, cc"))
    func aCopiedPluginAppearsWithoutRebuilding() throws {
        try Scratch.with { scratch in
            #expect(!(try list(scratch.folder)).ids.contains("Tiny"))
            try ForeignPlugin().build("libTiny.so", in: scratch.folder)
            let found = try list(scratch.folder)
            #expect(found.ids.contains("Tiny"))
            #expect(found.broken.isEmpty)
            let page = try ZooProcess.run(["show", "localization/tiny", "--plugin-path", scratch.folder.path])
            #expect(page.status == 0)
            #expect(page.output.contains("depth") && page.output.contains("at least 1"))
        }
    }

    @Test(
        .enabled(if: finds("cc"), "needs a C compiler, cc"),
        arguments: [
            (ForeignPlugin(abi: "2.0"), ["2.0", "1"]),
            (ForeignPlugin(tableMajor: 7), ["7.0", "1"]),
            (ForeignPlugin(callsWhatIsNotThere: true), ["zoo_test_function_that_nobody_has"]),
            (ForeignPlugin(components: 0), ["no component"]),
            (ForeignPlugin(refuses: true), ["not before lunch"]),
            (ForeignPlugin(id: "no good"), ["id"]),
        ])
    func aPluginThatDoesNotFitIsRefusedWithItsReason(_ plugin: ForeignPlugin, _ words: [String]) throws {
        try Scratch.with { scratch in
            try plugin.build("libTiny.so", in: scratch.folder)
            let found = try list(scratch.folder)
            let cause = try #require(found.broken["libTiny.so"])
            for word in words { #expect(cause.contains(word), "\(cause)") }
            #expect(!cause.contains("\n"))
            #expect(found.ids.contains("BaselineCNN"))
        }
    }

    @Test(.enabled(if: finds("cc"), "needs a C compiler, cc"))
    func theFirstOfTwoPluginsWithOneIdWins() throws {
        try Scratch.with { scratch in
            try ForeignPlugin().build("libTiny.so", in: scratch.folder)
            try ForeignPlugin(component: "other").build("libTwin.so", in: scratch.folder)
            try ForeignPlugin(id: "Third").build("libZ.so", in: scratch.folder)
            let found = try list(scratch.folder)
            #expect(found.ids.filter { $0 == "Tiny" }.count == 1)
            for name in ["libTwin.so", "libZ.so"] {
                #expect(found.broken[name]?.contains("libTiny.so") == true, "the cause names the file that came first: \(found.broken)")
            }
        }
    }

    @Test func aPluginDirectoryThatIsNotThereIsAnError() throws {
        let result = try ZooProcess.run(["list", "--plugin-path", "/nonexistent/plugins"])
        #expect(result.status == 66)
        #expect(result.complaints.count == 1 && result.errors.hasPrefix("zoo: /nonexistent/plugins: "))
    }

    @Test(.enabled(if: finds("nm") && finds("readelf"), "needs nm and readelf"), arguments: try ZooProcess.builtIn())
    func aPluginKnowsNothingOfTheEngine(_ name: String) throws {
        let path = ZooProcess.products.appendingPathComponent(name).path
        let symbols = try ZooProcess.execute("/usr/bin/env", ["nm", "-D", path], ZooProcess.environment())
        #expect(symbols.status == 0, "\(symbols.errors)")
        // Names alone: an address may hold any letters.
        let names = symbols.output.split(separator: "\n").compactMap { $0.split(separator: " ").last }
        for word in ["torch", "3c10", "ATen"] {
            let found = names.filter { $0.contains(word) }
            #expect(found.isEmpty, "\(name): \(found.prefix(3))")
        }
        let defined = symbols.output.split(separator: "\n").filter { $0.contains(" T ") }
        #expect(defined.count == 1 && defined[0].contains("_LTX_zoo_plugin_v1"), "only the entry is exported: \(defined.prefix(5))")
        let needed = try ZooProcess.execute("/usr/bin/env", ["readelf", "-d", path], ZooProcess.environment())
        let libraries = needed.output.split(separator: "\n").filter { $0.contains("NEEDED") }
        #expect(!libraries.contains { $0.contains("torch") || $0.contains("c10") }, "\(name): \(libraries)")
    }

    /// Where the engine's headers and libraries are.
    private static let torch = URL(
        fileURLWithPath: ProcessInfo.processInfo.environment["LIBTORCH"] ?? ZooProcess.root.appendingPathComponent(".venv/torch").path)

    /// A plugin that links the host's own libtorch computes on at::Tensor, and gradients flow through it.
    @Test(
        .enabled(
            if: finds("c++") && FileManager.default.fileExists(atPath: torch.path + "/include/ATen/ATen.h"),
            "needs a C++ compiler and libtorch's headers"))
    func aPluginMayLinkTheSameEngine() throws {
        try Scratch.with { scratch in
            let doctor = try ZooProcess.run(["doctor"]).output
            let engine = String(try #require(doctor.firstMatch(of: /libtorch +([0-9]+\.[0-9]+\.[0-9]+)/)).output.1)
            let library = scratch.folder.path + "/libLinked.so"
            let built = try ZooProcess.execute(
                "/usr/bin/env",
                [
                    "c++", "-std=c++20", "-O0", "-shared", "-fPIC", "-DENGINE=\"libtorch \(engine)\"", "-isystem",
                    Self.torch.path + "/include",
                    "-I", ZooProcess.root.appendingPathComponent("Sources/CZooPlugin/include").path, "-o", library,
                    ZooProcess.root.appendingPathComponent("Tests/Fixtures/linked_plugin.cpp").path, "-L", Self.torch.path + "/lib",
                    "-ltorch_cpu", "-lc10",
                ], ZooProcess.environment())
            try #require(built.status == 0, "\(built.errors)")
            let checked = try ZooProcess.run([
                "plugin", "check", library, "--shared", "--only", "load", "--only", "gradients", "--only", "state", "--only", "identity",
            ])
            #expect(checked.status == 0 && !checked.output.contains("skipped"), "\(checked.output)\(checked.errors)")
            #expect(try ZooProcess.run(["plugin", "info", library]).output.contains("libtorch_cpu.so"))
        }
    }
}
