import ZooData
import ZooKit
import ZooManifest
import ZooModelFiles

/// Images and classes that an entry is for.
struct EntrySize: Equatable {
    let input: ImageShape
    let classes: Int

    /// MNIST's, which entries are counted for that do not say anything else.
    static let usual = EntrySize(input: ImageShape(1, 28, 28), classes: 10)

    /// The sizes that are known of an entry, the surest first: that of its manifest, as an import leaves it; of its weights, as their
    /// metadata say; of the data sets that it has weights or recipes for; the usual one.
    static func candidates(of entry: Entry, dataSets: DataSetCatalogue?) -> [EntrySize] {
        func shape(_ name: String) -> ImageShape? { (try? dataSets?.named(name))?.shape }
        var sizes: [EntrySize] = []
        if let own = entry.input { sizes.append(EntrySize(input: own, classes: entry.classes ?? usual.classes)) }
        for weights in entry.weights {
            let metadata = try? SafetensorsFile.metadata(path: weights.path)
            guard let input = metadata?["input"].flatMap({ ImageSize($0)?.shape }) ?? shape(weights.dataset) else { continue }
            sizes.append(EntrySize(input: input, classes: metadata?["classes"].flatMap { Int($0) } ?? entry.classes ?? usual.classes))
        }
        for input in entry.recipes.keys.filter({ $0 != "default" }).sorted().compactMap(shape) {
            sizes.append(EntrySize(input: input, classes: entry.classes ?? usual.classes))
        }
        // Of several without a size of its own, the usual one can be compared with the others of a listing.
        if entry.input == nil, sizes.contains(usual) { sizes.insert(usual, at: 0) }
        return (sizes + [usual]).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
