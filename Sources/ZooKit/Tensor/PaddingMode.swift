/// The values that lie outside an image where it is sampled, as the `padding_mode` of
/// `torch.nn.functional.grid_sample`.
public enum PaddingMode: String, Sendable, CaseIterable {
    /// The value 0.
    case zeros
    /// The nearest pixel of the edge.
    case border

    /// The setting "padding", by which a component lets users choose.
    public static func option(default mode: PaddingMode) -> Option {
        Option.string("padding", default: mode.rawValue, choices: allCases.map(\.rawValue), "what lies outside the image")
    }

    /// Reads the setting of ``option(default:)``.
    ///
    /// - Throws: `badArgument` if the component declares no such option.
    public init(_ build: Build) throws(ZooError) { self = PaddingMode(rawValue: try build.string("padding")) ?? .zeros }
}
