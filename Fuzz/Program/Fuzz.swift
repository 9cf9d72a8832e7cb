import Foundation
import FuzzReaders

// The readers as targets of libFuzzer: `make fuzz`.

/// Named by ZOO_FUZZ_TARGET.
private let target: @Sendable (Data) throws -> Void = {
    let name = ProcessInfo.processInfo.environment["ZOO_FUZZ_TARGET"] ?? ""
    guard let target = Readers.all[name] else {
        print("ZOO_FUZZ_TARGET is '\(name)', expected one of \(Readers.all.keys.sorted().joined(separator: ", "))")
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
