import Foundation
import TestSupport
import Testing

/// The package against docs/architecture.md, which draws the house: what stands where, and what may build on what.
@Suite(.enabled(if: finds("swift"))) struct HouseTests {
    /// A target of Package.swift.
    private struct Target {
        let name: String
        let isSystemLibrary: Bool
        /// Targets of the package, no products of others.
        let dependencies: [String]
    }

    /// A row of the table.
    private struct Room {
        let name: String
        let buildsOn: [String]
    }

    private static let found = Result { try read() }

    private static func read() throws -> [Target] {
        struct Dump: Decodable {
            struct Target: Decodable {
                struct Dependency: Decodable { let byName: [String?]? }
                let name, type: String
                let path: String?
                let dependencies: [Dependency]
            }
            let targets: [Target]
        }
        // `swift test` may hold the lock of the usual scratch folder, .build.
        let folder = try TemporaryDirectory()
        defer { withExtendedLifetime(folder) {} }
        let package = ["swift", "package", "--package-path", ZooProcess.root.path, "--scratch-path", folder.path, "dump-package"]
        let outcome = try ZooProcess.execute("/usr/bin/env", package, ProcessInfo.processInfo.environment)
        try #require(outcome.status == 0, "\(outcome.errors)")
        let dump = try JSONDecoder().decode(Dump.self, from: Data(outcome.output.utf8))
        return dump.targets.filter { $0.type != "test" && ($0.path ?? "Sources").hasPrefix("Sources") }.map { target in
            Target(
                name: target.name, isSystemLibrary: target.type == "system",
                dependencies: target.dependencies.compactMap { $0.byName?.first ?? nil })
        }
    }

    private func rooms() throws -> [Room] {
        let text = try String(contentsOf: ZooProcess.root.appendingPathComponent("docs/architecture.md"), encoding: .utf8)
        let rows = text.split(separator: "\n", omittingEmptySubsequences: false)
            .drop { !$0.hasPrefix("| in `Sources/`") }.prefix { $0.hasPrefix("|") }.dropFirst(2)
        return rows.map { row in
            let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            let others = cells.last == "–" ? [] : (cells.last ?? "").components(separatedBy: ", ")
            return Room(name: cells.first?.trimmingCharacters(in: ["`"]) ?? "", buildsOn: others)
        }
    }

    @Test func everyArrowIsDrawnAndNonePointsUp() throws {
        let targets = try Self.found.get()
        let rooms = try rooms()
        #expect(Set(rooms.map(\.name)) == Set(targets.filter { !$0.isSystemLibrary }.map(\.name)))
        let systemLibraries = Set(targets.filter(\.isSystemLibrary).map(\.name))
        // What each reaches by the table: rows come after those that they build on.
        var reached: [String: Set<String>] = [:]
        for room in rooms {
            for other in room.buildsOn { #expect(reached[other] != nil, "\(room.name) builds on \(other), which stands above it") }
            reached[room.name] = room.buildsOn.reduce(into: Set(room.buildsOn)) { $0.formUnion(reached[$1] ?? []) }
        }
        for target in targets {
            let undrawn = Set(target.dependencies).subtracting(systemLibraries).subtracting(reached[target.name] ?? [])
            #expect(undrawn.isEmpty, "Package.swift: \(target.name) builds on \(undrawn.sorted()), docs/architecture.md does not say so")
        }
        for room in rooms {
            let own = Set(targets.first { $0.name == room.name }?.dependencies ?? [])
            let absent = Set(room.buildsOn).subtracting(own)
            #expect(absent.isEmpty, "docs/architecture.md: \(room.name) builds on \(absent.sorted()), Package.swift does not say so")
        }
    }

    /// A module that was built for another target can be imported without a word to Package.swift.
    @Test func whatIsImportedIsDeclared() throws {
        let targets = try Self.found.get()
        let names = Set(targets.map(\.name))
        #expect(names.count > 15)
        for target in targets where !target.isSystemLibrary {
            let allowed = Set(target.dependencies)
            let folder = ZooProcess.root.appendingPathComponent("Sources/\(target.name)")
            let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
            #expect(!files.isEmpty)
            for file in files where file.pathExtension == "swift" {
                let imported = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
                    .compactMap { $0.wholeMatch(of: /(?:(?:public|package|private|internal) )?import (\w+)/)?.1 }.map(String.init)
                let undeclared = imported.filter { names.contains($0) && !allowed.contains($0) }
                #expect(undeclared.isEmpty, "\(target.name)/\(file.lastPathComponent) imports \(undeclared)")
            }
        }
    }

    /// Messages of libraries name options by `ProgramOption`, and `zoo` says what they are called.
    @Test func optionsAreNamedByTheCommandLineAlone() throws {
        let sources = ZooProcess.root.appendingPathComponent("Sources")
        let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
        let libraries = files.filter { $0.pathExtension == "swift" && $0.deletingLastPathComponent().lastPathComponent != "zoo" }
        #expect(libraries.count > 200)
        for file in libraries {
            for (number, line) in try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
                .enumerated()
            where !line.trimmingPrefix(while: \.isWhitespace).hasPrefix("//") {
                let option = line.firstMatch(of: /(?:^|[^\w-])(--[a-z][a-z-]+)/)?.1
                #expect(option == nil, "\(file.path):\(number + 1) names \(option ?? "")")
            }
        }
    }

    /// Plugins are found beside the program by what Package.swift made of their folders.
    @Test func everyFolderOfPluginsIsALibrary() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: ZooProcess.root.appendingPathComponent("Plugins").path)
            .filter { !$0.hasPrefix(".") }
        #expect(folders.count > 10)
        for folder in folders {
            let library = ZooProcess.program.deletingLastPathComponent().appendingPathComponent("lib\(folder).so").path
            #expect(
                FileManager.default.fileExists(atPath: library),
                "no \(library): SwiftPM has kept an earlier reading of Package.swift; 'make build' reads it again")
        }
    }
}
