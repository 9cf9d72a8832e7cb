import CZooPlugin

/// A localization net of another plugin, behind the contract's table of functions.
public final class ForeignLocalization: LocalizationNet {
    public let parameters: Parameters
    public let traits: Traits
    private let part: ForeignPart
    private let table: UnsafePointer<zoo_localization_v1>

    /// Reads what the instance says of itself.
    ///
    /// - Throws: `badArgument` if it is of another kind, or says what cannot be.
    public init(_ part: ForeignPart) throws(ZooError) {
        self.part = part
        table = try part.table(ZOO_LOCALIZATION, as: zoo_localization_v1.self)
        parameters = try part.readState()
        traits = try part.readTraits()
    }

    public func forward(_ x: Tensor) throws -> Tensor {
        guard let function = table.pointee.forward else { throw part.missing("forward") }
        var out: OpaquePointer?
        try x.with { x throws(ZooError) in try check(function(part.instance, x, &out)) }
        return try Tensor(result: out)
    }
}
