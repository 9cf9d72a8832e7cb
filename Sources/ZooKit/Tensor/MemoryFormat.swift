/// The order of a batch of images in memory, as `torch.memory_format`; the shape is `N×C×H×W` in every format.
public enum MemoryFormat: UInt32, Sendable {
    /// Row by row, channel by channel.
    case contiguous = 0
    /// The layout of the argument.
    case preserve
    /// All channels of a pixel side by side.
    case channelsLast
}
