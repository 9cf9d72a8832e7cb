/// What a network read from a set of images, image by image.
package struct Reading {
    /// The class read and the one meant, N of each; with several heads N×heads, row-major.
    package var predictions: [Int] = []
    var labels: [Int] = []
    /// Cross entropy in nats, per image the mean over its heads.
    var losses: [Double] = []
    /// Probability that the network gives to what it read, per image the product over its heads.
    var confidences: [Double] = []
    /// An image is read rightly only if all its heads are.
    var isRight: [Bool] = []
    package var warnings: [String] = []

    package var score: Score {
        let count = isRight.count
        return Score(
            error: Double(isRight.count { !$0 }) / Double(count), loss: losses.reduce(0, +) / Double(count), count: count)
    }
}
