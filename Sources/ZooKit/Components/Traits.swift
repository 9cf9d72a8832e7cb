/// In what an instance differs from what others of its kind promise, and what it promises beyond. `zoo plugin check` holds
/// it to that.
public struct Traits: Equatable, Sendable {
    /// Whether θ, or the offset of a localization net, may be another than the identity before training.
    public var isPosedAtFirst: Bool
    /// Whether θ is computed without gradients, so that none reaches the input or the weights through it.
    public var isPoseDetached: Bool
    /// The group under which an architecture's logits do not change.
    public var invariance: Stage.Symmetry
    /// How far they may change, as a share of the largest logit.
    ///
    /// At 0 they change by rounding alone, under the elements of the group that only move pixels: quarter turns and
    /// mirroring. Above 0 they change by no more than this under all elements, for smooth images within the largest
    /// disc.
    public var tolerance: Double

    /// Makes it; without arguments, of an instance like all others.
    public init(
        isPosedAtFirst: Bool = false, isPoseDetached: Bool = false, invariance: Stage.Symmetry = .translations, tolerance: Double = 0
    ) {
        self.isPosedAtFirst = isPosedAtFirst
        self.isPoseDetached = isPoseDetached
        self.invariance = invariance
        self.tolerance = tolerance
    }
}
