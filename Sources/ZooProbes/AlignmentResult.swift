/// How far the features of a transformed image are from those of the image itself, at one stage.
///
/// With Λ the first stages of an extractor and T_g a transformation of the image, all distances are ‖X − Y‖ / ‖Y‖ over all
/// images, channels and the places of the map that both sides define: see `Alignment`.
public struct AlignmentResult: Codable, Sendable, Equatable {
    /// "quarter-turn", "scaling".
    public var transformation: String
    /// "rotation 90°", "scaling ×2".
    public var title: String
    /// The name of the extractor's stage, and its place among the stages, counted from 1.
    public var stage: String
    public var depth: Int
    /// Λ(T_g f) against T_g Λ(f), the channels permuted as the stage declares.
    public var equivariance: Double
    /// T_g⁻¹ Λ(T_g f) against Λ(f): the alignment gap at h = g⁻¹.
    public var gap: Double
    /// The same with the channels permuted as the stage declares; for a scaling of scale channels, whose maps stay where they are, without
    /// T_g⁻¹ and over the channels that have a counterpart. nil where the stage declares nothing for this transformation.
    public var permuted: Double?
    /// The smallest of ‖T_h Λ(T_g f) − Λ(f)‖ / ‖Λ(f)‖ that was found for any affine h.
    public var best: Double
    /// The sampling matrix of that T_h, 2×3.
    public var bestMap: [Double]
    /// Λ(T_g⁻¹ T_g f) against Λ(f): the input aligned instead.
    public var inputAligned: Double
    /// What interpolation alone does to the image: T_g⁻¹ T_g f against f.
    public var imageFloor: Double
    /// What interpolation alone does to the features: Λ of the image moved by half a pixel along both axes and back, the most that
    /// bilinear sampling blurs, against Λ(f). 0 where g only moves pixels.
    public var featureFloor: Double
    /// What interpolation alone does to the feature map: T_g⁻¹ T_g Λ(f) against Λ(f).
    public var mapFloor: Double
    /// Share of the map's positions that are compared.
    public var coverage: Double

    /// What interpolation alone may account for where the input is aligned, and where the features are.
    public var inputFloor: Double { max(imageFloor, featureFloor) }
    public var floor: Double { max(inputFloor, mapFloor) }

    /// Whether the features can be aligned by transforming them.
    public var verdict: AlignmentVerdict { AlignmentVerdict(best, floor: floor) }
    /// Whether moving channels as the stage declares, beside or instead of transforming maps, aligns the features.
    public var isAlignedByChannels: Bool { verdict != .aligned && permuted.map { $0 <= AlignmentVerdict.rounding } == true }
    /// Whether aligning the input aligns the features.
    public var inputVerdict: AlignmentVerdict { AlignmentVerdict(inputAligned, floor: inputFloor) }
}

public enum AlignmentVerdict: String, Codable, Sendable {
    /// Up to float rounding.
    case aligned
    /// No further off than interpolation alone would bring it.
    case belowFloor = "below the floor"
    case notAligned = "not aligned"
    /// No place of the map can be compared.
    case unknown

    /// The verdict on several: not aligned if one is not, else the weakest of them; unknown ones do not count.
    public static func all(_ verdicts: [AlignmentVerdict]) -> AlignmentVerdict {
        [.notAligned, .belowFloor, .aligned].first { verdicts.contains($0) } ?? .unknown
    }

    /// What counts as rounding of float32 through a few layers.
    public static let rounding = 1e-5

    init(_ gap: Double, floor: Double) {
        self = gap <= Self.rounding ? .aligned : gap <= floor ? .belowFloor : gap.isFinite ? .notAligned : .unknown
    }
}
