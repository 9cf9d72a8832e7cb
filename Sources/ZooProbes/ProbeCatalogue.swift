public import ZooCore
public import ZooKit
import ZooManifest
public import ZooStore

/// A probe with settings, as the catalogue makes it.
protocol ConfigurableProbe: Probe {
    static var name: String { get }
    static var summary: String { get }
    static var needs: Set<ProbeNeed> { get }
    /// What can be set; every option has a default.
    static var options: [Option] { get }
    var configuration: ProbeSettings { get }
    init(configuration: ProbeSettings)
}

extension ConfigurableProbe {
    var name: String { Self.name }
    var summary: String { Self.summary }
    var needs: Set<ProbeNeed> { Self.needs }
    var settings: [String: JSON] { configuration.json }

    /// Which definition of its figures a probe follows, where docs/probes.md has had several: a setting that cannot be chosen, so that
    /// results of another definition answer to another name.
    static func version(_ number: Int) -> Option {
        .int("version", default: number, in: number...number, "of the definition, as docs/probes.md has it")
    }

    /// The setting that most probes have.
    static func images(default count: Int, _ what: String = "test images, a fixed random choice") -> Option {
        .int("images", default: count, in: 0...10_000_000, "\(what); 0: all")
    }
}

/// All probes, by name.
public enum ProbeCatalogue {
    private static let kinds: [any ConfigurableProbe.Type] = [
        ErrorProbe.self, InvarianceProbe.self, ConsistencyProbe.self, PoseProbe.self, EquivarianceProbe.self, LieProbe.self, CostProbe.self,
    ]

    /// All probes with their default settings, in the order of a listing.
    public static let all: [any Probe] = kinds.map { $0.init(configuration: ProbeSettings(options: $0.options)) }

    /// A probe as on the command line: `pose`, or `pose?images=500&…`.
    ///
    /// - Throws: `usage` naming the probe or the field that is wrong.
    public static func probe(_ text: String) throws(HostError) -> any Probe {
        let pieces = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let kind = try kind(String(pieces.first ?? ""))
        let given = pieces.count == 2 ? try ProbeSettings.parse(pieces[1], options: kind.options, probe: kind.name) : [:]
        return try probe(named: kind.name, settings: given)
    }

    /// A probe with some settings, the others at their defaults.
    ///
    /// - Throws: `usage` naming the probe or the field that is wrong.
    public static func probe(named name: String, settings: [String: JSON]) throws(HostError) -> any Probe {
        let kind = try kind(name)
        return kind.init(configuration: try ProbeSettings(settings, options: kind.options, probe: name))
    }

    /// Whether a stored result's figures mean what this version of its probe measures.
    public static func isCurrent(_ subject: ResultSubject) -> Bool {
        guard let kind = kinds.first(where: { $0.name == subject.probe }),
            let version = kind.options.first(where: { $0.name == "version" })?.fallback
        else { return true }
        return subject.settings["version"] == JSON(version)
    }

    /// What can be set on a probe.
    public static func options(of name: String) throws(HostError) -> [Option] { try kind(name).options }

    private static func kind(_ name: String) throws(HostError) -> any ConfigurableProbe.Type {
        if let found = kinds.first(where: { $0.name == name }) { return found }
        let names = kinds.map { $0.name }
        throw HostError(.usage, "there is no probe '\(name)'\(suggestion(name, names)); there are \(names.joined(separator: ", "))")
    }
}
