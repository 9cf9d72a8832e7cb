public import Foundation
public import ZooCore

/// What a new plugin is built against, and the templates that it is made from: the zoo's sources on this machine, or an installed zoo, which
/// has all that C and C++ need.
public struct ZooSources: Sendable {
    /// The folder that holds Package.swift, or the folder of an installed zoo.
    public let root: URL

    /// The folder of headers for C and C++.
    public var headers: URL { Self.headers(in: root) ?? root }
    var templates: URL { root.appendingPathComponent("Templates/Plugin") }

    /// Finds them: where `given` says, else above the running program, else where the program was built.
    ///
    /// - Parameter language: a plugin in Swift is built with ZooKit, which only the sources hold.
    /// - Throws: `noInput` if they are not there.
    public init(given: String? = nil, for language: PluginProject.Language) throws(HostError) {
        if let given {
            let folder = URL(fileURLWithPath: given).standardizedFileURL
            guard Self.holds(folder, for: language) else {
                let parts =
                    language == .swift ? "Package.swift, Templates/Plugin and Sources/CZooPlugin" : "Templates/Plugin and the headers"
                throw HostError(.noInput, "\(given): not the zoo's sources, expected a folder with \(parts)")
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
        guard let found = places.first(where: { Self.holds($0, for: language) }) else {
            let need = language == .swift ? "a plugin in Swift is built with the zoo's sources, which" : "the zoo's templates and headers"
            throw HostError(
                .noInput,
                "\(need) are not above the program and no longer at \(places.last?.path ?? "?"), where it was built; name their folder with \(ProgramOption.sources)"
            )
        }
        root = found
    }

    private static let thisFile: String = #filePath

    /// In the sources, and in an installed zoo.
    private static func headers(in folder: URL) -> URL? {
        ["Sources/CZooPlugin/include", "include/stn-zoo"].map(folder.appendingPathComponent).first {
            FileManager.default.fileExists(atPath: $0.appendingPathComponent("zoo_plugin.h").path)
        }
    }

    private static func holds(_ folder: URL, for language: PluginProject.Language) -> Bool {
        let parts = ["Templates/Plugin"] + (language == .swift ? ["Package.swift", "Sources/ZooKit"] : [])
        return headers(in: folder) != nil
            && parts.allSatisfy { FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path) }
    }
}
