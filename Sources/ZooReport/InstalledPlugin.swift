import ZooCore
public import ZooHost
import ZooPlugins

/// A plugin that lies in the user's own directory, as a listing shows it.
public struct InstalledPlugin: Encodable, Sendable {
    public let path: String
    /// nil where the file cannot be read as a plugin.
    public let id, version, abi, summary: String?
    public let problem: String?

    public init(_ item: PluginShelf.Item) {
        path = item.path
        switch item.descriptor {
        case .success(let descriptor):
            (id, version, summary) = (descriptor.id, descriptor.version, descriptor.summary)
            abi = "\(descriptor.abiMajor).\(descriptor.abiMinor)"
            problem = nil
        case .failure(let error):
            (id, version, abi, summary) = (nil, nil, nil, nil)
            let text = singleLine(error.message)
            problem = text.hasPrefix(item.path + ": ") ? String(text.dropFirst(item.path.count + 2)) : text
        }
    }

    public static func table(of plugins: [InstalledPlugin]) -> TextTable {
        var table = TextTable([.init("plugin"), .init("version"), .init("contract"), .init("file"), .init("summary")])
        for plugin in plugins {
            table.append([
                plugin.id ?? "?", plugin.version ?? "", plugin.abi ?? "", plugin.path,
                plugin.problem.map { "broken: \($0)" } ?? plugin.summary ?? "",
            ])
        }
        return table
    }
}
