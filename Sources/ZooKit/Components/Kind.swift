/// The kind of part that a component is.
public enum Kind: UInt32, Sendable, CaseIterable, CustomStringConvertible {
    /// A classification network, ``FeatureExtractor``.
    case extractor = 1
    /// A family of transformations, ``SpatialTransformer``.
    case transformer
    /// A localization net, ``LocalizationNet``.
    case localization
    /// A whole classifier, ``Architecture``.
    case architecture

    public var description: String {
        switch self {
        case .extractor: "extractor"
        case .transformer: "transformer"
        case .localization: "localization"
        case .architecture: "architecture"
        }
    }
}
