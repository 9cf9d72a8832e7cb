import ZooKit

/// How the value of a pixel of a rescaled image follows from the pixels of the image, along one axis.
enum Interpolation: String, CaseIterable {
    /// The mean, over the pixel's square in the image, of the image as a function that is constant on its pixels.
    case area
    /// Linear interpolation; where the image shrinks, the kernel widens by the same factor, which keeps aliases out.
    case bilinear
    /// Cubic convolution with a = -1/2 [Keys 1981], widened in the same way.
    case bicubic

    /// The distance from which on the kernel is zero, in pixels of the coarser of both grids.
    private var support: Double { self == .bicubic ? 2 : 1 }

    private func kernel(_ distance: Double) -> Double {
        let x = abs(distance)
        if self == .bilinear { return max(0, 1 - x) }
        if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
        return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
    }

    /// What the pixels of the image contribute to a pixel of the rescaled one; the weights sum to 1.
    ///
    /// - Parameters:
    ///   - lower: The lower edge of the rescaled pixel in the image's coordinates, in which pixel i reaches from i to i + 1.
    ///   - width: Its width in the same coordinates.
    /// - Returns: Weights of the pixels from `first` on, which may lie outside the image.
    func weights(lower: Double, width: Double) -> (first: Int, values: [Double]) {
        guard self != .area else {
            let (first, last) = (Int(lower.rounded(.down)), Int((lower + width).rounded(.up)) - 1)
            return (
                first,
                (first...max(first, last)).map { max(0, min(lower + width, Double($0 + 1)) - max(lower, Double($0))) / width }
            )
        }
        let (centre, spread) = (lower + width / 2, max(1, width))
        let first = Int((centre - support * spread - 0.5).rounded(.up))
        let last = Int((centre + support * spread - 0.5).rounded(.down))
        let values = (first...last).map { kernel((Double($0) + 0.5 - centre) / spread) }
        let sum = values.reduce(0, +)
        return (first, values.map { $0 / sum })
    }
}
