public import Foundation
import ZooData
import ZooManifest
import ZooModelFiles
import ZooPlugins

/// Everything that reads bytes from outside, by name. Whatever comes in, a reader gives a value or throws an error; a trap, a crash, a hang or a
/// report of the address sanitizer is a finding.
///
/// `make fuzz` feeds them random bytes; the tests feed them what lies in Tests/Fixtures/fuzz, former findings among it.
public enum Readers {
    public static let all: [String: @Sendable (Data) throws -> Void] = [
        "manifest": { _ = try DataSetCatalogue(Manifest(contents: $0, path: "zoo.json")) },
        "safetensors": { bytes in
            let file = try SafetensorsFile(contents: bytes, path: "x.safetensors")
            for entry in file.entries { _ = try file.bytes(of: entry.name) }
        },
        "model-file": { bytes in
            let file = ModelFile(bytes)
            _ = file.refusal(asModel: "x.pt")
            if let refusal = file.refusal(asWeights: "x.pt") { throw refusal }
        },
        "idx": { bytes in
            let labels = Result { try IDX.parse(Array(bytes), path: "x-ubyte", rank: 1) }
            _ = try IDX.parse(Array(bytes), path: "x-ubyte", rank: 3)
            _ = try labels.get()
        },
        "boxes": { bytes in
            let table = Result { try HouseNumbers.decodeCSV(Array(bytes), file: "digitStruct.csv") }
            _ = try HouseNumbers.decodeJSON(Array(bytes), file: "digitStruct.json")
            _ = try table.get()
        },
        "archive": { _ = try Archive(bytes: Array($0), path: "set.tar", limit: 1 << 26) },
        "cache": { _ = PluginCache.recordCount(in: $0) },
        "descriptor": { bytes in
            let library = try ELFFile(contents: bytes, path: "libX.so")
            _ = try library.exports()
            _ = try PluginDescriptor.find(in: library)
        },
        "descriptor-text": { _ = try PluginDescriptor(text: String(decoding: $0, as: UTF8.self), path: "libX.so") },
        "picture": { bytes in
            for channels in [1, 3] { _ = try Picture(decoding: Array(bytes), channels: channels, place: "x.png") }
        },
        "places": { _ = try PublishedSets(contents: $0, path: "places.json") },
        "lock": { bytes in _ = try PluginLock(contents: bytes, path: "x.lock") },
    ]
}
