import Foundation
import ZooCore
public import ZooHost
public import ZooKit
public import ZooManifest
public import ZooModelFiles

/// Names of a network's tensors, and what they are called in somebody else's file of weights.
///
/// A JSON object: `{"extractor.conv1.": "features.0.", "extractor.classifier.weight": "fc.weight"}`. A name that ends in a
/// dot stands for all names that begin with it; the longest that fits is taken. What no line fits keeps its name.
public struct WeightMap: Sendable {
    private let lines: [(own: String, theirs: String)]

    public static let identity = WeightMap(lines: [])
    private init(lines: [(own: String, theirs: String)]) { self.lines = lines }

    /// - Throws: `noInput`, `data` if it is no JSON, `config` if it is no object of names.
    public init(path: String) throws {
        guard case .object(let members) = try JSON(contents: FileBytes.read(path), file: path) else {
            throw HostError(.config, "\(path): expected an object: {\"the zoo's name\": \"their name\"}")
        }
        lines = try members.map { own, value in
            guard case .string(let theirs) = value else { throw HostError(.config, "\(path): $.\(own): expected a name") }
            guard own.hasSuffix(".") == theirs.hasSuffix(".") else {
                throw HostError(.config, "\(path): $.\(own): '\(theirs)': prefixes end in a dot on both sides, names on neither")
            }
            return (own, theirs)
        }.sorted { $0.own.utf8.count > $1.own.utf8.count }
    }

    /// What a tensor of the network is called in the file.
    public func theirs(_ own: String) -> String {
        if let exact = lines.first(where: { $0.own == own }) { return exact.theirs }
        guard let prefix = lines.first(where: { $0.own.hasSuffix(".") && own.hasPrefix($0.own) }) else { return own }
        return prefix.theirs + own.dropFirst(prefix.own.count)
    }

    /// Loads a file's tensors into a network: all of the network's, each of the same shape, or none. Batch norm's counts of batches may be
    /// missing: they are 0 then.
    ///
    /// - Returns: names of the file that belong to nothing in the network.
    /// - Throws: `data` naming the first tensor that is missing or of another shape.
    public func load(_ file: SafetensorsFile, into network: Network) throws -> [String] {
        let pairs = network.parameters.entries.map { ($0, theirs($0.name)) }
        for (entry, name) in pairs {
            guard let found = file.entry(name) else {
                if SafetensorsFile.isCounter(name) { continue }
                let hint = nearest(to: name, in: file.entries.map(\.name)).map { ", the nearest it has is '\($0)'" } ?? ""
                throw HostError(
                    .data,
                    "\(file.path): no tensor '\(name)' for the network's '\(entry.name)' of shape \(entry.tensor.shape)\(hint); \(ProgramOption.map) FILE says which is which"
                )
            }
            guard found.shape == entry.tensor.shape else {
                throw HostError(
                    .data,
                    "\(file.path): tensor '\(name)' has shape \(found.shape), the network's '\(entry.name)' has \(entry.tensor.shape)")
            }
        }
        let values = try pairs.map { try file.entry($0.1) == nil ? Tensor.zeros([], dtype: .int64) : file.tensor($0.1) }
        for ((entry, _), value) in zip(pairs, values) { try entry.tensor.copy_(value) }
        let used = Set(pairs.map(\.1))
        return file.entries.map(\.name).filter { !used.contains($0) && !SafetensorsFile.isCounter($0) }.sorted()
    }

    /// Converts somebody else's weights of an entry into the zoo's own file.
    ///
    /// - Returns: names of the file that were not used.
    public static func convert(
        _ weights: String, map: WeightMap, entry: Entry, input: ImageShape, classes: Int, host: HostRuntime, to output: String
    ) throws -> [String] {
        let network = try host.network(entry, input: input, classes: classes, seed: 0)
        let left = try map.load(SafetensorsFile(path: weights), into: network)
        try SafetensorsFile.write(
            tensors: network.parameters.entries.map { ($0.name, $0.tensor) },
            metadata: ["format": "stn-zoo weights 1", "entry": entry.id, "source": (weights as NSString).lastPathComponent], to: output)
        return left
    }
}
