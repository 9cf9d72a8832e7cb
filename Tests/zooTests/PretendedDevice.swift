import Foundation
import Testing

/// GPUs that are none: Tests/Device makes them of this machine's memory, behind addresses that only their own operators can use.
///
/// libtorch takes them for CUDA's, so all of the zoo runs as on those. An operator that gets tensors of two devices fails as there, and
/// whoever reads a device's memory from the CPU crashes.
enum PretendedDevice {
    private static let folder = ZooProcess.products.appendingPathComponent("test-device").path
    private static let torch = ProcessInfo.processInfo.environment["LIBTORCH"] ?? ZooProcess.root.appendingPathComponent(".venv/torch").path

    /// Whether somebody asked for them, as they take a minute and a half, and they can be built here.
    static let isWanted =
        ProcessInfo.processInfo.environment["ZOO_PRETEND_DEVICES"] == "1" && finds("clang++")
        && FileManager.default.fileExists(atPath: torch + "/include/ATen/ATen.h")

    /// Whether this libtorch has a CUDA of its own.
    static let hasCUDA = FileManager.default.fileExists(atPath: torch + "/lib/libtorch_cuda.so")

    private static let built: ZooProcess.Outcome? = try? ZooProcess.execute(
        "/usr/bin/env", ["bash", ZooProcess.root.appendingPathComponent("Tests/Device/pretend.sh").path, folder],
        ZooProcess.environment(["LIBTORCH": torch]))

    private static func settings(_ changes: [String: String], at place: SourceLocation) throws -> [String: String] {
        let built = try #require(built, sourceLocation: place)
        try #require(built.status == 0, "\(built.errors)", sourceLocation: place)
        return changes.merging(["LD_LIBRARY_PATH": folder]) { own, _ in own }
    }

    /// Runs the program where there are such devices.
    static func run(
        _ arguments: [String], _ changes: [String: String] = [:], in directory: URL? = nil, at place: SourceLocation = #_sourceLocation
    ) throws -> ZooProcess.Outcome { try ZooProcess.run(arguments, settings(changes, at: place), in: directory, at: place) }

    /// Starts it, and does not wait for it.
    static func start(_ arguments: [String], in directory: URL, at place: SourceLocation = #_sourceLocation) throws -> Process {
        let process = Process()
        process.executableURL = ZooProcess.program
        process.arguments = arguments
        process.environment = ZooProcess.environment(try settings([:], at: place))
        process.currentDirectoryURL = directory
        (process.standardInput, process.standardOutput, process.standardError) = (
            FileHandle.nullDevice, FileHandle.nullDevice, FileHandle.nullDevice
        )
        try process.run()
        return process
    }
}
