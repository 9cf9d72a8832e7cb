import CEngine
import Synchronization
public import ZooCore
public import ZooKit

// Where networks compute: the one place that knows it. Whatever builds a network settles it here, whatever draws images for one asks here,
// and results are filed under what is told here.

extension EngineControl {
    private static let chosen = Mutex([Device.cpu])
    private static let elsewhere = Mutex(false)

    /// Where networks compute, and data sets lie that are drawn for them.
    public static var device: Device { chosen.withLock { $0.first } ?? .cpu }

    /// Chooses it for the whole process, also before the engine is started.
    ///
    /// - Parameter devices: the first is this process's; the others are those of further workers, for which it plans.
    /// - Throws: `unavailable` if the engine runs and a device is not there, or is of another kind than the first; else `start` does.
    public static func choose(_ devices: [Device]) throws(HostError) {
        chosen.withLock { $0 = devices }
        if isStarted { try openDevices() }
    }

    /// From now on nothing is computed in this process, which plans for machines that have the device: it need not be there.
    public static func planForOthers() { elsewhere.withLock { $0 = true } }

    /// Sees to it that the chosen devices are there, all of one kind, as the results of one command are.
    static func openDevices() throws(HostError) {
        guard device != .cpu, !elsewhere.withLock({ $0 }) else { return }
        for device in chosen.withLock({ $0 }) {
            try open(device)
            guard let first = gpu?.name, let other = gpu(of: device)?.name, first != other else { continue }
            throw HostError(
                .unavailable, "device \(device): expected \(first), as \(self.device) is, found \(other): results of both are not compared")
        }
    }

    private static func open(_ device: Device) throws(HostError) {
        guard case .cuda(let index) = device else { return }
        guard precision == .fp32 else {
            throw HostError(.unavailable, "device \(device): \(precision.name) is computed by the zoo's own kernels, which run on the CPU")
        }
        do throws(HostError) {
            let count = try enableCUDA()
            // Results name devices as the driver's list does.
            let known = min(count, try CUDADriver.here.get().gpus.count)
            guard index < known else {
                let names = known == 1 ? "one, cuda:0" : "\(known), cuda:0 to cuda:\(known - 1)"
                throw HostError(.unavailable, "there is no such device; this machine has \(names)")
            }
        } catch { throw HostError(error.kind, "device \(device): \(error.message)") }
    }

    /// Makes CUDA usable, if this libtorch and machine have it, and tells how many devices there are.
    ///
    /// - Throws: `unavailable` with the reason.
    @discardableResult
    public static func enableCUDA() throws(HostError) -> Int {
        var count: Int32 = 0
        let status = EngineLibrary.table.enable_cuda(&count)
        guard status == ZOO_OK else {
            let reason = EngineLibrary.table.host.pointee.last_error().map { String(cString: $0) } ?? "the engine failed"
            // Of a driver that is missing libtorch only says that there is no device.
            if status == ZOO_NOT_FOUND, case .failure(let missing) = CUDADriver.here { throw missing }
            throw HostError(.unavailable, reason)
        }
        return Int(count)
    }

    /// "CUDA 13.0, cuDNN 9.15.1": what libtorch was built with; "" unless CUDA is enabled.
    public static var cudaLibraries: String { EngineLibrary.table.cuda_libraries().map { String(cString: $0) } ?? "" }

    /// The chosen GPU; nil on the CPU, and where another machine computes.
    private static var gpu: CUDADriver.GPU? { gpu(of: device) }

    private static func gpu(of device: Device) -> CUDADriver.GPU? {
        guard case .cuda(let index) = device, let gpus = try? CUDADriver.here.get().gpus, gpus.indices.contains(index) else { return nil }
        return gpus[index]
    }

    /// What makes results of this device others than those of another: ", CUDA 13.0, cuDNN 9.15.1, NVIDIA H100 80GB HBM3"; nothing for
    /// the CPU. Devices of one name are one kind: their numbers make no difference.
    static var deviceDescription: String {
        guard device != .cpu else { return "" }
        return ([cudaLibraries, gpu?.name ?? "cuda"].filter { !$0.isEmpty }).reduce("") { $0 + ", " + $1 }
    }

    /// "sm_90": the set of instructions of the chosen GPU; nil on the CPU.
    static var deviceInstructions: String? {
        guard device != .cpu else { return nil }
        return "sm_" + (gpu?.capability.filter { $0 != "." } ?? "")
    }

    /// The chosen GPU and its driver, to be told beside the processor: "NVIDIA H100 80GB HBM3, driver 580.159.04"; nil on the CPU.
    public static var deviceHardware: String? {
        guard let gpu, let driver = try? CUDADriver.here.get() else { return nil }
        return driver.version.isEmpty ? gpu.name : "\(gpu.name), driver \(driver.version)"
    }
}

extension Parameters {
    /// Moves all tensors to the chosen device, and lays the filters out as its convolutions read them: on the CPU channels last, as the
    /// zoo's kernels do; on a GPU as they are, which cuDNN prefers for float32.
    public func settle() throws(ZooError) {
        let device = EngineControl.device
        try convert(device: device, format: device == .cpu ? .channelsLast : nil)
    }
}
