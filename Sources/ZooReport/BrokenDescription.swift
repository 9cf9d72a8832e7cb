import ZooCore
import ZooPlugins

/// A file that should be a plugin and is none that can be used.
public struct BrokenDescription: Encodable, Sendable {
    public let path: String
    public let cause: String

    init(_ broken: BrokenPlugin) {
        path = broken.path
        // Causes begin with the path, which stands in a field of its own here.
        let text = singleLine(broken.cause.message)
        cause = text.hasPrefix(path + ": ") ? String(text.dropFirst(path.count + 2)) : text
    }
}
