import Foundation
import ZooCore
import ZooKit
import ZooManifest
import ZooPlugins

extension ComponentInfo {
    /// Settings in the order of the options, checked and completed from `config`.
    ///
    /// Paths come out absolute.
    ///
    /// - Throws: `config` naming file, JSON path, and what was expected.
    func settings(_ config: [String: JSON], at place: PartSpecification.Place) throws(HostError) -> [Setting] {
        let base = JSONPlace(value: .object(config), file: place.file, path: place.path + ".config")
        let given = try base.object(options.map(\.name))
        var result: [Setting] = []
        for option in options {
            guard let value = given[option.name] else {
                guard let fallback = option.fallback else {
                    throw base.error("'\(id)' needs '\(option.name)', \(option.type): \(option.help)")
                }
                result.append(fallback)
                continue
            }
            var setting = try option.setting(value)
            if option.file != nil, case .string(let path) = setting {
                setting = .string(URL(fileURLWithPath: Manifest.resolve(path, in: place.folder)).standardizedFileURL.path)
            }
            result.append(setting)
        }
        return result
    }
}
