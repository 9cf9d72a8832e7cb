import ZooCore

/// A plugin as it lies on the disk, and whether this process may load it.
///
///     guard let plugin = try PluginFile(path: path) else { continue }  // some other library
///     try plugin.requireLoadable(engine: "libtorch 2.13.0")
public struct PluginFile: Sendable {
    public let library: ELFFile
    public let descriptor: PluginDescriptor
    /// The entry symbol that libltdl will find, or `nil` if the library exports none that fits its file name.
    public let entrySymbol: String?
    /// Entry symbols that are exported for another file name.
    private let strayEntrySymbols: [String]

    private static let entry = "zoo_plugin_v1"

    /// Reads the plugin at `path`; `nil` for a shared library that carries neither a descriptor nor an entry symbol.
    ///
    /// - Throws: `HostError` of kind `noInput` if there is no such file; of kind `data` if it is no shared library, has a
    ///   wrong descriptor, or has an entry symbol and no descriptor.
    public init?(path: String) throws { try self.init(library: ELFFile(path: path)) }

    package init?(library: ELFFile) throws {
        let path = library.path
        let entries = try library.exports().filter { $0 == Self.entry || $0.hasSuffix("_LTX_" + Self.entry) }
        guard let descriptor = try PluginDescriptor.find(in: library) else {
            guard entries.isEmpty else {
                throw HostError(
                    .data, "\(path): exports \(entries[0]) but carries no text '\(PluginDescriptor.magic)MAJOR.MINOR…', expected both")
            }
            return nil
        }
        let own = Self.prefix(of: path) + "_LTX_" + Self.entry
        self.library = library
        self.descriptor = descriptor
        // libltdl tries the longer name first.
        entrySymbol = entries.first { $0 == own } ?? entries.first { $0 == Self.entry }
        strayEntrySymbols = entries.filter { $0 != own && $0 != Self.entry }
    }

    /// SHA-256 of the bytes that were read.
    ///
    /// - Throws: `HostError` of kind `software` if the cryptographic library fails.
    public var sha256: String { get throws(HostError) { try Checksum.sha256(of: library.contents) } }

    /// How many bytes were read.
    public var size: Int { library.contents.count }

    /// Whether the library itself links the tensor engine, instead of using the host's.
    public var linksEngine: Bool {
        library.needed.contains { $0.hasPrefix("libtorch") || $0.hasPrefix("libc10") }
    }

    /// Checks all that can be known without loading: processor, version of the contract, entry symbol, engine.
    ///
    /// A library that links another version of the engine would crash the process from its static initialisers, which run
    /// before the first of its functions could be asked; so this has to come first. Versions are compared without what
    /// follows a `+` (`2.13.0+cpu`), which only says how a build was packaged.
    ///
    /// - Parameter engine: The host's engine, as its table names it: `libtorch 2.13.0`.
    /// - Throws: `HostError` of kind `data` that says what was found and what was expected.
    public func requireLoadable(engine: String, abiMajor: UInt32 = 1, machine: ELFFile.Machine = .current) throws {
        try requireContract(abiMajor: abiMajor, machine: machine)
        let path = library.path
        guard linksEngine else { return }
        let linked = library.needed.filter { $0.hasPrefix("libtorch") || $0.hasPrefix("libc10") }.joined(separator: ", ")
        guard let declared = descriptor.engine else {
            throw HostError(.data, "\(path): links \(linked), expected a line 'engine: \(engine)' in its descriptor that says so")
        }
        func version(_ text: String) -> Substring { text.prefix { $0 != "+" } }
        guard version(declared) == version(engine) else {
            throw HostError(
                .data, "\(path): links \(declared) (\(linked)), this host runs \(engine): rebuild it for that, or without linking it")
        }
    }

    /// The part of `requireLoadable` that does not depend on the engine.
    public func requireContract(abiMajor: UInt32 = 1, machine: ELFFile.Machine = .current) throws {
        let path = library.path
        guard library.machine == machine else {
            throw HostError(.data, "\(path): built for \(library.machine), expected \(machine)")
        }
        guard descriptor.abiMajor == abiMajor else {
            let (major, minor) = (descriptor.abiMajor, descriptor.abiMinor)
            throw HostError(.data, "\(path): written for plugin contract \(major).\(minor), this host offers \(abiMajor).x")
        }
        guard entrySymbol != nil else {
            if let stray = strayEntrySymbols.first {
                let name = stray.dropLast("_LTX_\(Self.entry)".count)
                throw HostError(.data, "\(path): its entry symbol is \(stray), expected the file to be named \(name).so")
            }
            throw HostError(.data, "\(path): exports no entry symbol, expected \(Self.entry) or \(Self.prefix(of: path))_LTX_\(Self.entry)")
        }
    }

    /// What libltdl makes of a file name: the part before the last dot, with `_` for all but letters and digits.
    private static func prefix(of path: String) -> String {
        var name = path[...]
        if let slash = name.lastIndex(of: "/") { name = name[name.index(after: slash)...] }
        if let dot = name.lastIndex(of: ".") { name = name[..<dot] }
        return String(
            name.unicodeScalars.map { $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil) ? Character($0) : "_" }
        )
    }
}
