import Foundation

/// The running program.
package enum Program {
    /// Its file, symbolic links resolved; "" if the system does not tell.
    package static let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    package static let directory = (path as NSString).deletingLastPathComponent
    /// The engine's library, which stands beside it.
    package static let engine = directory + "/libCTorch.so"
}
