import Testing
import ZooCore
import ZooData

@Suite("Stroke digits")
struct StrokeDigitsTests {
    /// 64-bit FNV-1a.
    private func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    @Test("the images are what they were when the shipped weights were trained")
    func fixedImages() {
        let digits = StrokeDigits()
        #expect(hash(digits.image(.test, 0)) == 15167338266480464082)
        #expect(hash(digits.image(.test, 4999)) == 2643999024250444091)
        #expect(hash(digits.image(.train, 12345)) == 14456687333824817684)
        let labels: [UInt8] = [9, 5, 3, 8, 7, 2, 4, 1, 6, 0, 3, 2]
        #expect((0..<12).map { digits.label(.test, $0) } == labels)
    }

    @Test("drawn alone or all together on all cores: the same")
    func parallel() throws {
        let digits = StrokeDigits(seed: 7)
        let set = try digits.imageSet(.test, count: 777)
        for index in [0, 1, 249, 250, 500, 776] {
            #expect(Array(set.image(index)) == digits.image(.test, index))
            #expect(set.labels[index] == digits.label(.test, index))
        }
        #expect(try digits.imageSet(.test, count: 777).pixels == set.pixels)
        #expect(set.verified)
        #expect(set.warnings.isEmpty)
    }

    @Test("train, test and seeds differ")
    func streamsDiffer() {
        let digits = StrokeDigits()
        #expect(digits.image(.train, 3) != digits.image(.test, 3))
        #expect(digits.image(.test, 3) != StrokeDigits(seed: 1).image(.test, 3))
        #expect(digits.image(.test, 3) != digits.image(.test, 4))
    }

    @Test("every digit as often as every other", arguments: Split.allCases)
    func balance(split: Split) throws {
        let count = StrokeDigits.defaultCount(split)
        var histogram = [Int](repeating: 0, count: 10)
        for index in 0..<count { histogram[Int(StrokeDigits().label(split, index))] += 1 }
        #expect(histogram == [Int](repeating: count / 10, count: 10))
    }

    @Test("the normalisation is the one measured on the default training set")
    func normalisation() throws {
        let measured = try StrokeDigits().imageSet(.train).statistics()
        let normalisation = try DataSet.named("strokes").normalisation
        #expect(abs(measured.mean - normalisation.mean) < 5e-5)
        #expect(abs(measured.std - normalisation.std) < 5e-5)
    }

    @Test("like MNIST: centred by mass, inside the frame, black around, white inside")
    func look() throws {
        let set = try StrokeDigits().imageSet(.test, count: 1000)
        for index in 0..<set.count {
            let image = Array(set.image(index))
            var mass = 0.0
            var column = 0.0
            var row = 0.0
            for (place, pixel) in image.enumerated() {
                mass += Double(pixel)
                column += Double(pixel) * Double(place % 28)
                row += Double(pixel) * Double(place / 28)
            }
            #expect(abs(column / mass - 13.5) < 2.5, "image \(index)")
            #expect(abs(row / mass - 13.5) < 2.5, "image \(index)")
            #expect(mass > 255 * 15 && mass < 255 * 300, "image \(index)")
            #expect((image.max() ?? 0) > 180, "image \(index)")
            #expect(image[0] == 0 && image[27] == 0 && image[756] == 0 && image[783] == 0, "image \(index)")
        }
    }

    @Test("an impossible count is an error", arguments: [-1, Int.max])
    func count(count: Int) {
        #expect(throws: HostError.self) { try StrokeDigits().imageSet(.train, count: count) }
    }

    @Test("none is none")
    func none() throws {
        let set = try StrokeDigits().imageSet(.train, count: 0)
        #expect(set.count == 0)
        #expect(set.image(0).isEmpty)
        #expect(set.statistics() == Normalisation(mean: 0, std: 0))
    }
}
