/// Turns the matrix of a rotation of the plane into that of a rotation of an image's pixels.
///
/// Coordinates are [-1, 1] along both sides of an image, also where it is not square: a unit of y and one of x are then
/// different numbers of pixels.
public struct PixelAspect {
    private let ratio: Double

    /// Makes it for images of that shape.
    public init(_ input: ImageShape) { ratio = Double(input.height) / Double(input.width) }

    /// The two entries off the diagonal of θ's linear part, b and c of [a b tx; c d ty], `N×1`, from what they are for
    /// a square image.
    public func skewed(_ upper: Tensor, _ lower: Tensor) throws(ZooError) -> (upper: Tensor, lower: Tensor) {
        ratio == 1 ? (upper, lower) : try (upper * ratio, lower * (1 / ratio))
    }
}
