import ZooData
import ZooHost
import ZooKit

/// Some test images of a subject, drawn as they are or under transformations that a probe chooses.
struct ProbeImages {
    let subject: ProbeSubject
    private let loader: BatchLoader
    /// Which of the test images, ascending.
    let indices: [Int]

    /// - Parameters:
    ///   - count: how many; the same ones for every network. 0 takes all.
    ///   - upright: as recorded, in the middle of the canvas, instead of as the data set transforms them.
    init(_ subject: ProbeSubject, count: Int, upright: Bool) throws {
        self.subject = subject
        let dataSet = upright ? subject.dataSet.upright : subject.dataSet
        var loader = try BatchLoader(subject.images, of: dataSet, split: .test, batchSize: subject.batch, seed: Laboratory.testSeed)
        loader.drawsUpright = subject.network.wantsUpright
        self.loader = loader
        indices = Self.choice(count, of: subject.images.count)
    }

    /// A choice without regard to order or class, the same in every run.
    static func choice(_ count: Int, of total: Int) -> [Int] {
        count == 0 || count >= total
            ? Array(0..<total) : RandomStream(seed: Laboratory.testSeed, "probe/images").permutation(total).prefix(count).sorted()
    }

    /// C×H×W of one image.
    var shape: ImageShape { loader.shape }
    /// Height / width.
    var aspect: Double { Double(shape.height) / Double(shape.width) }

    /// Class of each chosen image; of its first head where there are several.
    var classes: [Int] { indices.map { Int(subject.images.labels[$0 * subject.images.heads]) } }

    /// Draws the images batch by batch, all through one sampling matrix, or each as its data set does.
    func forEachBatch(through theta: [Double]? = nil, _ body: (Batch) throws -> Void) throws {
        for start in stride(from: 0, to: indices.count, by: loader.batchSize) {
            try Interrupt.check("\(subject.network.entry.id) is not probed on \(subject.dataSet.name)")
            let part = Array(indices[start..<min(start + loader.batchSize, indices.count)])
            try body(loader.batch(of: part, thetas: theta.map { Array(repeating: $0, count: part.count) }))
        }
    }

    /// All of them at once, N×C×H×W.
    func drawn(through theta: [Double]? = nil) throws -> Tensor {
        try loader.batch(of: indices, thetas: theta.map { Array(repeating: $0, count: indices.count) }).images
    }

    /// What the network says about the images under one transformation.
    func answers(through theta: [Double]? = nil) throws -> Answers {
        var answers = Answers()
        try forEachBatch(through: theta) { batch in
            let logits = try subject.logits(batch)
            let heads = subject.images.heads
            let found = try logits.argmax(-1).integers().map { Int($0) }
            let labels = try batch.labels.integers().map { Int($0) }
            for image in 0..<batch.count {
                let range = image * heads..<(image + 1) * heads
                answers.classes.append(Array(found[range]))
                answers.areRight.append(found[range] == labels[range])
            }
        }
        return answers
    }

    /// Of each image: the classes that its heads say, and whether all are right.
    struct Answers {
        var classes: [[Int]] = []
        var areRight: [Bool] = []
        var accuracy: Double { Double(areRight.count { $0 }) / Double(max(1, areRight.count)) }
    }
}

extension ProbeSubject {
    /// The logits of a batch, N×classes or N×heads×classes, without gradients.
    ///
    /// - Throws: `config` if their shape does not fit the data set.
    func logits(_ batch: Batch, trace: Trace? = nil) throws -> Tensor {
        try withoutGradients {
            try network.tell(truth: batch.theta, upright: batch.upright)
            let logits = try network.architecture.forward(batch.images, trace: trace)
            try network.forgetTruth()
            let expected = images.heads == 1 ? [batch.count, network.classes] : [batch.count, images.heads, network.classes]
            guard logits.shape == expected else {
                throw HostError(
                    .config, "entry '\(network.entry.id)' gives logits of shape \(logits.shape), \(dataSet.name) needs \(expected)")
            }
            return logits
        }
    }
}
