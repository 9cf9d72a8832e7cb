/// What the theorem of [JMFL20, arXiv:2004.14716] says of one extractor, as numbers.
public struct TheoremReport: Codable, Sendable {
    /// What was asked for: an entry's id, or an extractor's.
    public let name: String
    /// The extractor's id.
    public let extractor: String
    /// "untrained", or the file of the weights.
    public let weights: String
    public var isTrained: Bool { weights != "untrained" }
    /// Pixels of a side of the square that the images lay in.
    public let canvas: Int
    /// Why some of it has no verdict, and what would give one.
    public let remarks: [String]
    /// The results by transformation, then by stage.
    public let results: [AlignmentResult]

    /// What is measured after all stages, one result per transformation.
    public var conclusions: [AlignmentResult] {
        let last = results.map(\.depth).max()
        return results.filter { $0.depth == last }
    }
}
