/// What training minimises beside the cross entropy: a regulariser, a prior, an equivariance penalty.
///
/// In training an architecture reports the value of each, ``Trace/loss(_:_:)``.
public struct Loss: Codable, Equatable, Sendable {
    /// The name in recipes and learning curves: lower-case letters, digits and '-'.
    public var name: String
    /// One line for users.
    public var help: String
    /// Its weight in the sum that is minimised, where the recipe gives none; at 0 it is shown and not minimised.
    public var weight: Double

    /// Makes it of its name, its usual weight and a line for users.
    public init(_ name: String, weight: Double = 1, _ help: String) {
        self.name = name
        self.help = help
        self.weight = weight
    }
}
