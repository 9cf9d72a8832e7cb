import Foundation

/// The running program.
package enum Program {
    /// The very file that runs, also where another has taken its name since.
    package static let image = "/proc/self/exe"
    /// Its path, symbolic links resolved; "" if the system does not tell.
    package static let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: image)) ?? ""
    package static let directory = (path as NSString).deletingLastPathComponent
    /// The engine's library, which stands beside it.
    package static let engine = directory + "/libCTorch.so"
}
