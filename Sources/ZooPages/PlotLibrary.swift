import Foundation
import ZooCore

/// The JavaScript that draws plots: Vega, Vega-Lite and Vega-Embed in one file, which the set-up makes (`Scripts/get_plots.sh`).
public struct PlotLibrary: Sendable {
    /// Where the set-up puts it, in the folder of the zoo.
    public static let usualPath = ".venv/share/vega-lite.js"

    /// Where `make install` puts it, in the folder of the installed version.
    public static let installedPath = "share/stn-zoo/vega-lite.js"

    let script: String

    /// - Parameter places: paths, of which the first that is there is taken.
    /// - Returns: nil where none is.
    /// - Throws: `data` for a file that is not that library.
    public static func find(_ places: [String]) throws -> PlotLibrary? {
        guard let path = places.first(where: { FileManager.default.fileExists(atPath: $0) }) else { return nil }
        return try PlotLibrary(path: path)
    }

    /// - Throws: `noInput` if there is no such file, `data` if it is not that library.
    public init(path: String) throws {
        let text = String(decoding: try FileBytes.read(path), as: UTF8.self)
        guard text.contains("window.vegaEmbed=") else {
            throw HostError(
                .data, file: path, field: "script", expected: "Vega-Embed as window.vegaEmbed",
                found: "none; \(Program.cure("remove the file and run 'make setup'", installed: "name another file"))")
        }
        script = text
    }
}
