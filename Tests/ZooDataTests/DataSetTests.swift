import Foundation
import ZooHost
import TestSupport
import Testing
import ZooData

@Suite("Data sets")
struct DataSetTests {
    @Test("found by name", arguments: ["strokes", "strokes-rotated", "mnist", "mnist-rotated"])
    func named(name: String) throws {
        let found = try DataSet.named(name)
        #expect(found.name == name)
        #expect(found.upright.perturbation == .none)
        #expect(found.upright.normalisation == found.normalisation)
    }

    @Test(
        "an unknown name suggests the nearest", arguments: [("mnist-rotate", "mnist-rotated"), ("Strokes", "strokes"), ("mnsit", "mnist")])
    func unknown(name: String, meant: String) throws {
        let error = #expect(throws: HostError.self) { try DataSet.named(name) }
        #expect(error?.description.contains("did you mean \(meant)?") == true)
    }

    @Test("a limit takes a part of any set", arguments: ["strokes-rotated", "strokes-translated"])
    func limited(name: String) throws {
        let part = try DataSet.named("\(name)?limit=20")
        #expect(part.name == "\(name)?limit=20" && part.upright.name.hasSuffix("?limit=20"))
        #expect(try part.load(.train).count == 20)
        let (few, all) = try (part.load(.test), DataSet.named(name).load(.test))
        #expect((0..<20).allSatisfy { few.image($0) == all.image(few.place($0)) })
        #expect(few.clutterPool?.count == all.clutterPool?.count, "clutter is cut from the same images")
        // Drawn alike: the random streams are those of the whole set.
        #expect(
            part.theta(split: .test, seed: 1, epoch: 0, index: 5)
                == (try DataSet.named(name)).theta(split: .test, seed: 1, epoch: 0, index: 5))
        #expect(try DataSet.named("\(name)?limit=999999").load(.test).count == all.count)
    }

    @Test("a limited folder has images of all its parts")
    func limitedFolder() throws {
        let scratch = try TemporaryDirectory()
        for index in 0..<20 {
            try scratch.write(
                index < 10 ? "a/\(index).png" : "b/\(index).png", png(width: 4, height: 4, [UInt8](repeating: UInt8(index), count: 16)))
        }
        let set = try DataSet.named("folder:\(scratch.path)?size=4&test=0.5&limit=4")
        #expect(set.name.hasSuffix("&limit=4"))
        #expect(try Set(set.load(.train).labels) == [0, 1])
    }

    @Test("validation images are training images, and are trained on no more")
    func validation() throws {
        let scratch = try TemporaryDirectory()
        for index in 0..<40 {
            try scratch.write(
                "\(index < 30 ? "train" : "test")/\(index % 2)/\(index).png",
                png(width: 4, height: 4, [UInt8](repeating: UInt8(index), count: 16)))
        }
        let name = "folder:\(scratch.path)?size=4"
        let whole = try DataSet.named(name).load(.train)
        let set = try DataSet.named("\(name)&validation=6&train=10")
        let (train, test) = try (set.load(.train), set.load(.test))
        #expect(train.count == 10 && test.count == 6)
        #expect(train.labels.filter { $0 == 0 }.count == 5 && test.labels.filter { $0 == 0 }.count == 3)
        let places = { (images: ImageSet) in (0..<images.count).map(images.place) }
        #expect(Set(places(train)).isDisjoint(with: places(test)))
        for images in [train, test] {
            #expect((0..<images.count).allSatisfy { images.image($0) == whole.image(images.place($0)) })
        }
        #expect(try set.files([.test]) == set.files([.train]))
        let error = #expect(throws: HostError.self) { try DataSet.named("\(name)&validation=30").load(.train) }
        #expect(error?.field == "validation" && error?.kind == .data)
    }

    @Test("a name like no other suggests nothing")
    func unlike() {
        let error = #expect(throws: HostError.self) { try DataSet.named("imagenet-1k-blurred") }
        #expect(error?.description.contains("did you mean") == false)
        #expect(error?.description.contains("strokes-rotated") == true)
    }

    @Test("a transformation depends on set, seed, split and index, in training also on the epoch")
    func purity() throws {
        let data = try DataSet.named("strokes-rotated")
        let theta = data.theta(split: .test, seed: 1, epoch: 0, index: 5)
        #expect(theta == data.theta(split: .test, seed: 1, epoch: 9, index: 5))
        #expect(theta != data.theta(split: .test, seed: 2, epoch: 0, index: 5))
        #expect(theta != data.theta(split: .test, seed: 1, epoch: 0, index: 6))
        #expect(theta != data.theta(split: .train, seed: 1, epoch: 0, index: 5))
        let other = try DataSet.named("mnist-rotated")
        #expect(theta != other.theta(split: .test, seed: 1, epoch: 0, index: 5))
        let training = data.theta(split: .train, seed: 1, epoch: 0, index: 5)
        #expect(training != data.theta(split: .train, seed: 1, epoch: 1, index: 5))
        #expect(data.upright.theta(split: .test, seed: 1, epoch: 0, index: 5) == [1, 0, 0, 0, 1, 0])
    }

    @Test("rotations are uniform in ±90° and their matrices are rotations")
    func rotations() throws {
        let data = try DataSet.named("mnist-rotated")
        let angles = (0..<20_000).map { data.angle(split: .test, seed: 0, epoch: 0, index: $0) }
        #expect(angles.allSatisfy { abs($0) <= 90 })
        #expect(abs(angles.reduce(0, +) / 20_000) < 1.5)
        let squares = angles.reduce(0.0) { $0 + $1 * $1 }
        // The standard deviation of a uniform distribution in ±90 is 90 / √3 = 51.96.
        #expect(abs((squares / 20_000).squareRoot() - 51.96) < 0.7)
        for index in 0..<100 {
            let t = data.theta(split: .test, seed: 0, epoch: 0, index: index)
            #expect(abs(t[0] * t[4] - t[1] * t[3] - 1) < 1e-12)
            #expect(abs(t[3] - sin(angles[index] * .pi / 180)) < 1e-12)
            #expect(t[2] == 0 && t[5] == 0)
        }
    }

    @Test("quarter turns are exact; anticlockwise means that the output's right edge shows the input's bottom… of a wide image too")
    func quarterTurns() {
        // The output's point (1, 0), at the right, looks up the input's (0, 1), at the bottom: the bottom has come to the right.
        #expect(Perturbation.rotation(degrees: 90) == [0, -1, 0, 1, 0, 0])
        #expect(Perturbation.rotation(degrees: -90) == [0, 1, 0, -1, 0, 0])
        #expect(Perturbation.rotation(degrees: 180) == [-1, 0, 0, 0, -1, 0])
        #expect(Perturbation.rotation(degrees: 360) == Perturbation.identity)
        #expect(Perturbation.rotation(degrees: 90, aspect: 0.5) == [0, -0.5, 0, 2, 0, 0])
    }

    @Test("an epoch's order is a permutation, another in every epoch")
    func order() throws {
        let data = try DataSet.named("strokes")
        let first = data.order(seed: 0, epoch: 0, count: 500)
        #expect(first.sorted() == Array(0..<500))
        #expect(first == data.order(seed: 0, epoch: 0, count: 500))
        #expect(first != data.order(seed: 0, epoch: 1, count: 500))
        #expect(first != data.order(seed: 1, epoch: 0, count: 500))
    }

    @Test("an image set checks its parts")
    func imageSet() throws {
        func make(_ bytes: Int, _ labels: [UInt8], _ height: Int = 2) throws -> ImageSet {
            try ImageSet(
                name: "tiny", pixels: [UInt8](repeating: 0, count: bytes), labels: labels, channels: 1, height: height, width: 2,
                classes: ["a", "b"], verified: true)
        }
        let set = try make(8, [0, 1])
        #expect(set.count == 2)
        #expect(throws: HostError.self) { try make(7, [0, 1]) }
        #expect(throws: HostError.self) { try make(8, [0, 2]) }
        #expect(throws: HostError.self) { try make(8, [0, 1], 0) }
        #expect(throws: HostError.self) { try make(8, [0, 1], Int.max) }
    }
}
