public import ZooCore

/// A file or directory that could not be used.
public struct BrokenPlugin: Sendable {
    public let path: String
    public let cause: HostError
    /// The plugin that came before and has its id or that of one of its components.
    public var rival: String?
}
