import Foundation
import Glibc
import Testing

/// Standard output carries results and nothing else, and nothing that is no file blocks the program.
@Suite(.serialized) struct StandardOutputTests {
    /// Builds Tests/Fixtures/faulty so that it prints by stdio, by puts, by write, from a child process, and when the process ends.
    private func chattering(in folder: URL) throws -> String {
        let file = folder.appendingPathComponent("libSubject.so").path
        let source = ZooProcess.root.appendingPathComponent("Tests/Fixtures/faulty/plugin.c").path
        try CPlugin.compile(source, to: file, ["-DFAULT_CHATTER"])
        return file
    }

    @Test(.enabled(if: finds("cc"), "needs a C compiler, cc")) func whatPluginsPrintStaysOffStandardOutput() throws {
        try Scratch.with { scratch in
            let file = try chattering(in: scratch.folder)
            let manifest = try scratch.file(
                "zoo.json",
                """
                {"version": 1, "entries": [{"id": "e", "architecture": {"id": "cnn"}, "parts": {"extractor": {"id": "pointwise"}}}]}
                """)
            let environment = ["ZOO_PLUGIN_PATH": scratch.folder.path, "ZOO_MANIFEST": manifest.path]
            let commands = [
                ["list", "plugins", "--json"], ["plugin", "info", file, "--json"], ["theorem", "e", "--json"],
                ["plugin", "check", file, "--only", "answers", "--json"],
                ["evaluate", "e", "--weights", "initial", "--images", "100", "--json"],
            ]
            for command in commands {
                let result = try ZooProcess.run(command, environment, in: scratch.folder)
                #expect(result.status == 0, "\(command): \(result.errors)")
                #expect((try? JSONSerialization.jsonObject(with: Data(result.output.utf8))) != nil, "\(command): \(result.output)")
                for words in ["printed", "put", "written", "left in a buffer", "child process", "of the plugin"] {
                    #expect(
                        !result.output.contains("\(words)\n") && !result.output.contains("\"\(words)\""), "\(command): \(result.output)")
                }
            }
            let told = try ZooProcess.run(["plugin", "info", file], environment)
            for words in ["printed without", "put", "written", "left in a buffer", "from a child process"] {
                #expect(told.errors.contains(words), "what a plugin prints is not lost: \(told.errors)")
            }
        }
    }

    /// A closed standard output or error is nobody else's.
    @Test func closedDescriptorsAreNotTakenByFiles() throws {
        try Scratch.with { scratch in
            let zoo = ZooProcess.program.path
            let closed = try ZooProcess.execute(
                "/bin/sh", ["-c", "'\(zoo)' list --json >&-"], ZooProcess.environment(), in: scratch.folder)
            #expect(closed.status == 74, "\(closed.status) \(closed.errors)")
            let silent = try ZooProcess.execute(
                "/bin/sh", ["-c", "'\(zoo)' show no-such-entry 2>&-"], ZooProcess.environment(), in: scratch.folder)
            #expect(silent.status != 0 && silent.output.isEmpty)
        }
    }

    /// Pipes, devices and folders are named in one line wherever a file is expected.
    @Test func whatIsNoFileBlocksNothing() throws {
        try Scratch.with { scratch in
            let pipe = scratch.folder.path + "/pipe"
            try #require(mkfifo(pipe, 0o600) == 0)
            try FileManager.default.createSymbolicLink(atPath: scratch.folder.path + "/libPipe.so", withDestinationPath: "pipe")
            for (path, type) in [(pipe, "pipe"), ("/dev/zero", "device"), (scratch.folder.path, "directory")] {
                let commands = [
                    ["plugin", "info", path], ["plugin", "check", path], ["list", "--manifest", path], ["list", "--lock", path],
                    ["import", path, "--manifest", scratch.folder.path + "/new.json"],
                    ["evaluate", "cnn", "--images", "100", "--weights", path],
                ]
                for command in commands {
                    let result = try ZooProcess.run(command, in: scratch.folder)
                    #expect([64, 65, 66].contains(result.status), "\(command): \(result.status) \(result.errors)")
                    #expect(result.complaints.count == 1 && result.errors.contains("is a \(type)"), "\(command): \(result.errors)")
                }
            }
            let listed = try ZooProcess.run(["list", "plugins", "--plugin-path", scratch.folder.path])
            #expect(listed.status == 0 && (listed.output + listed.errors).contains("libPipe.so"), "\(listed.output) \(listed.errors)")
        }
    }
}
