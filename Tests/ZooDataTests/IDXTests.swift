import Foundation
import TestSupport
import Testing
import ZooCore
import ZooData

@Suite("IDX files of other sets and other places")
struct IDXTests {
    private static func header(_ magic: Int, _ dimensions: [Int]) -> [UInt8] {
        ([magic] + dimensions).flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
    }

    /// `count` images of 2×3, image i of the values 6i …
    private static func images(_ count: Int) -> [UInt8] { header(0x803, [count, 2, 3]) + (0..<6 * count).map { UInt8($0 % 256) } }
    private static func labels(_ values: [UInt8]) -> [UInt8] { header(0x801, [values.count]) + values }

    /// The four files under these names, "%" standing for images-idx3 and labels-idx1.
    private func put(
        _ scratch: TemporaryDirectory, _ folder: String, _ train: String = "train-%-ubyte", _ test: String = "t10k-%-ubyte",
        labels: [UInt8] = [1, 0, 2, 1, 0, 2]
    ) throws {
        for (name, values) in [(train, labels), (test, Array(labels.prefix(3)))] {
            try scratch.write(folder + name.replacing("%", with: "images-idx3"), Self.images(values.count))
            try scratch.write(folder + name.replacing("%", with: "labels-idx1"), Self.labels(values))
        }
    }

    @Test(
        "where torchvision, Kaggle and people leave MNIST",
        arguments: ["", "mnist/", "MNIST/raw/", "MNIST/", "raw/", "mnist/MNIST/raw/", "mnist/raw/"])
    func places(folder: String) throws {
        let scratch = try TemporaryDirectory()
        try put(scratch, folder)
        let data = try DataSet.named("mnist-rotated")
        #expect(try data.load(.train, from: scratch.path).labels == [1, 0, 2, 1, 0, 2])
        #expect(try data.load(.test, from: scratch.path).count == 3)
        #expect(try data.files([.train, .test], in: scratch.path).count == 4)
    }

    @Test("a folder of a file's name with the file in it, as Kaggle leaves them", arguments: ["train-%-ubyte", "train.%-ubyte"])
    func kaggle(pattern: String) throws {
        let scratch = try TemporaryDirectory()
        for (split, count) in [("train", 6), ("t10k", 3)] {
            let pictures = "\(split)-images-idx3-ubyte"
            let answers = "\(split)-labels-idx1-ubyte"
            let inside = { (name: String) in pattern.contains(".") ? name.replacing("-idx", with: ".idx") : name }
            try scratch.write("\(pictures)/\(inside(pictures))", Self.images(count))
            try scratch.write("\(answers)/\(inside(answers))", Self.labels([UInt8](repeating: 3, count: count)))
            try scratch.write(pictures.replacing("-idx", with: ".idx"), Self.images(count))
            try scratch.write(answers.replacing("-idx", with: ".idx"), Self.labels([UInt8](repeating: 3, count: count)))
        }
        #expect(try DataSet.named("mnist").load(.train, from: scratch.path).count == 6)
        let pair = try DataSet.named("idx:\(scratch.path)")
        #expect(try pair.load(.test).count == 3 && pair.load(.train).classes == ["3"])
    }

