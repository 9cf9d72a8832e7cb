/// The shape `C×H×W` of one image or feature map.
public struct ImageShape: Hashable, Sendable, CustomStringConvertible {
    /// The number of channels.
    public var channels: Int
    /// The size in pixels.
    public var height, width: Int

    /// Makes a shape of the number of channels and the size in pixels.
    public init(_ channels: Int, _ height: Int, _ width: Int) {
        self.channels = channels
        self.height = height
        self.width = width
    }

    /// The number of values.
    public var count: Int { channels * height * width }

    public var description: String { "\(channels)×\(height)×\(width)" }
}
