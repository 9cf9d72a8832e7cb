public import Foundation
public import ZooCore

/// The zoo's own sources on this machine: what a new plugin is built against, and the templates it is made from.
public struct ZooSources: Sendable {
    /// The folder that holds Package.swift.
    public let root: URL

    /// The folder of headers for C and C++.
    public var headers: URL { root.appendingPathComponent("Sources/CZooPlugin/include") }
    var templates: URL { root.appendingPathComponent("Templates/Plugin") }

    /// Finds them: where `given` says, else above the running program, else where the program was built.
    ///
    /// - Throws: `noInput` if they are not there.
    public init(given: String? = nil) throws(HostError) {
        if let given {
            let folder = URL(fileURLWithPath: given).standardizedFileURL
            guard Self.holds(folder) else {
                throw HostError(.noInput, "\(given): not the zoo's sources, expected a folder with Templates/Plugin and Sources/CZooPlugin")
            }
            root = folder
            return
        }
        var places: [URL] = []
        if !Program.path.isEmpty {
            var folder = URL(fileURLWithPath: Program.path)
            while folder.path != "/" {
                folder.deleteLastPathComponent()
                places.append(folder)
            }
        }
        let built = URL(fileURLWithPath: Self.thisFile)
        places.append((0..<4).reduce(built) { folder, _ in folder.deletingLastPathComponent() })
        guard let found = places.first(where: Self.holds) else {
            throw HostError(
                .noInput,
                "the zoo's sources are not above the program and no longer at \(places.last?.path ?? "?"), where it was built; name their folder with \(ProgramOption.sources)"
            )
        }
        root = found
    }

    private static let thisFile: String = #filePath

    private static func holds(_ folder: URL) -> Bool {
        ["Package.swift", "Templates/Plugin", "Sources/CZooPlugin/include/zoo_plugin.h"].allSatisfy {
            FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
        }
    }
}
