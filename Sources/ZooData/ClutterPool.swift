/// The training images that clutter is cut from.
public struct ClutterPool: Sendable {
    /// The number of training images that pieces are taken from: the first ones.
    public static let limit = 10_000

    public let count: Int
    let channels, height, width: Int
    /// N×C×H×W of the training images, which may be more than `count`.
    let pixels: [UInt8]

    /// - Parameter images: training images, of which the first `limit` serve.
    public init(_ images: ImageSet) {
        count = min(Self.limit, images.count)
        channels = images.channels
        height = images.height
        width = images.width
        pixels = images.pixels
    }
}
