public import ZooKit
public import ZooManifest
public import ZooPlugins

/// An entry whose components are found and whose settings are checked.
public struct ResolvedEntry: Sendable {
    public let entry: Entry
    public let architecture: ComponentInfo
    /// The components by slot; empty slots are left out.
    public let parts: [String: ComponentInfo]
    let architectureSettings: [Setting]
    let partSettings: [String: [Setting]]

    /// Settings by option name, defaults included: of a slot, or of the architecture for nil.
    public func settings(of slot: String?) -> [(name: String, value: Setting)] {
        guard let slot else { return Array(zip(architecture.options.map(\.name), architectureSettings)) }
        return Array(zip(parts[slot]?.options.map(\.name) ?? [], partSettings[slot] ?? []))
    }

    /// The libraries, the architecture's first, without repetition.
    public var files: [String] {
        var seen: Set<String> = []
        let all = [architecture.file] + architecture.slots.compactMap { parts[$0.name]?.file }
        return all.filter { seen.insert($0).inserted }
    }

    /// A file that a setting names.
    public struct NamedFile: Sendable {
        /// nil: the architecture's own.
        public let slot: String?
        public let option: String
        public let contents: Option.FileContents
        /// Absolute.
        public let path: String
    }

    /// The files that its settings name, the architecture's first.
    public var namedFiles: [NamedFile] {
        let all =
            [(nil, architecture, architectureSettings)]
            + architecture.slots.compactMap { slot in
                parts[slot.name].map { (slot.name, $0, partSettings[slot.name] ?? []) }
            }
        return all.flatMap { slot, component, settings in
            zip(component.options, settings).compactMap { option, setting in
                guard let contents = option.file, case .string(let path) = setting else { return nil }
                return NamedFile(slot: slot, option: option.name, contents: contents, path: path)
            }
        }
    }

    /// The files whose trained weights make the entry what it is from the start; empty unless everything in it that is
    /// trained, or could be, comes from such a file.
    public var ownWeights: [NamedFile] {
        let carried = namedFiles.filter { $0.contents != .data }
        let trained = architecture.slots.filter { parts[$0.name] != nil && $0.kind != .transformer }.map(\.name)
        let hasAll = !trained.isEmpty && trained.allSatisfy { slot in carried.contains { $0.slot == slot } }
        return hasAll || carried.contains { $0.slot == nil } ? carried : []
    }
}
