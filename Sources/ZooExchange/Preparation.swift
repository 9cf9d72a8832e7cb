public import ZooData

/// How an image becomes what a network takes.
public struct Preparation: Sendable, Hashable, Codable {
    /// The data set that the weights were trained on; nil if nothing says which.
    public let dataset: String?
    /// One number for each channel, or one for all, on the scale where 255 is 1.
    public let means, stds: [Double]

    /// The preparation with which a data set's images are trained on.
    public init(_ dataSet: DataSet) {
        (dataset, means, stds) = (dataSet.name, dataSet.normalisation.means, dataSet.normalisation.stds)
    }

    private init() { (dataset, means, stds) = (nil, [0], [1]) }

    /// The preparation for weights whose training data are not known: none.
    public static let unknown = Preparation()

    /// What the exported module's documentation says of it.
    var sentence: String {
        guard let dataset else {
            return "Nothing says on which data the weights were trained: `prepare` leaves numbers of 0 to 1 as they are (MEAN, STD)."
        }
        return "`prepare` normalises them as in training on \(dataset): (pixel - MEAN) / STD. Without it the error is larger."
    }

    /// What the exported file of weights says of it.
    var metadata: [String: String] {
        guard let dataset else { return [:] }
        func list(_ numbers: [Double]) -> String { numbers.map { "\($0)" }.joined(separator: ", ") }
        return ["dataset": dataset, "mean": list(means), "std": list(stds)]
    }
}
