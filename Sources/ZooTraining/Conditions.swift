import Foundation
package import ZooCore
import ZooHost
import ZooKit

/// What a result is made with, apart from the entry's definition and the images: what a plan names, and what a worker finds where it
/// loads these things. A result is filed under the latter, and there is none where the two disagree.
public struct Conditions: Codable, Sendable, Equatable {
    /// SHA-256 of the program's file, and of the engine's library.
    public var program, engineCode: String
    /// "libtorch 2.13.0", the precision if it is not float32, and the device if it is not the CPU.
    public var engine: String
    /// The set of instructions of the zoo's kernels, "off" without those.
    public var instructions: String
    /// Variables of the environment that choose how the engine computes.
    public var environment: [String: String]
    /// Threads of the engine.
    public var threads: Int
    /// Host name; GPU with its driver, if there is one, and processor. Not compared: workers run where the plan is made.
    public var machine = Machine.name
    public var processor = [EngineControl.deviceHardware, Machine.processor].compactMap(\.self).joined(separator: "; ")
    /// SHA-256 by file name, of the libraries that the network comes from. Before a network is built, those that the architecture asks
    /// for by `kind:id` are missing.
    public var plugins: [String: String]
    /// SHA-256 by path, of the files that the entry's settings name.
    public var files: [String: String] = [:]
    /// SHA-256 of the weights' file; "" without one.
    public var weights = ""
    /// `DataSeal.content` of the files behind the test images.
    public var data = ""
    /// Fingerprint of the very images, once they are there.
    public var images = ""
    /// `DataSeal.content` of the files that the network was trained on; "" where that is not known.
    public var trainingData = ""

    /// Those of this process, with the engine as it is loaded.
    ///
    /// - Parameter threads: nil: as many as the engine has here.
    package static func here(_ fingerprints: Fingerprints, threads: Int? = nil) throws -> Conditions {
        let environment = ProcessInfo.processInfo.environment
        return Conditions(
            program: try fingerprints.ofProgram(), engineCode: try fingerprints.ofEngine(), engine: EngineControl.described,
            instructions: try EngineControl.instructions(), environment: environment.filter { variables.contains($0.key) },
            threads: threads ?? EngineControl.threads, plugins: [:])
    }

    /// Variables by which libtorch and its libraries choose instructions and roundings.
    private static let variables: Set<String> = [
        "ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ONEDNN_DEFAULT_FPMATH_MODE", "MKL_CBWR",
        "MKL_ENABLE_INSTRUCTIONS",
        "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "NVIDIA_TF32_OVERRIDE", "OPENBLAS_CORETYPE",
    ]

    /// Compares what was found with what was planned.
    ///
    /// - Throws: `data` naming the first thing that was replaced since.
    package func check(against plan: Conditions, subject: String) throws(HostError) {
        func changed(_ what: String, _ planned: String, _ found: String) -> HostError {
            HostError(
                .data, file: what, field: "SHA-256", expected: "\(planned), as when the job was planned",
                found: "\(found): it was replaced since; run the command again")
        }
        for (name, planned) in plan.plugins.sorted(by: { $0.key < $1.key }) where plugins[name] != planned {
            throw changed(name, planned, plugins[name] ?? "none")
        }
        for (path, planned) in plan.files.sorted(by: { $0.key < $1.key }) where files[path] != planned {
            throw changed(path, planned, files[path] ?? "none")
        }
        if program != plan.program { throw changed("zoo", plan.program, program) }
        if engineCode != plan.engineCode {
            throw changed((EngineControl.enginePath as NSString).lastPathComponent, plan.engineCode, engineCode)
        }
        if data != plan.data { throw changed("the images of \(subject)", plan.data, data) }
        if !plan.weights.isEmpty, weights != plan.weights { throw changed("the weights", plan.weights, weights) }
        for (what, planned, found) in [
            ("engine", plan.engine, engine), ("instructions", plan.instructions, instructions),
            ("environment", "\(plan.environment.sorted { $0.key < $1.key })", "\(environment.sorted { $0.key < $1.key })"),
            ("threads", "\(plan.threads)", "\(threads)"),
        ] where planned != found {
            throw HostError(.software, "the worker has another \(what) than was planned: expected \(planned), found \(found)")
        }
    }
}
