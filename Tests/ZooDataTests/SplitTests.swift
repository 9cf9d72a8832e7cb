import TestSupport
import Testing
import ZooData
import ZooCore
import ZooManifest

@Suite("Splits of data sets")
struct SplitTests {
    @Test("validation images are training images, the training images the others; both keep their places")
    func validation() throws {
        let whole = try DataSet.named("strokes-rotated").load(.train)
        let data = try DataSet.named("strokes-rotated?validation=300")
        let (held, rest) = try (data.load(.test), data.load(.train))
        let chosen = try whole.spread(300)
        #expect(held.pixels == chosen.pixels && held.labels == chosen.labels)
        let places = (0..<held.count).map(held.place)
        let others = (0..<rest.count).map(rest.place)
        #expect(places == (0..<300).map(chosen.place))
        #expect((places + others).sorted() == Array(0..<whole.count) && others == others.sorted())
        for index in [0, 7, 5000] { #expect(rest.image(index) == whole.image(rest.place(index))) }
        // Posed as test images, by their places among all training images.
        let index = held.place(5)
        #expect(
            data.theta(split: .test, seed: 0, epoch: 0, index: index)
                == (try DataSet.named("strokes-rotated")).theta(split: .test, seed: 0, epoch: 9, index: index))
    }

    @Test("'train' takes from what validation leaves, and 'limit' from both") func train() throws {
        let rest = try DataSet.named("strokes?validation=100").load(.train)
        let data = try DataSet.named("strokes?validation=100&train=50&limit=20")
        #expect(try DataSet.named("strokes?validation=100&train=50").load(.train).pixels == rest.spread(50).pixels)
        #expect(try data.load(.train).pixels == rest.spread(50).spread(20).pixels)
        #expect(try data.load(.test).count == 20)
        let fewer = try DataSet.named("strokes?train=50")
        #expect(try fewer.load(.train).pixels == DataSet.named("strokes").load(.train).spread(50).pixels)
        #expect(try fewer.load(.test).count == 5000)
        #expect(try DataSet.named("strokes?train=50&limit=20").load(.train).count == 20)
        let all = #expect(throws: HostError.self) { try DataSet.named("strokes?validation=20000").load(.train) }
        #expect(all?.kind == .data && all?.field == "validation")
    }

    @Test("clutter on validation images is cut from the same training images as on the others") func clutter() throws {
        let data = try DataSet.named("strokes-translated?validation=50&train=60")
        #expect(try data.load(.test).clutterPool?.count == 10_000)
        #expect(try data.load(.train).clutterPool?.count == 10_000)
    }

    private func pooled(_ split: String, protocol fields: String = "{}") throws -> DataSetCatalogue {
        try DataSetCatalogue(
            manifest(
                """
                {"version": 1, "datasets": [{"id": "mine", "source": "strokes", "protocol": \(fields), "split": {"pooled": \(split)}}]}
                """))
    }

    @Test("a pooled split is the stated permutation of both splits together, each part in its order") func pool() throws {
        let data = try pooled(#"{"train": 300, "test": 700, "seed": 5}"#).named("mine")
        let (first, second) = try (DataSet.named("strokes").load(.train), DataSet.named("strokes").load(.test))
        let order = RandomStream(seed: 5, "pooled").permutation(25_000)
        for (split, numbers) in [(Split.train, order[..<300].sorted()), (.test, order[300..<1000].sorted())] {
            let images = try data.load(split)
            #expect(images.count == numbers.count)
            for (index, number) in numbers.enumerated() {
                #expect(images.image(index) == (number < 20_000 ? first.image(number) : second.image(number - 20_000)))
                #expect(images.place(index) == index)
            }
        }
        let large = #expect(throws: HostError.self) { try pooled(#"{"train": 20000, "test": 5001}"#).named("mine").load(.test) }
        #expect(large?.kind == .data && large?.found?.contains("25000") == true)
    }

    @Test("a fixed protocol shows a training image in one pose, any other in a new one in every epoch") func fixed() throws {
        let data = try pooled(#"{"train": 30, "test": 70}"#, protocol: #"{"rotation": 180, "fixed": true}"#).named("mine")
        for split in Split.allCases {
            #expect(data.theta(split: split, seed: 0, epoch: 4, index: 3) == data.theta(split: split, seed: 0, epoch: 5, index: 3))
            #expect(data.theta(split: split, seed: 0, epoch: 4, index: 3) != data.theta(split: split, seed: 1, epoch: 4, index: 3))
        }
        #expect(data.order(seed: 0, epoch: 4, count: 30) != data.order(seed: 0, epoch: 5, count: 30), "the order is a new one all the same")
        let drawn = try DataSet.named("strokes-rotated")
        #expect(drawn.theta(split: .train, seed: 0, epoch: 4, index: 3) != drawn.theta(split: .train, seed: 0, epoch: 5, index: 3))
    }

    @Test(
        "rotated-mnist-12k is 12,000 and 50,000 of MNIST's 70,000 images, at any angle",
        .enabled(if: realData != nil, "the real data are not there: set ZOO_DATA"))
    func rotatedMNIST() throws {
        let data = try DataSet.named("rotated-mnist-12k")
        let (train, test) = try (data.load(.train, from: realData), data.load(.test, from: realData))
        #expect(train.count == 12_000 && test.count == 50_000)
        let whole = try DataSet.named("mnist")
        let all = try (whole.load(.train, from: realData), whole.load(.test, from: realData))
        let order = RandomStream(seed: 0, "pooled").permutation(70_000)
        let first = order[..<12_000].min() ?? 0
        #expect(train.image(0) == (first < 60_000 ? all.0.image(first) : all.1.image(first - 60_000)))
        let angles = (0..<12_000).map { data.angle(split: .train, seed: 0, epoch: 3, index: $0) }
        #expect(angles.allSatisfy { abs($0) <= 180 } && angles.contains { $0 > 170 } && angles.contains { $0 < -170 })
        #expect(data.upright.name == "rotated-mnist-12k-upright")
        #expect(try DataSet.named("rotated-mnist-12k?validation=2000").load(.train, from: realData).count == 10_000)
        #expect(try data.files([.test], in: realData).count == 4, "its images are of all four files")
    }
}
