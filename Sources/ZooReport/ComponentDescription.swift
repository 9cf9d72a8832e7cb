public import ZooCore
public import ZooKit
import ZooManifest
import ZooPlugins

/// A component as a listing shows it.
public struct ComponentDescription: Encodable, Sendable {
    public struct Option: Encodable, Sendable {
        public let name, type, help: String
        /// nil: the setting is required.
        public let fallback: JSON?
        /// nil: open.
        public let minimum, maximum: Double?
        public let choices: [String]?

        enum CodingKeys: String, CodingKey {
            case name, type, help
            case fallback = "default"
            case minimum, maximum, choices
        }
    }

    public struct Slot: Encodable, Sendable {
        public let name, kind, help: String
        public let required: Bool
    }

    public let kind, id, summary, paper: String
    /// The library's path.
    public let file: String
    public let options: [Option]
    public let slots: [Slot]
    /// What training minimises beside the cross entropy.
    public let losses: [Loss]
    public var fileName: String { baseName(file) }

    init(_ component: ComponentInfo) {
        kind = "\(component.kind)"
        id = component.id
        summary = component.summary
        paper = component.paper
        file = component.file
        options = component.options.map { option in
            Option(
                name: option.name, type: "\(option.type)", help: option.help, fallback: option.fallback.map(JSON.init),
                minimum: bound(option.range.lowerBound), maximum: bound(option.range.upperBound), choices: option.choices)
        }
        slots = component.slots.map { Slot(name: $0.name, kind: "\($0.kind)", help: $0.help, required: $0.isRequired) }
        losses = component.losses
    }
}

private func bound(_ number: Double) -> Double? { number.isFinite ? number : nil }
