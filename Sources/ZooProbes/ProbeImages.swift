import ZooCore
import ZooData
import ZooHost
import ZooKit
import ZooManifest
import ZooStore

/// Some test images of a subject, drawn as they are or under transformations that a probe chooses.
struct ProbeImages {
    let subject: ProbeSubject
    private let loader: BatchLoader
    /// Which of the loaded test images, ascending.
    let indices: [Int]

    /// - Parameters:
    ///   - count: the number of images, which are the same for every network. 0 takes all.
    ///   - upright: whether they are drawn as recorded, in the middle of the canvas, instead of as the data set transforms them.
    init(_ subject: ProbeSubject, count: Int, upright: Bool) throws {
        self.subject = subject
        let dataSet = upright ? subject.dataSet.upright : subject.dataSet
        loader = try subject.network.testLoader(subject.images, of: dataSet, batch: subject.batch)
        indices = Self.choice(count, of: subject.images.count)
    }

    /// A choice without regard to order or class, the same in every run.
    static func choice(_ count: Int, of total: Int) -> [Int] {
        count == 0 || count >= total
            ? Array(0..<total) : RandomStream(seed: TestImages.seed, "probe/images").permutation(total).prefix(count).sorted()
    }

    /// What is stored with every result: which test images were taken, as they are numbered in the whole split, from 0.
    var table: Measurement.Table { Self.table(indices, of: subject.images) }
    static func table(_ indices: [Int], of images: ImageSet) -> Measurement.Table {
        .init("images", [.init("image", .integers(indices.map(images.place)))])
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

    /// The images of a batch sampled anew, in float64, through one matrix: so fine that a thousandth of a pixel moves them by what it
    /// should, where float32 would round the places. Images without clutter only.
    func exact(_ batch: Batch, through theta: [Double]) throws -> Tensor {
        let images = subject.images
        let bytes = batch.indices.flatMap { images.image($0) }
        let pixels =
            try Tensor(bytes, [batch.count, images.channels, images.height, images.width]).to(
                device: EngineControl.device, dtype: .float64) * (1 / 255.0)
        // From the canvas on to the recorded image in its middle.
        let stretch = (Double(shape.width) / Double(images.width), Double(shape.height) / Double(images.height))
        let sampling = theta.enumerated().map { $0 < 3 ? $1 * stretch.0 : $1 * stretch.1 }
        let places = try Tensor(sampling, [1, 2, 3]).to(device: pixels.device).expand([batch.count, 2, 3]).contiguous()
        let drawn = try pixels.warp(places, height: shape.height, width: shape.width, paddingMode: .zeros)
        let normalisation = subject.dataSet.normalisation
        func constant(_ list: [Double], _ value: (Double) -> Double) throws -> Tensor {
            try Tensor(list.map(value), [list.count, 1, 1]).to(device: pixels.device)
        }
        return try (drawn - constant(normalisation.means) { $0 }) * constant(normalisation.stds) { 1 / $0 }
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
            let found = try logits.argmax(dim: -1).integers().map { Int($0) }
            let labels = try batch.labels.integers().map { Int($0) }
            for image in 0..<batch.count {
                let range = image * heads..<(image + 1) * heads
                answers.classes.append(Array(found[range]))
                answers.areRight.append(found[range] == labels[range])
            }
        }
        return answers
    }

    /// The classes that the heads give for each image, and whether all are right.
    struct Answers {
        var classes: [[Int]] = []
        var areRight: [Bool] = []
        var accuracy: Double { Double(areRight.count { $0 }) / Double(max(1, areRight.count)) }
    }
}
