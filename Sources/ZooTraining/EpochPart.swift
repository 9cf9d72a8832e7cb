/// The part of an epoch that is trained: what its record is made from once it is whole.
struct EpochPart: Codable, Equatable {
    private(set) var steps = 0
    /// Sums over images of the cross entropy, and of the losses that the architecture declares.
    private var total = 0.0
    private var others: [Double]
    var seconds = 0.0

    /// - Parameter losses: how many the architecture declares.
    init(losses: Int) { others = [Double](repeating: 0, count: losses) }

    var lossCount: Int { others.count }

    /// Adds a step's mean losses.
    mutating func add(_ loss: Double, _ others: [Double], images: Int) {
        steps += 1
        total += loss * Double(images)
        for (place, other) in others.enumerated() { self.others[place] += other * Double(images) }
    }

    /// - Parameters:
    ///   - epoch: counted from 1.
    ///   - images: of the whole epoch.
    ///   - losses: the names of those that the architecture declares.
    func record(epoch: Int, images: Int, losses: [String], learningRate: Double) -> EpochRecord {
        EpochRecord(
            epoch: epoch, trainLoss: total / Double(images),
            losses: others.isEmpty ? nil : Dictionary(uniqueKeysWithValues: zip(losses, others.map { $0 / Double(images) })),
            learningRate: learningRate, seconds: seconds)
    }
}
