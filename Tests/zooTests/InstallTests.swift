import Foundation
import TestSupport
import Testing

/// `make install` and `make uninstall`, below a folder that stands for the root.
@Suite(.enabled(if: finds("bash") && finds("python3"), "needs bash and Python")) struct InstallTests {
    /// What an installation sees: a root of its own, with a file of somebody else in it.
    private struct Machine {
        let root: URL
        let scratch: Scratch
        var prefix: URL { root.appendingPathComponent("opt/zoo") }

        init(_ scratch: Scratch) throws {
            self.scratch = scratch
            root = try scratch.directory("root")
            let foreign = prefix.appendingPathComponent("bin")
            try FileManager.default.createDirectory(at: foreign, withIntermediateDirectories: true)
            try Data("theirs".utf8).write(to: foreign.appendingPathComponent("other"))
        }

        /// A build whose program only says its version and has no commands: for what is done with files.
        func standIn() throws -> String {
            let folder = try scratch.directory("products")
            let program = """
                #!/bin/sh
                case $1 in
                --version) echo "zoo $(cat "$(dirname "$(readlink -f "$0")")/VERSION")" ;;
                --experimental-dump-help) echo '{"command": {"commandName": "zoo"}}' ;;
                esac
                """
            try scratch.file("products/zoo", program)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path + "/zoo")
            for library in try ["libCTorch.so"] + ZooProcess.builtIn() { try scratch.file("products/" + library, library) }
            return folder.path
        }

        func script(_ words: String..., version: String? = nil, prefix: String = "/opt/zoo") throws -> ZooProcess.Outcome {
            let script = ZooProcess.root.appendingPathComponent("Scripts/install.sh").path
            var changes = ["DESTDIR": root.path, "PREFIX": prefix]
            if let version { changes["VERSION"] = version }
            return try ZooProcess.execute("/usr/bin/env", ["bash", script] + words, ZooProcess.environment(changes), in: scratch.folder)
        }

        func install(_ version: String, from products: String = ZooProcess.products.path) throws {
            let outcome = try script("install", products, version: version)
            try #require(outcome.status == 0, "\(outcome.errors)")
        }

        /// Everything below the root: files with their contents' size, links with where they lead.
        func tree() throws -> [String: String] {
            let files = FileManager.default
            var found: [String: String] = [:]
            for case let path as String in try #require(files.enumerator(atPath: root.path)) {
                let full = root.path + "/" + path
                if let target = try? files.destinationOfSymbolicLink(atPath: full) {
                    found[path] = "→ " + target
                } else {
                    let facts = try files.attributesOfItem(atPath: full)
                    let isFolder = facts[.type] as? FileAttributeType == .typeDirectory
                    found[path] = isFolder ? "folder" : "\(facts[.size] ?? 0) bytes"
                }
            }
            return found
        }

        /// The installed program in the root folder of the machine, with nothing in its environment but where it may keep things.
        func zoo(_ arguments: String...) throws -> ZooProcess.Outcome {
            let own = ["HOME": scratch.folder.path + "/home"]
            return try ZooProcess.execute(
                prefix.path + "/bin/zoo", arguments, own, in: URL(fileURLWithPath: "/"))
        }
    }

    private func with(_ body: (Machine) throws -> Void) throws { try Scratch.with { try body(Machine($0)) } }

    @Test func uninstallLeavesWhatWasThereBefore() throws {
        try with { machine in
            let build = try machine.standIn()
            let before = try machine.tree()
            try machine.install("1.0.0", from: build)
            #expect(try machine.tree().count > before.count + 100)
            let gone = try machine.script("uninstall")
            #expect(gone.status == 0, "\(gone.errors)")
            #expect(try machine.tree() == before)
            // A place that was not there before is gone again.
            #expect(try machine.script("install", build, version: "1.0.0", prefix: "/new/deep").status == 0)
            #expect(try machine.script("uninstall", prefix: "/new/deep").status == 0)
            #expect(try machine.tree() == before)
            let again = try machine.script("uninstall")
            #expect(
                again.status == 66 && again.complaints.count == 1 && again.errors.contains("no version is installed"), "\(again.errors)")
        }
    }

    @Test func twoVersionsLiveSideBySide() throws {
        try with { machine in
            let build = try machine.standIn()
            let before = try machine.tree()
            try machine.install("1.0.0", from: build)
            let first = try machine.tree()
            try machine.install("1.10.0", from: build)
            // The same once more takes its own place, and needs no more room.
            let both = try machine.tree()
            try machine.install("1.10.0", from: build)
            #expect(try machine.tree() == both)
            #expect(try machine.zoo("--version").output == "zoo 1.10.0\n")
            let man = "opt/zoo/share/man/man1/zoo.1"
            #expect(both[man] == "→ ../../../lib/stn-zoo/1.10.0/share/man/man1/zoo.1", "\(both[man] ?? "missing")")
            // Which of several is meant need not be guessed; without a word it is the one in use.
            let unknown = try machine.script("uninstall", version: "3")
            #expect(unknown.status == 66 && unknown.errors.contains("1.0.0, 1.10.0"), "\(unknown.errors)")
            #expect(try machine.script("uninstall").status == 0)
            #expect(try machine.zoo("--version").output == "zoo 1.0.0\n")
            // But for the list, which now names the folders that the other one made.
            func withoutLists(_ tree: [String: String]) -> [String: String] { tree.filter { !$0.key.hasSuffix("/installed") } }
            #expect(try withoutLists(machine.tree()) == withoutLists(first))

            // The other way round: the earlier one goes, and the later one stays in use.
            try machine.install("1.10.0", from: build)
            #expect(try machine.script("uninstall", version: "1.0.0").status == 0)
            #expect(try machine.zoo("--version").output == "zoo 1.10.0\n")
            #expect(try machine.script("uninstall").status == 0)
            #expect(try machine.tree() == before)
        }
    }

    @Test func whatIsInTheWayIsSaidAndStays() throws {
        try with { machine in
            let build = try machine.standIn()
            let own = machine.prefix.appendingPathComponent("bin/zoo")
            try Data("another program".utf8).write(to: own)
            let before = try machine.tree()
            let refused = try machine.script("install", build, version: "1.0.0")
            #expect(refused.status == 73 && refused.errors.contains("bin/zoo is there and not of the zoo"), "\(refused.errors)")
            #expect(try machine.tree() == before)
            // So does a link that leads nowhere, but one that an earlier version has left is replaced.
            try FileManager.default.removeItem(at: own)
            try FileManager.default.createSymbolicLink(atPath: own.path, withDestinationPath: "nowhere")
            #expect(try machine.script("install", build, version: "1.0.0").status == 73)
            try FileManager.default.removeItem(at: own)
            try FileManager.default.createSymbolicLink(atPath: own.path, withDestinationPath: "../lib/stn-zoo/0.9/bin/zoo")
            try machine.install("1.0.0", from: build)
            // What somebody has put into the version's folder is theirs.
            let theirs = machine.prefix.appendingPathComponent("lib/stn-zoo/1.0.0/weights/mine.safetensors")
            try Data("mine".utf8).write(to: theirs)
            let gone = try machine.script("uninstall")
            #expect(gone.status == 0 && gone.errors.contains("mine.safetensors"), "\(gone.errors)")
            #expect(try Data(contentsOf: theirs) == Data("mine".utf8))
            #expect(try machine.script("install", build, version: "1.0.0").status == 73)
            #expect(try machine.script("install", build, prefix: "opt").status == 64)
            #expect(try machine.script("install", "/nonexistent", version: "2").status == 66)
            try Data("a file".utf8).write(to: machine.root.appendingPathComponent("file"))
            #expect(try machine.script("install", build, prefix: "/file/below").status == 73)
            #expect(try machine.script("frobnicate").status == 64)
        }
    }

    /// From the root folder, with an empty environment, without this repository: entries, studies, weights, the templates of plugins.
    @Test(.enabled(if: finds("make") && finds("cc"), "needs make and a C compiler")) func anInstalledZooFindsItsOwnThings() throws {
        try with { machine in
            try machine.install("1.0.0")
            try headersAreFound(machine)
            try everyCommandHasAPage(machine)
            let listed = try machine.zoo("list", "entries")
            #expect(listed.status == 0 && listed.output.contains("stn-c0") && listed.errors.isEmpty, "\(listed.errors)")
            #expect(try machine.zoo("reproduce").output.contains("finnveden2020-mnist-r"))
            #expect(try machine.zoo("show", "entry/cnn").output.contains(machine.prefix.path + "/lib/stn-zoo/1.0.0/"))
            #expect(try machine.zoo("data", "list").status == 0)
            // Data are kept by the user, not with the version.
            let data = try machine.zoo("list", "datasets").errors
            #expect(data.contains(machine.scratch.folder.path + "/home/.local/share/stn-zoo/data"), "\(data)")

            struct Version: Decodable {
                struct Plugin: Decodable { let id: String }
                let version, contract: String
                let engine: String?
                let plugins: [Plugin]
            }
            let version = try JSONDecoder().decode(Version.self, from: Data(try machine.zoo("--version", "--json").output.utf8))
            #expect(version.version == "1.0.0" && version.contract.hasPrefix("1.") && version.engine?.hasPrefix("2.") == true)
            #expect(version.plugins.count == (try ZooProcess.builtIn().count))

            // A plugin of the first contract is found as it was.
            let old = try machine.scratch.directory("home/.local/share/stn-zoo/plugins")
            try OldPlugin.build(in: old)
            let shown = try machine.zoo("show", "transformer/old")
            #expect(shown.status == 0, "\(shown.errors)")

            // The Makefile calls the link, which stays when versions change.
            let folder = machine.scratch.folder.appendingPathComponent("Mine")
            let path = machine.prefix.path + "/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "")
            let home = ["HOME": machine.scratch.folder.path + "/home", "PATH": path]
            func run(_ words: String...) throws -> ZooProcess.Outcome {
                try ZooProcess.execute("/usr/bin/env", words, home, in: machine.scratch.folder)
            }
            let made = try run("zoo", "plugin", "new", "Mine", "--kind", "localization", "--language", "c")
            try #require(made.status == 0, "\(made.errors)")
            let makefile = try String(contentsOf: folder.appendingPathComponent("Makefile"), encoding: .utf8)
            #expect(makefile.contains("ZOO ?= \(machine.prefix.path)/bin/zoo\n"), "\(makefile)")
            let installed = try run("make", "-C", "Mine", "install")
            #expect(installed.status == 0, "\(installed.output)\(installed.errors)")
            #expect(try run("zoo", "show", "localization/mine").status == 0)
            let taken = try run("zoo", "plugin", "new", "Warps", "--kind", "transformer", "--language", "c")
            #expect(taken.status == 64 && taken.errors.contains("libWarps.so"), "\(taken.errors)")
        }
    }

    /// A program that is built against the headers that were installed, found by pkg-config.
    private func headersAreFound(_ machine: Machine) throws {
        guard finds("pkg-config"), finds("c++") else { return }
        try machine.scratch.file("use.cpp", "#include \"zoo_plugin.hpp\"\nint main() { return ZOO_ABI_MAJOR - 1; }\n")
        let build = "c++ -std=c++17 $(pkg-config --cflags zoo-plugin) use.cpp -o use && ./use && pkg-config --modversion zoo-plugin"
        let environment = ZooProcess.environment(["PKG_CONFIG_PATH": machine.prefix.path + "/lib/pkgconfig"])
        let built = try ZooProcess.execute("/usr/bin/env", ["bash", "-c", build], environment, in: machine.scratch.folder)
        #expect(built.status == 0 && built.output.hasPrefix("1."), "\(built.errors)")
    }

    /// A page for each command that the help lists.
    private func everyCommandHasAPage(_ machine: Machine) throws {
        let folder = machine.prefix.appendingPathComponent("share/man/man1")
        let pages = Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
        let names = SnapshotTests.commands.map { (["zoo"] + $0.split(separator: " ")).joined(separator: "-") + ".1" }
        #expect(pages == Set(names))
        let text = try String(contentsOf: folder.appendingPathComponent("zoo-train.1"), encoding: .utf8)
        for word in [".TH \"ZOO\\-TRAIN\" 1", "\\fB\\-\\-epochs\\fR \\fIn\\fR", "zoo train stn\\-c0", ".SH JOBS"] {
            #expect(text.contains(word), "\(word)")
        }
    }
}
