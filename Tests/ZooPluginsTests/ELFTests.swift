import Foundation
import TestSupport
import Testing
import ZooCore
import ZooPlugins

private let lines = "id: Foo\nversion: 0.1\nlicence: MIT\nsummary: A test\nauthors: A. Author; B. Author\n"
private let engine = "libtorch 2.13.0"

@Suite(.enabled(if: finds("cc"), "needs a C compiler, cc")) struct ELFTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// Compiles C to a shared library with the system's compiler.
    private func library(_ name: String, _ source: String, _ flags: [String] = []) throws -> String {
        let input = try directory.write(name + ".c", Data(source.utf8))
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments = ["cc", "-shared", "-fPIC", "-nostdlib", "-o", directory.file(name), input] + flags
        try compiler.run()
        compiler.waitUntilExit()
        try #require(compiler.terminationStatus == 0)
        return directory.file(name)
    }

    private func plugin(
        _ name: String = "libFoo.so", descriptor: String = "ZOO-PLUGIN-DESCRIPTOR 1.0\n" + lines, entry: String? = "zoo_plugin_v1",
        _ flags: [String] = []
    ) throws -> String {
        let literal = descriptor.replacingOccurrences(of: "\n", with: "\\n")
        let function = entry.map { "const void *\($0)(const void *host) { return host; }\n" } ?? ""
        return try library(name, "const char text[] = \"\(literal)\";\n" + function, flags)
    }

    /// The one-line message of the error that `body` must throw.
    private func message(_ kind: HostError.Kind = .data, _ body: () throws -> Void) throws -> String {
        let error = try #require(#expect(throws: HostError.self, performing: body))
        #expect(error.kind == kind)
        #expect(!error.message.contains("\n"))
        return error.message
    }

    @Test(arguments: ["gnu", "sysv", "both"]) func readsAPlugin(hashStyle: String) throws {
        let path = try plugin(entry: "libFoo_LTX_zoo_plugin_v1", ["-Wl,--hash-style=\(hashStyle)", "-Wl,-soname,libOther.so"])
        let file = try #require(try PluginFile(path: path))
        #expect(file.descriptor.id == "Foo")
        #expect(file.descriptor.version == "0.1")
        #expect(file.descriptor.authors == ["A. Author", "B. Author"])
        #expect(file.descriptor.papers.isEmpty)
        #expect(file.descriptor["summary"] == "A test")
        #expect(file.entrySymbol == "libFoo_LTX_zoo_plugin_v1")
        #expect(file.library.soname == "libOther.so")
        #expect(file.library.machine == .current)
        #expect(Set(try file.library.exports()) == ["text", "libFoo_LTX_zoo_plugin_v1"])
        #expect(!file.linksEngine)
        try file.requireLoadable(engine: engine)
    }

    @Test func unknownKeysAreKept() throws {
        let text = "ZOO-PLUGIN-DESCRIPTOR 1.7\n" + lines + "homepage: https://example.org\npapers: arXiv:1506.02025; arXiv:1612.03897"
        let descriptor = try PluginDescriptor(text: text, path: "libFoo.so")
        #expect(descriptor["homepage"] == "https://example.org")
        #expect(descriptor.papers == ["arXiv:1506.02025", "arXiv:1612.03897"])
        #expect((descriptor.abiMajor, descriptor.abiMinor) == (1, 7))
    }

    @Test func anotherLibraryIsNoPlugin() throws {
        let mentions = "const char magic[] = \"ZOO-PLUGIN-DESCRIPTOR \"; const char first[] = \"ZOO-PLUGIN-DESCRIPTOR 1.0\\n\";"
        #expect(try PluginFile(path: library("libOther.so", mentions)) == nil)
    }

    @Test func textFileIsNamed() throws {
        let path = try directory.write("libX.so", Data("#!/bin/sh\necho hello\n".utf8))
        #expect(
            try message { _ = try PluginFile(path: path) }
                == "\(path): not a shared library: it starts with '#!/bin/sh', expected an ELF header")
    }

    @Test func emptyMissingAndDirectory() throws {
        let path = try directory.write("libX.so", Data())
        #expect(try message { _ = try ELFFile(path: path) }.contains("it is empty"))
        #expect(try message(.noInput) { _ = try ELFFile(path: directory.file("none.so")) }.contains("no such file"))
        #expect(try message(.noInput) { _ = try ELFFile(path: directory.path) }.contains("is a directory"))
    }

    @Test func wrongClassOrderTypeOrMachine() throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: plugin()))
        func changed(_ offset: Int, _ value: UInt8) throws -> ELFFile {
            var copy = bytes
            copy[offset] = value
            return try ELFFile(contents: copy, path: "libFoo.so")
        }
        #expect(try message { _ = try changed(4, 1) }.contains("of 32 bits, expected 64"))
        #expect(try message { _ = try changed(5, 2) }.contains("big-endian"))
        #expect(try message { _ = try changed(16, 1) }.contains("an object file (.o), expected a shared object"))
        let other: UInt8 = ELFFile.Machine.current == .x86_64 ? 183 : 62
        #expect(try changed(18, other).machine != .current)
    }

    @Test func otherMachineIsRefused() throws {
        let file = try #require(try PluginFile(path: plugin()))
        #expect(try message { try file.requireLoadable(engine: engine, machine: .other(8)) }.contains("expected machine 8"))
    }

    @Test func anotherMajorVersionIsRefused() throws {
        let file = try #require(try PluginFile(path: plugin(descriptor: "ZOO-PLUGIN-DESCRIPTOR 2.3\n" + lines)))
        #expect(try message { try file.requireLoadable(engine: engine) }.hasSuffix("written for plugin contract 2.3, this host offers 1.x"))
    }

    @Test func entrySymbolMustFitTheFile() throws {
        let renamed = try #require(try PluginFile(path: plugin("libBar.so", entry: "libFoo_LTX_zoo_plugin_v1")))
        #expect(try message { try renamed.requireLoadable(engine: engine) }.contains("expected the file to be named libFoo.so"))
        let without = try #require(try PluginFile(path: plugin(entry: nil)))
        #expect(try message { try without.requireLoadable(engine: engine) }.contains("exports no entry symbol"))
        let source = "const void *zoo_plugin_v1(void) { return 0; }"
        #expect(try message { _ = try PluginFile(path: library("libBare.so", source)) }.contains("carries no text"))
    }

    @Test func linkingTheEngineHasToBeDeclaredAndMatch() throws {
        _ = try library("libtorch_cpu.so", "int torch_symbol;", ["-Wl,-soname,libtorch_cpu.so"])
        let links = ["-L" + directory.path, "-Wl,--no-as-needed", "-ltorch_cpu"]
        func linked(_ name: String, _ extra: String) throws -> PluginFile {
            try #require(try PluginFile(path: plugin(name, descriptor: "ZOO-PLUGIN-DESCRIPTOR 1.0\n" + lines + extra, links)))
        }
        let silent = try linked("libA.so", "")
        #expect(silent.linksEngine)
        #expect(try message { try silent.requireLoadable(engine: engine) }.contains("expected a line 'engine: libtorch 2.13.0'"))
        let old = try linked("libB.so", "engine: libtorch 2.11.0")
        #expect(try message { try old.requireLoadable(engine: engine) }.contains("links libtorch 2.11.0"))
        try linked("libC.so", "engine: libtorch 2.13.0+cpu").requireLoadable(engine: engine)
    }

    @Test(arguments: [
        ("version: 1\nlicence: MIT\nsummary: s\nauthors: A\n", "'id' is missing"),
        ("id: a/b\nversion: 1\nlicence: MIT\nsummary: s\nauthors: A\n", "id is 'a/b'"),
        (lines + "id: Bar\n", "'id' appears twice"),
        (lines + "nonsense\n", "line 7 is 'nonsense', expected 'key: value'"),
        (lines + "note: \u{1b}[31mred\n", "control character"),
    ]) func wrongDescriptor(lines: String, expected: String) throws {
        let error = try message { _ = try PluginDescriptor(text: "ZOO-PLUGIN-DESCRIPTOR 1.0\n" + lines, path: "libFoo.so") }
        #expect(error.contains(expected))
        #expect(error.hasPrefix("libFoo.so: "))
    }

    @Test func twoDifferentDescriptorsAreAnError() throws {
        let one = "ZOO-PLUGIN-DESCRIPTOR 1.0\\nid: A\\n", two = "ZOO-PLUGIN-DESCRIPTOR 1.0\\nid: B\\n"
        let path = try library("libTwo.so", "const char a[] = \"\(one)\", b[] = \"\(two)\";")
        #expect(try message { _ = try PluginFile(path: path) }.contains("2 different plugin descriptors"))
    }

    @Test func everyTruncationIsAnErrorOrAPlugin() throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: plugin()))
        for count in stride(from: 0, to: bytes.count, by: 37) {
            survives(bytes.prefix(count))
        }
    }

    @Test func damageNeverTrapsOverSeeds() throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: plugin()))
        for seed in try Seeds(2000) {
            var random = SplitMix(seed: seed)
            var copy = bytes
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                // Mostly in headers and tables, where it hurts.
                let offset = Int.random(in: 0..<(Bool.random(using: &random) ? min(1024, copy.count) : copy.count), using: &random)
                copy[offset] = [0, 1, 0x7f, 0xff, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random) ?? 0
            }
            survives(copy)
        }
    }

    private func survives(_ bytes: Data) {
        do {
            let library = try ELFFile(contents: Data(bytes), path: "libFoo.so")
            _ = try library.exports()
            _ = try PluginDescriptor.find(in: library)
        } catch {
            #expect(error is HostError)
        }
    }
}
