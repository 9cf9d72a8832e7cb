/// What a plugin offers: a class that conforms to this and to one of ``FeatureExtractor``, ``SpatialTransformer``,
/// ``LocalizationNet`` and ``Architecture``.
public protocol Component: Module {
    /// The name in zoo.json, unique within the kind: lower-case letters, digits and '-'.
    static var id: String { get }
    /// One line for users.
    static var summary: String { get }
    /// The publication that it implements: "arXiv:1506.02025". Empty by default.
    static var paper: String { get }
    /// The settings that it understands. None by default.
    static var options: [Option] { get }
    /// The parts that an architecture asks for. None by default.
    static var slots: [Slot] { get }
    /// What an architecture transforms, and a drawing of it. None by default.
    static var wiring: Wiring? { get }
    /// What an architecture lets training minimise beside the cross entropy. Nothing by default.
    static var losses: [Loss] { get }
    /// Makes an instance.
    ///
    /// - Parameter build: The size of its input, its settings and, for an architecture, its parts; valid during this
    ///   call only.
    /// - Throws: ``ZooError`` of kind `badArgument` that names the setting or size that does not fit.
    init(_ build: Build) throws
}

extension Component {
    public static var paper: String { "" }
    public static var options: [Option] { [] }
    public static var slots: [Slot] { [] }
    public static var wiring: Wiring? { nil }
    public static var losses: [Loss] { [] }
}
