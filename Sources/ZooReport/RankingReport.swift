public import ZooJobs
public import ZooStatistics

/// What `zoo rank --json` prints.
public struct RankingReport: Codable, Sendable {
    public let dataset, trainedOn, figure: String
    public let rows: [Ranking.Row]
    public let published: [PublishedComparison]
    public let missing: [StoredEntries.Missing]
    /// The fingerprint of the images that all of it is about; nil for results from before there was one.
    public let images: String?
    public let leftOut: [StoredEntries.LeftOut]

    public init(
        _ stored: StoredEntries, figure: String, rows: [Ranking.Row], published: [PublishedComparison], missing: [StoredEntries.Missing]
    ) {
        dataset = stored.dataset
        trainedOn = stored.trainedOn
        self.figure = figure
        self.rows = rows
        self.published = published
        self.missing = missing
        (images, leftOut) = (stored.images, stored.leftOut)
    }
}
