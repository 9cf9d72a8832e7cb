import Foundation
import ZooCore
import ZooData
public import ZooManifest

/// Weights of an entry that `Laboratory` has found.
public struct FoundWeights: Sendable {
    public let path: String
    /// SHA-256 of the file.
    public let checksum: String
    /// `DataSeal.content` of what they were trained on; "" where nobody knows.
    public let trainingData: String
}

extension Laboratory {
    /// Whether there are weights of that entry, from a finished run or shipped.
    public func hasWeights(_ entry: Entry, dataset: String, seed: UInt64) -> Bool {
        guard let set = try? dataSets.named(dataset) else { return false }
        return !finishedRuns(entry, set, seed).isEmpty || shipped(entry, set, seed) != nil
    }

    /// The epochs of the run that was changed last, finished or not, for those who watch it; none where there is no run.
    public func history(of entry: String, dataset: String, seed: UInt64) -> [EpochRecord] {
        let runs = RunDirectory.all(root: runs, dataset: dataSets.canonical(dataset), of: dataSets, entry: entry, seed: seed)
        func changed(_ run: RunDirectory) -> Date { run.changed ?? .distantPast }
        return runs.max { changed($0) < changed($1) }?.history ?? []
    }

    /// The weights of the newest finished run on what the data set holds now, else those of the manifest, with their SHA-256.
    ///
    /// - Throws: `noInput` if there are none, or only of runs on other data of that name; `data` if they are not as the manifest says.
    public func weights(_ entry: Entry, dataset: String, seed: UInt64) throws -> FoundWeights {
        let set = try dataSets.named(dataset)
        let runs = finishedRuns(entry, set, seed)
        let present = runs.isEmpty ? nil : try? fingerprints.seal(of: set, [.train], in: dataDirectory).content
        if let run = newest(runs, on: present) {
            let path = run.directory.weights
            return FoundWeights(path: path, checksum: try Checksum.sha256(ofFile: path), trainingData: run.data ?? "")
        }
        if let shipped = shipped(entry, set, seed) {
            let path = shipped.path
            let found = try Checksum.sha256(ofFile: path)
            guard found == shipped.sha256 else {
                throw HostError(
                    .data, "\(path): the checksum is \(found), \(shipped.manifest) says \(shipped.sha256): the file was changed or cut")
            }
            return FoundWeights(path: path, checksum: found, trainingData: "")
        }
        let command = SuggestedCommand.train(entry.id, dataset: set.name, seed: seed)
        let others = Set(entry.weights.map { dataSets.canonical($0.dataset) }).subtracting([set.name]).sorted()
        let what =
            "entry '\(entry.id)' has no weights for \(set.name), seed \(seed)"
            + (others.isEmpty ? "" : " (those that come with it are for \(others.joined(separator: ", ")))")
        guard let other = runs.max(by: { $0.date < $1.date }) else { throw HostError(.noInput, "\(what): train it with: \(command)") }
        let reason =
            if other.data == nil {
                "the run in \(other.directory.path) is from before runs knew their data, which may be others of that name"
            } else if present == nil {
                "its runs are on different data of that name, and which of these are meant cannot be told, as they are not there"
            } else {
                "the run in \(other.directory.path) is on other data of that name"
            }
        let named = "\(ProgramOption.weights) \(shellWord(other.directory.weights))"
        throw HostError(.noInput, "\(what): \(reason); its weights can be named, \(named), or trained: \(command)")
    }

    private struct Run {
        let directory: RunDirectory
        let date: Date
        /// nil for runs from before they knew it.
        let data: String?
    }

    private func finishedRuns(_ entry: Entry, _ dataSet: DataSet, _ seed: UInt64) -> [Run] {
        RunDirectory.all(root: runs, dataset: dataSet.name, of: dataSets, entry: entry.id, seed: seed).compactMap { directory in
            directory.date.map { Run(directory: directory, date: $0, data: directory.identity?.data) }
        }
    }

    /// - Parameter present: the data as they are now; nil where they are not there, as on a machine that only tests: then runs must agree.
    private func newest(_ runs: [Run], on present: String?) -> Run? {
        let drawn = DataSeal.drawn
        let suitable =
            if let present {
                // The program drew the same images for earlier runs.
                runs.filter { $0.data == present || $0.data == nil && present == drawn }
            } else {
                Set(runs.map(\.data)).count == 1 ? runs.filter { $0.data != nil } : []
            }
        return suitable.max { $0.date < $1.date }
    }

    private func shipped(_ entry: Entry, _ dataSet: DataSet, _ seed: UInt64) -> WeightsReference? {
        entry.weights.first { $0.seed == seed && dataSets.canonical($0.dataset) == dataSet.name }
    }

    /// The recipe of an entry for a data set.
    ///
    /// - Parameter epochs: instead of the recipe's.
    /// - Throws: `HostError` if there is no such data set.
    public func recipe(of entry: Entry, for dataset: String, epochs: Int? = nil) throws -> Recipe {
        var recipe = recipe(of: entry, for: try dataSets.named(dataset))
        if let epochs { recipe.epochs = epochs }
        return recipe
    }

    /// The recipe of an entry for a data set, however the manifest spells its name.
    func recipe(of entry: Entry, for dataSet: DataSet) -> Recipe {
        entry.recipes[dataSet.name]
            ?? entry.recipes.sorted { $0.key < $1.key }.first { $0.key != "default" && dataSets.canonical($0.key) == dataSet.name }?.value
            ?? entry.recipe(for: "default")
    }
}
