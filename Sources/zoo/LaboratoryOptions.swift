public import ArgumentParser
public import ZooHost
import ZooManifest
import ZooPlugins
import ZooTraining

/// The options of commands that compute with images.
struct LaboratoryOptions: ParsableArguments, LaboratoryGroup {
    @OptionGroup var hosting: HostOptions
    @OptionGroup(title: "Data") var data: DataOptions

    @OptionGroup(title: "Engine") var engine: EngineOptions

    var computing: LaboratoryOptions { self }
}

/// How the engine computes.
struct EngineOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Number of threads of the engine. Default: one for each core.", valueName: "n"))
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            "What convolutions multiply: fp32, or bf16; zoo doctor measures which is faster here. Sums and weights stay float32.",
            valueName: "type"))
    var precision = Precision.fp32

    @Option(
        help: ArgumentHelp(
            "Where networks compute: cpu, or a GPU: cuda, cuda:1; for jobs also several, as in cuda:0,cuda:1. zoo doctor lists them.",
            valueName: "device"))
    var device = DeviceList.cpu

    /// Chooses them for this process.
    func choose() throws {
        try EngineControl.choose(precision)
        try EngineControl.choose(device.devices)
    }

    /// A device for commands that compute in one process.
    func requireOneDevice() throws {
        if device.devices.count > 1 { throw ValidationError("--device is \(device), expected one device") }
    }

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads is \(threads), expected 1 to 1024") }
    }
}

/// Where images come from.
struct DataOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where data sets are kept. Default: $ZOO_DATA, or data/ beside the manifest or above the program.", valueName: "dir"),
        completion: .directory)
    var dataDir: String?

    func validate() throws { try refuseEmpty(("--data-dir", dataDir, "a directory")) }
}

/// Options that hold those.
protocol LaboratoryGroup: HostGroup {
    var computing: LaboratoryOptions { get }
}

extension LaboratoryGroup {
    var hosting: HostOptions { computing.hosting }
    var dataDir: String? { computing.data.dataDir }
    var threads: Int? { computing.engine.threads }
    var devices: DeviceList { computing.engine.device }

    /// Sets up logging, finds the plugins and starts the engine.
    ///
    /// - Parameter plan: the plugins to use, if another process has found them.
    /// - Throws: `unavailable` for a device that is not there, and for bf16 where `ZOO_KERNELS=off` turns off the kernels that have it.
    func host(plan: PluginPlan? = nil) throws -> HostRuntime {
        try computing.engine.choose()
        return try findPlugins(threads: threads, plan: plan)
    }
}

extension LaboratoryOptions {
    /// One that neither trains nor looks for trained weights.
    func laboratory(_ host: HostRuntime, _ manifest: Manifest) throws -> Laboratory {
        try Laboratory(host: host, manifest: manifest, dataDirectory: dataDir, runs: RunOptions.usual)
    }
}

extension Precision: ExpressibleByArgument {}
