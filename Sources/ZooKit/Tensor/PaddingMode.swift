/// The values that lie outside an image where it is sampled, as the `padding_mode` of
/// `torch.nn.functional.grid_sample`.
public enum PaddingMode: String, Sendable, CaseIterable {
    /// The value 0.
    case zeros
    /// The nearest pixel of the edge.
    case border
}
