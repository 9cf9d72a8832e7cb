/// A whole classifier, wired from parts.
public protocol Architecture: Module {
    /// Classifies images.
    ///
    /// - Parameters:
    ///   - x: `N×C×H×W`.
    ///   - trace: Gets what happens on the way, if there is one.
    /// - Returns: Logits, `N×classes` or `N×heads×classes`.
    /// - Throws: ``ZooError`` if `x` has another shape than the architecture was built for.
    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor
}

extension Architecture {
    /// Classifies images `N×C×H×W` without a trace.
    public func forward(_ x: Tensor) throws -> Tensor { try forward(x, trace: nil) }
}