    @Test("published sets have their own names, classes and labels")
    func families() throws {
        let scratch = try TemporaryDirectory()
        try put(scratch, "emnist/", "emnist-letters-train-%-ubyte", "emnist-letters-test-%-ubyte", labels: [26, 1, 2, 3, 4, 5])
        try put(scratch, "EMNIST/raw/", "emnist-byclass-train-%-ubyte", "emnist-byclass-test-%-ubyte", labels: [61, 0, 10, 36])
        try put(scratch, "FashionMNIST/raw/", labels: [9, 0, 1])
        try put(scratch, "kmnist/", labels: [9, 0, 1])
        let letters = try DataSet.named("emnist-letters").load(.train, from: scratch.path)
        #expect(letters.classes.count == 26 && letters.classes.last == "Z" && letters.labels == [25, 0, 1, 2, 3, 4])
        let all = try DataSet.named("emnist-byclass").load(.test, from: scratch.path)
        #expect(all.labels.map { all.classes[Int($0)] } == ["z", "0", "A"])
        #expect(try DataSet.named("fashion-mnist").load(.test, from: scratch.path).classes[9] == "Ankle boot")
        #expect(try DataSet.named("kmnist").load(.test, from: scratch.path).labels == [9, 0, 1])
        // Fashion-MNIST's files have MNIST's names: they are no other set's.
        let missing = #expect(throws: HostError.self) { try DataSet.named("mnist").load(.test, from: scratch.path) }
        #expect(missing?.field == "test images" && missing?.kind == .noInput)
        let zero = #expect(throws: HostError.self) {
            try put(scratch, "emnist/", "emnist-letters-train-%-ubyte", "emnist-letters-test-%-ubyte", labels: [0, 1, 2])
            _ = try DataSet.named("emnist-letters").load(.train, from: scratch.path)
        }
        #expect(zero?.expected == "1 to 26" && zero?.found == "0")
    }

    @Test("QMNIST's labels are the first of eight numbers")
    func qmnist() throws {
        let scratch = try TemporaryDirectory()
        let rows = [7, 3, 9].flatMap { digit in Self.header(digit, [Int](repeating: 4_000_000, count: 7)) }
        try scratch.write("qmnist-train-images-idx3-ubyte", Self.images(3))
        try scratch.write("qmnist-train-labels-idx2-int", Self.header(0xc02, [3, 8]) + rows)
        #expect(try DataSet.named("qmnist").load(.train, from: scratch.path).labels == [7, 3, 9])
        // As any pair: the classes are the labels that there are.
        let pair = try DataSet.named("idx:\(scratch.path)").load(.train)
        #expect(pair.classes == ["3", "7", "9"])
    }

    @Test("any pair of files: classes from the labels of both splits, one number each")
    func pairs() throws {
        let scratch = try TemporaryDirectory()
        try put(scratch, "own/", "my-train.%", "my-test.%", labels: [26, 1, 1, 4, 26, 9])
        let data = try DataSet.named("idx:\(scratch.path)/own/")
        #expect(data.name == "idx:\(scratch.path)/own")
        let (train, test) = try (data.load(.train), data.load(.test))
        #expect(train.classes == ["1", "4", "9", "26"] && test.classes == train.classes)
        #expect(train.labels == [3, 0, 0, 1, 3, 2] && test.labels == [3, 0, 0])
        #expect(train.width == 3 && train.height == 2 && train.warnings == [])
        #expect(try data.survey() == "6 train images, 3 test images")
        // Two sets in one folder: their names begin differently.
        try put(scratch, "own/", "your-train.%", "your-test.%", labels: [5, 6, 5])
        let several = #expect(throws: HostError.self) { try DataSet.named("idx:\(scratch.path)/own").load(.train) }
        #expect(several?.expected?.contains("own/my-") == true, "\(several?.message ?? "")")
        #expect(try DataSet.named("idx:\(scratch.path)/own/your-").load(.train).classes == ["5", "6"])
    }

    @Test("a single pair is divided class by class, and that is said")
    func single() throws {
        let scratch = try TemporaryDirectory()
        let values = (0..<100).map { UInt8($0 % 4) }
        try scratch.write("images.idx", Self.images(100))
        try scratch.write("labels.idx", Self.labels(values))
        let data = try DataSet.named("idx:\(scratch.path)")
        let (train, test) = try (data.load(.train), data.load(.test))
        #expect(train.count == 80 && test.count == 20)
        #expect((0..<4).allSatisfy { label in test.labels.count { $0 == label } == 5 })
        #expect(train.warnings.first?.contains("a fifth of the images is held out") == true)
    }

    @Test("rows and columns are exchanged on request; channels may come first or last")
    func transposed() throws {
        let scratch = try TemporaryDirectory()
        try put(scratch, "mnist/")
        let whole = try DataSet.named("mnist").load(.train, from: scratch.path)
        let data = try DataSet.named("mnist-rotated?transpose=true")
        let turned = try data.load(.train, from: scratch.path)
        #expect(turned.height == 3 && turned.width == 2)
        #expect(Array(whole.image(1)) == [6, 7, 8, 9, 10, 11] && Array(turned.image(1)) == [6, 9, 7, 10, 8, 11])
        #expect(try data.upright.name == "mnist?transpose=true" && DataSet.named(data.name) == data)
        for (shape, first) in [
            ([2, 3, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), ([2, 2, 2, 3], [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]),
        ] as [([Int], [UInt8])] {
            for split in ["train", "test"] {
                try scratch.write("colour/\(split)-x", Self.header(0x804, shape) + (0..<24).map { UInt8($0) })
                try scratch.write("colour/\(split)-y", Self.labels([0, 1]))
            }
            let set = try DataSet.named("idx:\(scratch.path)/colour").load(.train)
            #expect(set.channels == 3 && set.height == 2 && set.width == 2 && Array(set.image(0)) == first)
        }
    }

    @Test("what is missing is named for the set that is asked for")
    func missing() throws {
        let scratch = try TemporaryDirectory()
        let svhn = #expect(throws: HostError.self) { try DataSet.named("svhn").load(.test, from: scratch.path) }
        #expect(svhn?.message.contains("SVHN") == true && svhn?.message.contains("IDX") == false && svhn?.kind == .noInput)
        let letters = #expect(throws: HostError.self) { try DataSet.named("emnist-letters").load(.test, from: scratch.path) }
        #expect(letters?.expected?.contains("emnist-letters-t") == true)
        let nothing = #expect(throws: HostError.self) { try DataSet.named("idx:\(scratch.path)").load(.test) }
        #expect(nothing?.field == "IDX files")
        let nowhere = #expect(throws: HostError.self) { try DataSet.named("idx:\(scratch.path)/no/where").load(.test) }
        #expect(nowhere?.kind == .noInput)
        try scratch.write("images", Self.images(4))
        #expect(#expect(throws: HostError.self) { try DataSet.named("idx:\(scratch.path)").load(.test) }?.field == "pair")
    }
}
