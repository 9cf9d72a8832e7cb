import Foundation
import Testing

/// Plugins are found without running any of their code in the program, and only those are that nobody else could have put there.
@Suite(.serialized, .enabled(if: finds("cc"), "needs a C compiler, cc")) struct ScanTests {
    private struct Listing: Decodable {
        struct Plugin: Decodable { let id: String }
        struct Broken: Decodable { let path, cause: String }
        let plugins: [Plugin]
        let broken: [Broken]
        func has(_ id: String) -> Bool { plugins.contains { $0.id == id } }
    }

    private func list(_ folder: URL, _ more: [String] = [], _ environment: [String: String] = [:]) throws -> Listing {
        let result = try ZooProcess.run(["list", "plugins", "--json", "--plugin-path", folder.path] + more, environment)
        #expect(result.status == 0, "\(result.errors)")
        return try JSONDecoder().decode(Listing.self, from: Data(result.output.utf8))
    }

    private func allow(_ mode: Int, _ path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    @Test func aPluginThatCrashesWhileItIsLoadedHarmsNobody() throws {
        try Scratch.with { scratch in
            try ForeignPlugin(crashes: true).build("libA.so", in: scratch.folder)
            try ForeignPlugin(id: "Sound").build("libB.so", in: scratch.folder)
            for _ in 0..<2 {
                let found = try list(scratch.folder)
                #expect(found.has("Sound") && found.has("Warps"))
                #expect(found.broken.count == 1 && found.broken.first?.cause.contains("signal 6") == true, "\(found.broken)")
            }
        }
    }

    @Test func whatOthersMayWriteIsNotLoaded() throws {
        try Scratch.with { scratch in
            try ForeignPlugin().build("libTiny.so", in: scratch.folder)
            let file = scratch.folder.path + "/libTiny.so"
            try allow(0o777, scratch.folder.path)
            let open = try list(scratch.folder)
            #expect(!open.has("Tiny") && open.has("Warps"))
            #expect(open.broken.first?.cause.contains("mode 777") == true, "\(open.broken)")
            for path in [scratch.folder.path, file] { #expect(try list(scratch.folder, ["--allow", path]).has("Tiny")) }
            #expect(try list(scratch.folder, [], ["ZOO_PLUGIN_ALLOW": file]).has("Tiny"))
            // As in /tmp: others may add files, and cannot touch this one.
            try allow(0o1777, scratch.folder.path)
            #expect(try list(scratch.folder).has("Tiny"))
            try allow(0o755, scratch.folder.path)
            try allow(0o666, file)
            let writable = try list(scratch.folder)
            #expect(!writable.has("Tiny") && writable.broken.first?.cause.contains("mode 666") == true, "\(writable.broken)")
        }
    }

    @Test(arguments: ["plugins", "/tmp:", ":/tmp", "/tmp::/usr", "./x"]) func partsThatAreNotAbsoluteAreRefused(_ value: String) throws {
        let result = try ZooProcess.run(["list", "plugins"], ["ZOO_PLUGIN_PATH": value])
        #expect(result.status == 78 && result.complaints.count == 1 && result.errors.contains("ZOO_PLUGIN_PATH: part"), "\(result.errors)")
    }

    @Test func aLockPinsWhatIsThere() throws {
        try Scratch.with { scratch in
            let lock = scratch.folder.path + "/zoo-plugins.lock"
            try ForeignPlugin().build("libTiny.so", in: scratch.folder)
            let path = ["--plugin-path", scratch.folder.path, "--lock", lock]
            #expect(try ZooProcess.run(["plugin", "lock"] + path).status == 0)
            #expect(try list(scratch.folder, ["--lock", lock]).broken.isEmpty)
            try ForeignPlugin(id: "New", component: "new").build("libNew.so", in: scratch.folder)
            try ForeignPlugin(component: "changed").build("libTiny.so", in: scratch.folder)
            let found = try list(scratch.folder, ["--lock", lock])
            #expect(found.has("Warps") && !found.has("New") && !found.has("Tiny"))
            #expect(found.broken.allSatisfy { $0.cause.contains("zoo plugin lock") } && found.broken.count == 2, "\(found.broken)")
            try scratch.file(
                "zoo-plugins.lock", #"{"version": 1, "plugins": {"libTiny.so": {"id": "Tiny", "version": "1", "sha256": "abc"}}}"#)
            let wrong = try ZooProcess.run(["list", "plugins"] + path)
            #expect(wrong.status == 78 && wrong.errors.contains("$.plugins.libTiny.so.sha256"), "\(wrong.errors)")
        }
    }

    @Test func whatIsKnownStartsNoEngineAndADamagedCacheIsMadeAgain() throws {
        try Scratch.with { scratch in
            try ForeignPlugin().build("libTiny.so", in: scratch.folder)
            let environment = ["XDG_CACHE_HOME": scratch.folder.path + "/cache", "ZOO_PLUGIN_PATH": scratch.folder.path]
            func opened() throws -> Bool {
                // The dynamic linker tells which files it opens.
                let result = try ZooProcess.run(["list"], environment.merging(["LD_DEBUG": "files"]) { $1 })
                #expect(result.status == 0 && result.output.contains("tiny"))
                return result.errors.contains("libCTorch.so")
            }
            #expect(try opened(), "the first listing counts parameters")
            #expect(try !opened(), "the second knows them")
            let cache = try rememberedPlugins(in: scratch.folder.appendingPathComponent("cache/stn-zoo"))
            for damage in ["", "{", #"{"format": 1}"#, String(repeating: "[", count: 100_000)] {
                try damage.write(to: cache, atomically: true, encoding: .utf8)
                #expect(try !opened())
                #expect(try String(contentsOf: cache, encoding: .utf8).contains("libTiny.so"))
            }
            // Another file under the same name is another plugin.
            try ForeignPlugin(component: "other").build("libTiny.so", in: scratch.folder)
            let found = try ZooProcess.run(["list", "components"], environment)
            #expect(found.output.contains("other") && !found.output.contains("tiny "), "\(found.output)")
        }
    }
}
