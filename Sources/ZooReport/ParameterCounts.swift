import Foundation
import ZooCore
import ZooHost
import ZooKit
import ZooManifest
import ZooPlugins

/// How many trained values entries have, remembered from one listing to the next: counting takes building the networks, and building
/// them takes the engine.
final class ParameterCounts {
    private let host: HostRuntime
    private let file: String?
    private var known: [String: Int?]
    private var hasNews = false
    /// The hashes of all plugins: an architecture may ask for parts that its entry does not name.
    private let plugins: String

    private static let most = 10_000

    init(host: HostRuntime) {
        self.host = host
        file = host.searchPath.cacheDirectory.map { $0 + "/parameters.json" }
        known = file.flatMap { try? JSONDecoder().decode([String: Int?].self, from: FileBytes.read($0)) } ?? [:]
        plugins = host.plugins.map(\.sha256).sorted().joined()
    }

    /// nil for an entry that cannot be built for such images.
    func count(_ entry: Entry, input: ImageShape, classes: Int) -> Int? {
        let key = try? Checksum.sha256(of: "\(entry.definition) \(input) \(classes) \(plugins)")
        if let key, let count = known[key] { return count }
        let count: Int?
        do throws(HostError) {
            count = try host.network(entry, input: input, classes: classes, seed: 0).parameters.count
        } catch {
            // An entry for other images is no broken entry, and stays what it is. Anything else may be better next time.
            guard error.kind == .config else { return nil }
            count = nil
        }
        if let key {
            known[key] = count
            hasNews = true
        }
        return count
    }

    /// Keeps what is new for the next time; where nothing can be written, nothing is lost.
    func save() {
        guard hasNews, let file else { return }
        if known.count > Self.most { known = [:] }
        guard let data = try? JSONEncoder().encode(known) else { return }
        try? FileBytes.writeAtomically([data], to: file)
        hasNews = false
    }
}
