public import ZooKit

/// The size of an image as people write it: `1x28x28`, or `1×28×28`.
public struct ImageSize: Sendable, CustomStringConvertible {
    public let shape: ImageShape
    public static let mnist = ImageSize(shape: ImageShape(1, 28, 28))

    public var description: String { "\(shape.channels)x\(shape.height)x\(shape.width)" }

    /// The largest of its three numbers.
    public var largest: Int { max(shape.channels, shape.height, shape.width) }

    package init(shape: ImageShape) { self.shape = shape }

    /// nil unless it is three numbers from 1 to 65,536.
    public init?(_ text: String) {
        let numbers = text.split(omittingEmptySubsequences: false) { "x×X".contains($0) }.map { Int($0) }
        guard numbers.count == 3, let channels = numbers[0], let height = numbers[1], let width = numbers[2],
            [channels, height, width].allSatisfy({ (1...65_536).contains($0) })
        else { return nil }
        shape = ImageShape(channels, height, width)
    }
}
