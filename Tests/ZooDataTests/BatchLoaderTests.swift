import Testing
import ZooData
import ZooHost
import ZooKit

@Suite("Batches")
struct BatchLoaderTests {
    init() throws { try EngineControl.start() }

    private func loader(_ name: String, _ split: Split, count: Int = 50, batchSize: Int = 16, dropsLast: Bool? = nil) throws -> BatchLoader
    {
        try BatchLoader(
            StrokeDigits().imageSet(split, count: count), of: DataSet.named(name), split: split, batchSize: batchSize, seed: 3,
            dropsLast: dropsLast)
    }

    @Test("evaluation takes every image once, in order; upright pixels are the recorded ones, normalised")
    func upright() throws {
        let loader = try loader("strokes", .test)
        #expect(loader.batchCount == 4)
        let batches = try (0..<4).map { try loader.batch($0) }
        #expect(batches.flatMap(\.indices) == Array(0..<50))
        let last = batches[3]
        #expect(last.images.shape == [2, 1, 28, 28])
        #expect(last.images.dtype == .float32)
        #expect(last.labels.dtype == .int64)
        #expect(try last.labels.integers() == loader.images.labels[48...].map { Int64($0) })
        let normalisation = try DataSet.named("strokes").normalisation
        let expected = loader.images.image(49).map { (Double($0) / 255 - normalisation.mean) / normalisation.std }
        let found = try last.images.floats().suffix(784)
        let error = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 1
        #expect(error < 1e-5)
    }

    @Test("training drops a partial batch, unless told not to, and never the only one")
    func training() throws {
        #expect(try loader("strokes", .train).batchCount == 3)
        #expect(try loader("strokes", .train).imagesPerEpoch == 48)
        #expect(try loader("strokes", .train, dropsLast: false).batchCount == 4)
        #expect(try loader("strokes", .train, count: 5).batchCount == 1)
        let all = try loader("strokes", .train, dropsLast: false)
        let taken = try (0..<4).flatMap { try all.batch($0, epoch: 2).indices }
        #expect(taken != Array(0..<50))
        #expect(taken.sorted() == Array(0..<50))
    }

    @Test("a batch is a pure function of its number and epoch")
    func purity() throws {
        let first = try loader("strokes-rotated", .train)
        let second = try loader("strokes-rotated", .train)
        let batch = try first.batch(2, epoch: 1)
        #expect(try batch.images.floats() == second.batch(2, epoch: 1, order: second.order(epoch: 1)).images.floats())
        #expect(try batch.images.floats() != first.batch(2, epoch: 2).images.floats())
    }

    @Test("a quarter turn moves pixels exactly, anticlockwise")
    func quarterTurn() throws {
        let loader = try loader("strokes", .test)
        let turned = try loader.batch(of: [7], thetas: [Perturbation.rotation(degrees: 90)]).images.floats()
        let upright = try loader.batch(of: [7]).images.floats()
        var error: Float = 0
        for y in 0..<28 {
            // Anticlockwise: the right column becomes the top row.
            for x in 0..<28 { error = max(error, abs(turned[y * 28 + x] - upright[x * 28 + 27 - y])) }
        }
        #expect(error < 1e-4)
    }

    @Test("wrong arguments are errors")
    func errors() throws {
        let loader = try loader("strokes", .test)
        #expect(throws: ZooError.self) { try loader.batch(4) }
        #expect(throws: ZooError.self) { try loader.batch(-1) }
        #expect(throws: ZooError.self) { try loader.batch(0, order: [1]) }
        #expect(throws: ZooError.self) { try loader.batch(of: [50]) }
        #expect(throws: ZooError.self) { try loader.batch(of: []) }
        #expect(throws: ZooError.self) { try loader.batch(of: [1], thetas: [[1, 0]]) }
        #expect(throws: ZooError.self) { try self.loader("strokes", .test, batchSize: 0) }
        #expect(throws: ZooError.self) { try self.loader("strokes", .test, count: 0) }
    }
}
