public import ZooJobs
public import ZooStatistics

/// What `zoo rank --json` prints.
public struct RankingReport: Encodable, Sendable {
    public let dataset, trainedOn, figure: String
    public let rows: [Ranking.Row]
    public let published: [PublishedComparison]
    public let missing: [StoredEntries.Missing]
    /// The fingerprint of the images that all of it is about; nil for results from before there was one.
    public let images: String?
    public let leftOut: [StoredEntries.LeftOut]

    public init(_ ranking: StoredRanking) {
        dataset = ranking.stored.dataset
        trainedOn = ranking.stored.trainedOn
        figure = ranking.figure
        rows = ranking.rows
        published = ranking.published
        missing = ranking.missing
        (images, leftOut) = (ranking.stored.images, ranking.stored.leftOut)
    }
}
