/// A part that an architecture asks for and an entry of zoo.json fills, with a component of any plugin.
///
///     static let slots = [Slot("extractor", .extractor, "the classification network")]
public struct Slot: Sendable {
    /// The key in an entry's "parts".
    public let name: String
    /// The kind of component that can fill it.
    public let kind: Kind
    /// Whether every entry has to fill it.
    public let isRequired: Bool
    /// One line for users.
    public let help: String

    /// Makes it of the key, the kind of component and a line for users.
    public init(_ name: String, _ kind: Kind, required: Bool = true, _ help: String) {
        self.name = name
        self.kind = kind
        isRequired = required
        self.help = help
    }
}
