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

    /// Whether it stands where it was built, in `.build/…/release` of a checkout.
    private static let isInCheckout = FileManager.default.fileExists(atPath: directory + "/../../../Package.swift")

    /// What to do about something of the zoo's own that is missing: a command of its checkout, or what else helps where there is none.
    package static func cure(_ command: String, installed: String = "install the zoo again") -> String {
        isInCheckout ? command : installed
    }
}
