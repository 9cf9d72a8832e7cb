import CZooPlugin

/// A family of transformations of another plugin, behind the contract's table of functions.
public final class ForeignTransformer: SpatialTransformer {
    public let parameters: Parameters
    public let traits: Traits
    public let parameterCount: Int
    public let identity: [Double]
    public let composes, inverts: Bool
    private let part: ForeignPart
    private let table: UnsafePointer<zoo_transformer_v1>

    /// Reads what the instance says of itself.
    ///
    /// - Throws: `badArgument` if it is of another kind, or says what cannot be.
    public init(_ part: ForeignPart) throws(ZooError) {
        self.part = part
        table = try part.table(ZOO_TRANSFORMER, as: zoo_transformer_v1.self)
        parameters = try part.readState()
        traits = try part.readTraits()
        guard let flags = table.pointee.flags else { throw part.missing("flags") }
        identity = try part.identity(of: table)
        parameterCount = identity.count
        let bits = flags(part.instance)
        composes = bits & ZOO_COMPOSES.rawValue != 0
        inverts = bits & ZOO_INVERTS.rawValue != 0
    }

    public func outputSize(height: Int, width: Int) -> (height: Int, width: Int) {
        var h = Int64(height)
        var w = Int64(width)
        guard let size = table.pointee.output_size, size(part.instance, h, w, &h, &w) == ZOO_OK else { return (height, width) }
        return (Int(h), Int(w))
    }

    public func transformation(_ parameters: Tensor) throws -> Tensor {
        guard let function = table.pointee.transformation else { throw part.missing("transformation") }
        var out: OpaquePointer?
        try parameters.with { p throws(ZooError) in try check(function(part.instance, p, &out)) }
        return try Tensor(result: out)
    }

    public func compose(_ first: Tensor, _ second: Tensor) throws -> Tensor {
        guard let function = table.pointee.compose else { throw ZooError("family '\(part.id)' does not compose", .unsupported) }
        var out: OpaquePointer?
        try first.with { a throws(ZooError) in
            try second.with { b throws(ZooError) in try check(function(part.instance, a, b, &out)) }
        }
        return try Tensor(result: out)
    }

    public func invert(_ theta: Tensor) throws -> Tensor {
        guard let function = table.pointee.invert else { throw ZooError("family '\(part.id)' has no inverse", .unsupported) }
        var out: OpaquePointer?
        try theta.with { t throws(ZooError) in try check(function(part.instance, t, &out)) }
        return try Tensor(result: out)
    }

    public func warp(_ images: Tensor, _ theta: Tensor, height: Int, width: Int) throws -> Tensor {
        guard let function = table.pointee.warp else { throw part.missing("warp") }
        guard [height, width].allSatisfy({ (1...ForeignPart.mostOfSize).contains(Int64($0)) }) else {
            throw ZooError("family '\(part.id)' is to make images of \(height)×\(width)", .badArgument)
        }
        var out: OpaquePointer?
        try images.with { x throws(ZooError) in
            try theta.with { t throws(ZooError) in try check(function(part.instance, x, t, Int64(height), Int64(width), &out)) }
        }
        return try Tensor(result: out)
    }
}
