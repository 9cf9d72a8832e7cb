public import ZooCore
import ZooProbes

/// A probe as a listing shows it.
public struct ProbeDescription: Encodable, Sendable {
    public let name: String
    public let summary: String
    public let needs: [String]
    /// Defaults by name.
    public let settings: [String: JSON]

    /// All of them.
    public static var all: [ProbeDescription] {
        ProbeCatalogue.all.map {
            ProbeDescription(name: $0.name, summary: $0.summary, needs: $0.needs.map(\.rawValue).sorted(), settings: $0.settings)
        }
    }
}

extension Listing {
    /// One line per probe.
    public static func table(of probes: [ProbeDescription]) -> TextTable {
        var table = TextTable([.init("probe"), .init("what it measures"), .init("needs"), .init("settings")])
        for probe in probes {
            let settings = probe.settings.sorted { $0.key < $1.key }.map { "\($0.key)=\(shown($0.value))" }
            table.append([probe.name, probe.summary, probe.needs.joined(separator: ", "), settings.joined(separator: " ")])
        }
        return table
    }
}
