public import ZooCore
public import ZooManifest

/// An entry as a listing shows it: its wiring, with the plugins that stand behind it.
public struct EntryDescription: Encodable, Sendable {
    public struct Part: Encodable, Sendable {
        /// nil for the architecture itself.
        public let slot: String?
        public let kind, id, paper: String
        /// The library's path.
        public let file: String
        /// Defaults included.
        public let settings: [String: JSON]
    }

    public struct Weights: Encodable, Sendable {
        public enum State: String, Encodable, Sendable { case sound, missing, changed }
        public let dataset: String
        public let seed: UInt64
        public let file, sha256: String
        /// nil where it was not looked at: that takes reading the whole file.
        public let state: State?
    }

    public let id, summary, architecture: String
    /// Component ids by slot, as the manifest names them.
    public let parts: [String: String]
    /// The architecture, then its parts; empty if the entry cannot be built.
    public let wiring: [Part]
    /// File names of the libraries.
    public let plugins: [String]
    /// The paper of what defines the entry: its architecture, or the extractor where the architecture adds nothing to it; "" without one.
    public let paper: String
    /// The papers of everything that it is made of, the one above first.
    public let papers: [String]
    /// Trained values, for `classes` classes of images of `input`; nil if it can be built for none of the sizes that are known of it.
    public let parameters: Int?
    /// C×H×W and the number of classes that `parameters` were counted for.
    public let input: [Int]?
    public let classes: Int?
    /// What is transformed: "input", "feature map", "none"; nil if the architecture does not say.
    public let target: String?
    /// After how many stages it is transformed, where the architecture has such a setting.
    public let placement: String?
    public let iterations: Int?
    /// The wiring, drawn as text.
    public let drawing: String?
    public let weights: [Weights]
    public let recipes: [String: Recipe]
    public let published: [PublishedFigure]
    /// Why it cannot be built.
    public let problem: String?
}
