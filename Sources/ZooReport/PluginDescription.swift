import ZooPlugins

/// A plugin as a listing shows it.
public struct PluginDescription: Encodable, Sendable {
    public let id: String
    public let path: String
    public let version, licence, summary: String
    public let authors, papers: [String]
    /// The version of the contract that it was written for, "1.0".
    public let abi: String
    /// The engine that it links itself; nil for one that uses the host's.
    public let engine: String?
    /// "kind/id" of its components.
    public let components: [String]
    public var fileName: String { baseName(path) }

    init(_ plugin: KnownPlugin) {
        let descriptor = plugin.descriptor
        id = descriptor.id
        path = plugin.path
        version = descriptor.version
        licence = descriptor.licence
        summary = descriptor.summary
        authors = descriptor.authors
        papers = descriptor.papers
        abi = "\(descriptor.abiMajor).\(descriptor.abiMinor)"
        engine = descriptor.engine
        components = plugin.components.map { "\($0.kind)/\($0.id)" }
    }
}
