import Foundation
import ZooData
import ZooHost
import ZooStore

// Everything that reads bytes from outside, as targets of libFuzzer: `make fuzz`. Whatever comes in, a reader gives a value or throws an error;
// a trap, a crash, a hang or a report of the address sanitizer is a finding. Inputs that were findings once lie in Tests/Fixtures/fuzz.

/// One reader.
private let targets: [String: @Sendable (Data) throws -> Void] = [
    "manifest": { _ = try Manifest(contents: $0, path: "zoo.json") },
    "safetensors": { bytes in
        let file = try SafetensorsFile(contents: bytes, path: "x.safetensors")
        for entry in file.entries { _ = try file.bytes(of: entry.name) }
    },
    "idx": { bytes in for rank in [1, 3] { _ = try? IDX.parse(Array(bytes), path: "x-ubyte", rank: rank) } },
    "boxes": { bytes in
        _ = try? HouseNumbers.decodeCSV(Array(bytes), file: "digitStruct.csv")
        _ = try? HouseNumbers.decodeJSON(Array(bytes), file: "digitStruct.json")
    },
    "cache": { _ = PluginCache.recordCount(in: $0) },
    "descriptor": { bytes in
        let library = try ELFFile(contents: bytes, path: "libX.so")
        _ = try library.exports()
        _ = try PluginDescriptor.find(in: library)
    },
    "descriptor-text": { _ = try PluginDescriptor(text: String(decoding: $0, as: UTF8.self), path: "libX.so") },
    "lock": { bytes in _ = try PluginLock(contents: bytes, path: "x.lock") },
]

/// Named by ZOO_FUZZ_TARGET.
private let target: @Sendable (Data) throws -> Void = {
    let name = ProcessInfo.processInfo.environment["ZOO_FUZZ_TARGET"] ?? ""
    guard let target = targets[name] else {
        print("ZOO_FUZZ_TARGET is '\(name)', expected one of \(targets.keys.sorted().joined(separator: ", "))")
        exit(64)
    }
    return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // In memory of its own, so that the sanitizer sees a read beyond its end.
    try? target(Data(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
