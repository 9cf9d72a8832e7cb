/// The settings of a family of transformations: which values lie outside an image, and how large the warped image is.
public struct WarpSettings: Sendable {
    /// "padding", "scale" and "size".
    public static let options = [
        PaddingMode.option(default: .zeros),
        Option.double("scale", default: 1, in: 0.05...8, "side of the warped image, as a factor of the image's"),
        Option.ints("size", default: [], in: 1...4096, "height and width of the warped image in pixels, instead of 'scale'"),
    ]

    /// The values outside an image.
    public let paddingMode: PaddingMode
    private let scale: Double
    private let size: [Int]

    /// Reads the ``options``.
    ///
    /// - Throws: `badArgument` if 'size' is neither empty nor two numbers.
    public init(_ build: Build) throws(ZooError) {
        paddingMode = try PaddingMode(build)
        scale = try build.double("scale")
        size = try build.ints("size")
        guard size.isEmpty || size.count == 2 else {
            throw ZooError("'size' is height and width; \(size.count) numbers were given", .badArgument)
        }
    }

    /// The size in pixels that an image of `height×width` has after the warp.
    public func outputSize(height: Int, width: Int) -> (height: Int, width: Int) {
        if size.count == 2 { return (size[0], size[1]) }
        return (max(1, Int(Double(height) * scale)), max(1, Int(Double(width) * scale)))
    }
}
