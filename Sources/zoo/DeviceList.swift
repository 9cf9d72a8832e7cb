import ArgumentParser
import ZooKit

/// "cpu", "cuda:1", or several GPUs as in "cuda:0,cuda:1".
struct DeviceList: ExpressibleByArgument, CustomStringConvertible {
    let devices: [Device]

    static let cpu = DeviceList([.cpu])
    private init(_ devices: [Device]) { self.devices = devices }

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Device(String($0)) }
        let devices = parts.compactMap(\.self)
        // Jobs are divided among equals, and each once.
        guard devices.count == parts.count, Set(devices).count == devices.count, devices.count == 1 || !devices.contains(.cpu) else {
            return nil
        }
        self.devices = devices
    }

    var isCPU: Bool { devices == [.cpu] }
    var description: String { devices.map(\.description).joined(separator: ",") }
    var defaultValueDescription: String { description }
}
