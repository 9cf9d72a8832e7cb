import ZooKit

/// Settings that every family here has: how images are sampled, and how large the warped image is.
struct Sampling {
    static let options = [
        Option.string("padding", default: Padding.zeros.rawValue, choices: Padding.allCases.map(\.rawValue), "what lies outside the image"),
        Option.double("scale", default: 1, in: 0.05...8, "side of the warped image, as a factor of the image's"),
        Option.ints("size", default: [], in: 1...4096, "height and width of the warped image in pixels, instead of 'scale'"),
    ]
    let padding: Padding
    private let scale: Double
    private let size: [Int]

    init(_ build: Build) throws {
        padding = Padding(rawValue: try build.string("padding")) ?? .zeros
        scale = try build.double("scale")
        size = try build.ints("size")
        guard size.isEmpty || size.count == 2 else {
            throw ZooError("'size' is height and width; \(size.count) numbers were given", .badArgument)
        }
    }

    func outputSize(height: Int, width: Int) -> (height: Int, width: Int) {
        if size.count == 2 { return (size[0], size[1]) }
        return (max(1, Int(Double(height) * scale)), max(1, Int(Double(width) * scale)))
    }
}
