public import ZooKit

/// One batch: images as a network takes them, and what they show.
public struct Batch {
    /// N×C×H×W float32, normalised.
    public let images: Tensor
    /// N int64, with several heads N×heads.
    public let labels: Tensor
    /// N×2×3 float32, of homographies N×3×3: the poses, as sampling matrices from the drawn canvas to the upright one.
    public let theta: Tensor
    /// N×C×H×W: the same images before they were posed; nil unless the loader was asked for them.
    public let upright: Tensor?
    /// Which images of the set these are.
    public let indices: [Int]

    public var count: Int { indices.count }
}
