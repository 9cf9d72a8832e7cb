import Foundation
import ZooCore
import ZooHost
import ZooKit
import ZooManifest
import ZooModelFiles

/// The last checkpoint of a run, or its beginning where there is none.
struct Checkpoint {
    let history: [EpochRecord]
    /// The part that is done of the epoch after those of the history.
    let part: EpochPart
    private let file: SafetensorsFile?

    /// - Parameters:
    ///   - plugins: SHA-256 by file name of the libraries that the network is made of now.
    ///   - losses: how many the architecture declares.
    /// - Throws: `data` if it is none of this run, or was made with other plugins.
    init(_ directory: RunDirectory, of identity: RunIdentity, plugins: [String: String], losses: Int) throws {
        let path = directory.checkpoint
        guard FileManager.default.fileExists(atPath: path) else {
            (history, part, file) = ([], EpochPart(losses: losses), nil)
            return
        }
        let file = try SafetensorsFile(path: path)
        func value<T: Decodable>(_ name: String) -> T? {
            file.metadata[name].flatMap { try? JSONDecoder().decode(T.self, from: Data($0.utf8)) }
        }
        let begun: EpochPart? = value("part")
        guard file.metadata["run"] == (try identity.text()), let history: [EpochRecord] = value("history"),
            history.count <= identity.recipe.epochs, begun?.lossCount ?? losses == losses
        else { throw HostError(.data, "\(path): not a checkpoint of this run; train with \(ProgramOption.restart) to begin anew") }
        let before: [String: String] = value("plugins") ?? [:]
        // Those of its slots are the run's identity; this is about what the architecture asks for by `kind:id`.
        if let name = Set(before.keys).union(plugins.keys).sorted().first(where: { before[$0] != plugins[$0] }) {
            throw HostError(
                .data, file: path, field: name, expected: "SHA-256 \(plugins[name] ?? "none"), as the plugin is now",
                found: "\(before[name] ?? "none"): it was trained with another one; train with \(ProgramOption.restart) to begin anew")
        }
        (self.history, part, self.file) = (history, begun ?? EpochPart(losses: losses), file)
    }

    /// Brings network and optimizer to where they were.
    func load(into network: Network, _ optimizer: Optimizer) throws {
        guard let file else { return }
        try file.load(into: network.parameters, ignoring: ["optimizer."])
        for (name, tensor) in optimizer.state { try tensor.copy_(file.tensor(name)) }
    }
}
