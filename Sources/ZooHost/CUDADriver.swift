import Glibc
public import ZooCore

/// The GPUs of this machine as NVIDIA's driver names them.
///
/// The driver is asked through its own library, which every version of it brings, so that they are known without a libtorch
/// that could use them, and without taking any of their memory.
public struct CUDADriver: Codable, Sendable, Equatable {
    public struct GPU: Codable, Sendable, Equatable {
        /// "NVIDIA H100 80GB HBM3".
        public let name: String
        /// "9.0": the set of instructions that its kernels are taken for.
        public let capability: String
        /// Bytes.
        public let memory: Int
    }

    /// "580.159.04"; "" where the driver does not tell.
    public let version: String
    /// The newest CUDA that it takes programs of, "13.0".
    public let cuda: String
    /// In the order of their numbers: those that `CUDA_VISIBLE_DEVICES` leaves.
    public let gpus: [GPU]

    /// The driver of this machine, asked once; the error says what is missing.
    public static let here: Result<CUDADriver, HostError> = {
        do throws(HostError) { return .success(try find()) } catch { return .failure(error) }
    }()

    private static let library = "libcuda.so.1"

    private static func find() throws(HostError) -> CUDADriver {
        guard let handle = dlopen(library, RTLD_NOW) else {
            let reason = dlerror().map { String(cString: $0) } ?? library
            throw HostError(.unavailable, "there is no driver for NVIDIA's GPUs on this machine (\(reason))")
        }
        func function<T>(_ name: String, as type: T.Type) throws(HostError) -> T {
            guard let symbol = dlsym(handle, name) else { throw HostError(.unavailable, "\(library) has no function \(name)") }
            return unsafeBitCast(symbol, to: type)
        }
        func ask(_ what: String, _ call: () -> Int32) throws(HostError) {
            let status = call()
            guard status != 0 else { return }
            let noDevice: Int32 = 100
            let reason = status == noDevice ? "finds no GPU that this process may use" : "fails with CUDA error \(status) at \(what)"
            throw HostError(.unavailable, "NVIDIA's driver \(reason)")
        }
        typealias GetNumber = @convention(c) (UnsafeMutablePointer<Int32>) -> Int32
        typealias GetName = @convention(c) (UnsafeMutablePointer<CChar>, Int32, Int32) -> Int32
        typealias GetMemory = @convention(c) (UnsafeMutablePointer<Int>, Int32) -> Int32
        typealias GetAttribute = @convention(c) (UnsafeMutablePointer<Int32>, Int32, Int32) -> Int32
        typealias GetDevice = @convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Int32
        let start = try function("cuInit", as: (@convention(c) (UInt32) -> Int32).self)
        let (getVersion, getCount) = (
            try function("cuDriverGetVersion", as: GetNumber.self), try function("cuDeviceGetCount", as: GetNumber.self)
        )
        let (getDevice, getName) = (try function("cuDeviceGet", as: GetDevice.self), try function("cuDeviceGetName", as: GetName.self))
        let (getMemory, getAttribute) = (
            try function("cuDeviceTotalMem_v2", as: GetMemory.self), try function("cuDeviceGetAttribute", as: GetAttribute.self)
        )
        try ask("cuInit") { start(0) }
        var (number, count): (Int32, Int32) = (0, 0)
        try ask("cuDriverGetVersion") { getVersion(&number) }
        try ask("cuDeviceGetCount") { getCount(&count) }
        var gpus: [GPU] = []
        for index in 0..<count {
            var (device, major, minor, memory): (Int32, Int32, Int32, Int) = (0, 0, 0, 0)
            var text = [CChar](repeating: 0, count: 256)
            // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR.
            let (majorOf, minorOf): (Int32, Int32) = (75, 76)
            try ask("cuDeviceGet") { getDevice(&device, index) }
            try ask("cuDeviceGetName") { getName(&text, Int32(text.count - 1), device) }
            try ask("cuDeviceTotalMem") { getMemory(&memory, device) }
            try ask("cuDeviceGetAttribute") { getAttribute(&major, majorOf, device) }
            try ask("cuDeviceGetAttribute") { getAttribute(&minor, minorOf, device) }
            gpus.append(GPU(name: string(text), capability: "\(major).\(minor)", memory: memory))
        }
        return CUDADriver(version: managementVersion() ?? "", cuda: "\(number / 1000).\(number % 1000 / 10)", gpus: gpus)
    }

    /// The version as people know it, which the driver's library for management tells.
    private static func managementVersion() -> String? {
        typealias GetVersion = @convention(c) (UnsafeMutablePointer<CChar>, UInt32) -> Int32
        guard let handle = dlopen("libnvidia-ml.so.1", RTLD_NOW), let start = dlsym(handle, "nvmlInit_v2"),
            let version = dlsym(handle, "nvmlSystemGetDriverVersion"),
            unsafeBitCast(start, to: (@convention(c) () -> Int32).self)() == 0
        else { return nil }
        var text = [CChar](repeating: 0, count: 96)
        return unsafeBitCast(version, to: GetVersion.self)(&text, UInt32(text.count - 1)) == 0 ? string(text) : nil
    }

    private static func string(_ text: [CChar]) -> String {
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
