public import ZooData

/// How an image becomes what a network takes.
public struct Preparation: Sendable, Hashable, Codable {
    /// The data set that the weights were trained on; nil if nothing says which.
    public let dataset: String?
    /// One number for each channel, or one for all, on the scale where 255 is 1.
    public let means, stds: [Double]

    /// As in training on a data set.
    public init(_ dataSet: DataSet) {
        (dataset, means, stds) = (dataSet.name, dataSet.normalisation.means, dataSet.normalisation.stds)
    }

    private init() { (dataset, means, stds) = (nil, [0], [1]) }

    /// For weights of which nobody knows what they were trained on.
    public static let unknown = Preparation()

    /// For the module's own documentation.
    var sentence: String {
        guard let dataset else {
            return "Nothing says on which data the weights were trained: `prepare` leaves numbers of 0 to 1 as they are (MEAN, STD)."
        }
        return "`prepare` normalises them as in training on \(dataset): (pixel - MEAN) / STD. Without it the error is larger."
    }

    /// For the file of weights.
    var metadata: [String: String] {
        guard let dataset else { return [:] }
        func list(_ numbers: [Double]) -> String { numbers.map { "\($0)" }.joined(separator: ", ") }
        return ["dataset": dataset, "mean": list(means), "std": list(stds)]
    }
}
