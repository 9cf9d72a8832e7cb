import Foundation
import ZooCore
import ZooHost
import ZooKit
import ZooPlugins

/// Everything that can be known about one plugin file, whether it loads or not.
public struct PluginReport: Encodable, Sendable {
    public struct Field: Encodable, Sendable { public let key, value: String }

    public let path: String
    public let bytes: Int
    public let sha256: String
    /// The processor it was built for.
    public let machine: String
    /// Libraries that loading it would load.
    public let needed: [String]
    /// nil: it exports none that fits its file name.
    public let entrySymbol: String?
    /// The version of the contract that it was written for, "1.0".
    public let abi: String
    /// All lines of the descriptor, those of unknown keys included.
    public let descriptor: [Field]
    /// The time to load it and to get its table, in milliseconds; nil if it does not load.
    public let loadMilliseconds: Double?
    public let components: [ComponentDescription]
    /// Why it cannot be used.
    public let problem: String?

    /// Reads the file, then loads it.
    ///
    /// - Throws: `noInput` or `data` if there is no such file or it is no plugin at all.
    public init(path: String) throws {
        guard let file = try PluginFile(path: path) else { throw HostError(.data, "\(path): not a plugin: it carries no descriptor") }
        let full = URL(fileURLWithPath: path).standardizedFileURL.path
        self.path = full
        bytes = file.size
        sha256 = try file.sha256
        machine = "\(file.library.machine)"
        needed = file.library.needed
        entrySymbol = file.entrySymbol
        abi = "\(file.descriptor.abiMajor).\(file.descriptor.abiMinor)"
        descriptor = file.descriptor.fields.map { Field(key: $0.key, value: $0.value) }
        // The engine's own start is not the plugin's time.
        try EngineControl.start()
        let start = ContinuousClock.now
        do {
            let loaded = try PluginTrial.components(of: file)
            loadMilliseconds = (ContinuousClock.now - start) / .milliseconds(1)
            components = loaded.map(ComponentDescription.init)
            problem = nil
        } catch {
            loadMilliseconds = nil
            components = []
            // Causes begin with the path, which stands in a field of its own here.
            let text = singleLine("\(error)")
            problem = text.hasPrefix(path + ": ") ? String(text.dropFirst(path.count + 2)) : text
        }
    }

    /// The report as text for a terminal.
    public func rendered(for terminal: Terminal) -> String {
        let name = descriptor.first { $0.key == "id" }?.value ?? "?"
        let loading = loadMilliseconds.map { String(format: "%.1f ms", $0) }
        var text = terminal.bold("plugin \(name)") + "\n"
        text += Listing.fields(
            descriptor.filter { $0.key != "id" }.map { ($0.key, $0.value) } + [
                ("contract", abi), ("file", path), ("size", "\(withCommas(bytes)) bytes"), ("sha256", sha256), ("machine", machine),
                ("needs", needed.joined(separator: ", ")), ("entry", entrySymbol ?? "none that fits the file's name"),
                ("loads in", loading ?? ""), ("problem", problem ?? ""),
            ])
        for component in components { text += "\n" + Listing.page(component, terminal) }
        return text
    }
}
