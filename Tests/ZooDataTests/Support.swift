import Foundation

/// Where the real data sets are on this machine, if they are: ZOO_DATA, or a folder beside the repository's.
let realData: String? = {
    let beside = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../shared/data").standardized
        .path
    return [ProcessInfo.processInfo.environment["ZOO_DATA"], beside].compactMap { $0 }.first {
        FileManager.default.fileExists(atPath: $0 + "/mnist")
    }
}()
