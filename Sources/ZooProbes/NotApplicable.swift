/// The entry cannot be probed in this way: no failure, there is nothing to measure.
public struct NotApplicable: Error, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
