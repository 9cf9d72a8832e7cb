/// A spatial transformer that is applied several times: each iteration predicts a transformation from the image as
/// aligned so far.
///
///     let spatial = try IterativeTransformer(family, iterations: build.int("iterations"))
///     let aligned = try spatial(x, trace: trace) { try localization.forward($0) }
///
/// With Θ₀ = identity and x₀ = x, iteration i predicts M(loc(xᵢ₋₁)), composes it with Θᵢ₋₁ and resamples the *original*
/// image, xᵢ = ST(x; Θᵢ): however many iterations, an image is interpolated once [LL17, arXiv:1612.03897; FJL20,
/// arXiv:2004.11678]. Every iteration uses the same localization net, and gradients flow through all of them. One
/// iteration is the plain spatial transformer [JSZK15, arXiv:1506.02025].
///
/// Where the family changes an image's size, only the last resampling does so; what the localization net sees in
/// between has the size of `x`.
public struct IterativeTransformer {
    /// On which side of the composed transformation a new prediction is multiplied.
    public enum Order: Sendable {
        /// Θᵢ = Θᵢ₋₁ · M: the prediction refines, in the coordinates of the image it was made from [FJL20].
        case right
        /// Θᵢ = M · Θᵢ₋₁: the inverse compositional update [LL17].
        case left
    }

    /// The family of transformations.
    public let transformer: any SpatialTransformer
    /// The number of predictions, at least 1.
    public let iterations: Int
    /// On which side of the composed transformation a new prediction is multiplied.
    public let order: Order

    /// The option "iterations" of an architecture whose transformer can iterate.
    public static func option(default value: Int = 1) -> Option {
        .int(
            "iterations", default: value, in: 1...64,
            "how often the transformation is predicted and composed; more than 1 needs a family that composes")
    }

    /// Makes it of a family of transformations.
    ///
    /// - Throws: `badArgument` if several iterations are wanted of a family that does not compose.
    public init(_ transformer: any SpatialTransformer, iterations: Int, order: Order = .right) throws(ZooError) {
        guard iterations >= 1 else { throw ZooError("'iterations' must be at least 1, not \(iterations)", .badArgument) }
        guard iterations == 1 || transformer.composes else {
            throw ZooError(
                "'iterations' is \(iterations), but transformations of this family do not compose: set it to 1 or choose another family",
                .badArgument)
        }
        self.transformer = transformer
        self.iterations = iterations
        self.order = order
    }

    /// Aligns images. The trace gets "theta.1" … "theta.n", the composed transformations, and "warped".
    ///
    /// - Parameters:
    ///   - x: `N×C×H×W`.
    ///   - origin: Where Θ₀ is not the identity: the images that every resampling is made from, `N×C×H×W`, and the Θ₀
    ///     that made `x` of them.
    ///   - trace: Gets what happens on the way, if there is one.
    ///   - predict: From images like `x` to the offset of the parameters from the family's identity, `N×K`.
    /// - Returns: The aligned images, in the size that the family makes of `x`.
    /// - Throws: What `predict` and the family throw.
    public func callAsFunction(
        _ x: Tensor, from origin: (image: Tensor, theta: Tensor)? = nil, trace: Trace?, predict: (Tensor) throws -> Tensor
    ) throws -> Tensor {
        let (height, width) = (try x.size(-2), try x.size(-1))
        let source = origin?.image ?? x
        func next(_ seen: Tensor, after theta: Tensor?) throws -> Tensor {
            let update = try transformer.transformation(offset: predict(seen))
            guard let theta else { return update }
            return try order == .right ? transformer.compose(theta, update) : transformer.compose(update, theta)
        }
        var theta = try next(x, after: origin?.theta)
        trace?.theta(1, theta)
        for iteration in 1..<iterations {
            theta = try next(transformer.warp(source, theta, height: height, width: width), after: theta)
            trace?.theta(iteration + 1, theta)
        }
        let warped = try transformer.warp(source, theta)
        trace?.warped(warped)
        return warped
    }
}
