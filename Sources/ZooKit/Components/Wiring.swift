/// What an architecture transforms, and a drawing of it.
public struct Wiring: Equatable, Sendable {
    /// What is warped.
    public enum Target: UInt32, Sendable, CustomStringConvertible {
        /// Nothing: a network without a spatial transformer.
        case nothing = 0
        /// The input image.
        case input
        /// Feature maps.
        case features

        public var description: String {
            switch self {
            case .nothing: "none"
            case .input: "input"
            case .features: "feature map"
            }
        }
    }
    /// What is warped.
    public let target: Target
    /// Lines of text, in which {slot} stands for what fills the slot and {option} for the value of a setting.
    public let drawing: String

    /// Makes it of what is warped and a drawing.
    public init(_ target: Target, _ drawing: String) {
        self.target = target
        self.drawing = drawing
    }
}
