import ArgumentParser
import Foundation
import ZooCore
import ZooHost
import ZooPlugins
import ZooReport

/// What `zoo --version` says.
enum ProgramVersion {
    /// What was built: the file VERSION beside the program, as `git describe` named it then, or the version of the code.
    static let current: String = {
        guard let data = try? FileBytes.read(Program.directory + "/VERSION"), data.count <= 128 else { return ZooVersion.current }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
        let isSound = !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || ".+-~".contains($0)) }
        return isSound ? text : ZooVersion.current
    }()

    private struct Answer: Encodable {
        struct Plugin: Encodable { let id, version, path: String }

        let version: String
        /// The version of libtorch; absent where it cannot be opened.
        let engine: String?
        let engineProblem: String?
        /// The same with the versions of all plugins.
        let contract: String
        let plugins: [Plugin]
    }

    /// Everything that has a version, as JSON.
    static func json() throws -> String {
        let host = try HostOptions.parse([]).host(startingEngine: false)
        var (engine, problem): (String?, String?)
        do {
            try host.startEngine()
            engine = EngineControl.version
        } catch { problem = Failure(error).message }
        let plugins = Catalogue(host: host, manifest: nil, dataSets: nil).plugins.map {
            Answer.Plugin(id: $0.id, version: $0.version, path: $0.path)
        }
        return try jsonText(
            Answer(version: current, engine: engine, engineProblem: problem, contract: PluginContract.version, plugins: plugins))
    }
}
