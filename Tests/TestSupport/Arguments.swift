/// The arguments of a parametrised test that are found while it runs: with none of them the test would pass without a word.
public func some<C: Collection>(_ arguments: C, _ what: String) throws -> C {
    guard !arguments.isEmpty else { throw NoArguments(description: "there are no \(what) to test") }
    return arguments
}

public struct NoArguments: Error, CustomStringConvertible {
    public let description: String
}
