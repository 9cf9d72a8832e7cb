public import ZooJobs
public import ZooStatistics

/// What `zoo compare --json` prints.
public struct ComparisonReport: Encodable, Sendable {
    public let dataset, trainedOn: String
    public let pose: StoredEntries.ImagePose
    /// The names of the classes by label, for `classes` of a comparison.
    public let classNames: [String]
    public let comparisons: [Comparison]
    public let missing: [StoredEntries.Missing]
    /// The fingerprint of the images that all of it is about; nil for results from before there was one.
    public let images: String?
    public let leftOut: [StoredEntries.LeftOut]

    public init(_ stored: StoredEntries, _ comparisons: [Comparison], classNames: [String], missing: [StoredEntries.Missing]) {
        dataset = stored.dataset
        trainedOn = stored.trainedOn
        pose = stored.pose
        self.classNames = classNames
        self.comparisons = comparisons
        self.missing = missing
        (images, leftOut) = (stored.images, stored.leftOut)
    }
}
