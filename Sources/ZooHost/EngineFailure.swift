public import ZooCore
public import ZooKit

extension HostError.Kind {
    /// What a failure of the engine or of a plugin means to those who asked for a network.
    ///
    /// A part that finds its size, its settings or its neighbours wrong says `badArgument`: the entry is wrong. What has no kind is
    /// nothing that a part foresaw.
    public init(_ kind: ZooError.Kind) {
        self =
            switch kind {
            case .badArgument, .notFound: .config
            case .unsupported: .unavailable
            case .outOfMemory: .outOfMemory
            case .error: .software
            }
    }
}
