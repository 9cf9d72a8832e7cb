import Foundation
import TestSupport
import Testing
import ZooCore
import ZooData
import ZooHost
import ZooKit

@Suite("Class folders")
struct FolderTests {
    /// 2×2 grey.
    private static func tile(_ value: UInt8) -> [UInt8] { png(width: 2, height: 2, [value, value, value, value]) }

    private static func members(_ count: Int = 10) -> [(name: String, contents: [UInt8])] {
        (0..<count).flatMap { index in
            [("set/cat/\(index).png", tile(UInt8(index))), ("set/dog/\(index).png", tile(UInt8(100 + index)))]
        }
    }

    private func load(_ name: String, _ split: Split = .train) throws -> ImageSet { try DataSet.named(name).load(split) }

    private func error(_ bytes: [UInt8], _ options: String = "size=2") throws -> HostError? {
        let scratch = try TemporaryDirectory()
        let file = try scratch.write("set.tar", bytes)
        return #expect(throws: HostError.self) { try load("folder:\(file)?\(options)") }
    }

    @Test("a tar and the directory it was made of hold the same images")
    func layouts() throws {
        let scratch = try TemporaryDirectory()
        for (name, contents) in Self.members() { try scratch.write(name, contents) }
        let file = try scratch.write("set.tar", tar([("set/", []), ("set/cat/", [])] + Self.members() + [("set/labels.csv", [1])]))
        for split in Split.allCases {
            let packed = try load("folder:\(file)?size=2", split)
            let loose = try load("folder:\(scratch.path)/set?size=2", split)
            #expect(packed.pixels == loose.pixels)
            #expect(packed.labels == loose.labels)
            #expect(packed.classes == ["cat", "dog"])
            #expect(packed.count == (split == .test ? 4 : 16))
            #expect(packed.labels.count { $0 == 1 } == packed.count / 2)
            #expect(
                zip(packed.labels, stride(from: 0, to: packed.pixels.count, by: 4)).allSatisfy { ($0 == 1) == (packed.pixels[$1] >= 100) })
        }
        let train = try load("folder:\(file)?size=2").pixels
        let test = try load("folder:\(file)?size=2", .test).pixels
        #expect(Set(train).isDisjoint(with: test))
        #expect(Set(train + test).count == 20)
    }

    @Test("a split by order takes the last names, whatever their class")
    func order() throws {
        let scratch = try TemporaryDirectory()
        let file = try scratch.write("set.tar", tar(Self.members()))
        let test = try load("folder:\(file)?size=2&split=order", .test)
        #expect(Set(test.pixels) == [8, 9, 108, 109])
        #expect(test.labels == [0, 0, 1, 1])
    }

    @Test("grey from colour and JPEG, colour from grey")
    func decoding() throws {
        let scratch = try TemporaryDirectory()
        try scratch.write("a/1.png", png(width: 1, height: 1, channels: 3, [255, 0, 0]))
        try scratch.write("b/1.jpg", smallJPEG)
        try scratch.write("b/notes.txt", [65])
        let grey = try load("folder:\(scratch.path)?size=12&resize=stretch")
        #expect(grey.pixels[0] == 76)
        #expect(grey.channels == 1)
        // The text file, and the picture of one pixel, which is blank.
        #expect(grey.warnings.count == 2, "\(grey.warnings)")
        for column in 0..<12 { #expect(abs(Int(grey.pixels[144 + 6 * 12 + column]) - 20 * column) < 6) }
        let colour = try load("folder:\(scratch.path)?size=12&resize=stretch&color=rgb")
        #expect(colour.channels == 3)
        #expect(Array(colour.image(1).prefix(144)) == Array(colour.image(1).suffix(144)))
        #expect([0, 144, 288].map { colour.pixels[$0] } == [255, 0, 0])
        let inverted = try load("folder:\(scratch.path)?size=12&resize=stretch&invert=true")
        #expect(inverted.pixels[0] == 179)
    }

    @Test("padding, cropping and stretching")
    func resizing() throws {
        let scratch = try TemporaryDirectory()
        try scratch.write("a/1.png", png(width: 4, height: 2, [10, 20, 30, 40, 10, 20, 30, 40]))
        let padded = try load("folder:\(scratch.path)?size=4")
        #expect(padded.pixels == [0, 0, 0, 0, 10, 20, 30, 40, 10, 20, 30, 40, 0, 0, 0, 0])
        #expect(try load("folder:\(scratch.path)?size=2&resize=crop").pixels == [20, 30, 20, 30])
        // A triangle of two pixels' reach about 1 and 3: weights 3, 3, 1 and 1, 3, 3 of 7.
        let stretched = try load("folder:\(scratch.path)?size=2&resize=stretch").pixels
        #expect(stretched == [17, 33, 17, 33])
        let white = try TemporaryDirectory()
        try white.write("a/1.png", png(width: 9, height: 5, [UInt8](repeating: 255, count: 45)))
        #expect(try load("folder:\(white.path)?size=7&resize=stretch").pixels.allSatisfy { $0 == 255 })
    }

    @Test("options make names that lead back to the same set")
    func names() throws {
        let data = try DataSet.named("folder:/some/where?rotate=180&color=rgb&size=32&mean=0.25")
        #expect(try DataSet.named(data.name) == data)
        #expect(data.shape == ImageShape(3, 32, 32))
        #expect(data.perturbation == .rotation(degrees: 180))
        #expect(data.upright.perturbation == .none)
        #expect(try DataSet.named(data.upright.name) == data.upright)
        #expect(data.upright.normalisation == data.normalisation)
        let moved = try DataSet.named("folder:/else/where?rotate=180&color=rgb&size=32&mean=0.25")
        #expect(data.theta(split: .test, seed: 0, epoch: 0, index: 3) == moved.theta(split: .test, seed: 0, epoch: 0, index: 3))
    }

    @Test("a survey counts; names that are paths become plain ones")
    func survey() throws {
        let scratch = try TemporaryDirectory()
        let file = try scratch.write("set.tar", tar(Self.members()))
        #expect(try DataSet.named("folder:\(file)").survey() == "20 images in 2 classes")
        #expect(throws: HostError.self) { try DataSet.named("plankton").survey(in: scratch.path) }
        #expect(try DataSet.named("plankton").advice?.contains("plankton_ndsb_train.tar") == true)
        #expect(try DataSet.named("strokes-scaled").advice == nil)
        #expect(DataSet.fileName(of: "mnist-rotated") == "mnist-rotated")
        let names = ["folder:/../x", "folder:/../y", ".."].map { DataSet.fileName(of: $0) }
        #expect(Set(names).count == 3)
        #expect(names.allSatisfy { !$0.contains("/") && $0.count < 64 && $0 != ".." })
    }

    @Test(
        "a wrong option is named",
        arguments: [
            ("size=0", "size"), ("size=x", "size"), ("color=blue", "color"), ("resize=", "resize"), ("test=1", "test"),
            ("test=nan", "test"),
            ("rotate=200", "rotate"), ("bogus=1", "bogus"), ("size", "options"), ("size=2&size=3", "size"), ("invert=yes", "invert"),
            ("std=0", "std"), ("=", "options"),
        ])
    func wrongOptions(options: String, field: String) {
        let error = #expect(throws: HostError.self) { try DataSet.named("folder:/x?\(options)") }
        #expect(error?.field == field)
        #expect(throws: HostError.self) { try DataSet.named("folder:") }
    }

    @Test("a folder or archive that is missing says so, and so does one without pictures")
    func missing() throws {
        let missing = #expect(throws: HostError.self) { try load("folder:/nowhere/set.tar") }
        #expect(missing?.found == "No such file or directory" && missing?.kind == .noInput)
        #expect(try error(tar([]))?.field == "classes")
        #expect(try error(tar([("set/cat/readme", [1])]))?.field == "classes")
        let changed = try error([UInt8](tar(Self.members()).enumerated().map { $0 == 3 ? $1 ^ 1 : $1 }))
        #expect(changed?.found?.contains("damaged first header") == true)
    }

    @Test("a class of nothing is left out, and named")
    func emptyClass() throws {
        let scratch = try TemporaryDirectory()
        let file = try scratch.write("set.tar", tar([("set/bird/", [])] + Self.members()))
        let train = try load("folder:\(file)?size=2")
        #expect(train.classes == ["cat", "dog"])
        #expect(train.warningsOfLayout == ["\(file): folders without pictures, no classes: bird"])
    }

    @Test("a damaged image is named, whatever the damage")
    func damage() throws {
        let good = png(width: 3, height: 3, [UInt8](0..<9))
        var flipped = good
        flipped[good.count / 2] ^= 0x10
        var huge = good
        huge.replaceSubrange(16..<24, with: [0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff])
        let cases: [[UInt8]] = [
            [], [1, 2, 3], Array(good.prefix(good.count / 2)), Array(good.prefix(20)), flipped, huge, Array(smallJPEG.prefix(100)),
            Array(smallJPEG.prefix(smallJPEG.count - 20)), Array(smallJPEG.prefix(3)),
        ]
        for (number, bytes) in cases.enumerated() {
            let error = try error(
                tar([("set/a/0.png", good), ("set/a/1.png", bytes), ("set/a/2.png", good)]), "size=2&test=0.001&split=order")
            #expect(error?.file?.hasSuffix("set.tar") == true, "case \(number)")
            #expect(error?.found?.hasPrefix("1 of 3 that is none: a/1.png (") == true, "case \(number): \(error?.found ?? "")")
        }
        // Every byte in turn: an image or an error, never a crash.
        for index in smallJPEG.indices {
            var bytes = smallJPEG
            bytes[index] = ~bytes[index]
            let scratch = try TemporaryDirectory()
            try scratch.write("a/1.jpg", bytes)
            _ = try? load("folder:\(scratch.path)?size=8")
        }
    }

    private static let hasReal =
        realData.map { FileManager.default.fileExists(atPath: $0 + "/svhn/svhn_cropped_test_first10000.tar") } ?? false

    @Test("the first 10,000 cropped SVHN digits", .enabled(if: hasReal, "not on this machine: set ZOO_DATA"))
    func svhnDigits() throws {
        let data = try DataSet.named("svhn-digits")
        let train = try data.load(.train, from: realData)
        let test = try data.load(.test, from: realData)
        #expect(train.count == 8000 && test.count == 2000)
        let counts = (0..<10).map { digit in (train.labels + test.labels).count { $0 == digit } }
        #expect(counts == [684, 1968, 1590, 1104, 964, 909, 773, 767, 621, 620])
        let measured = train.channelStatistics()
        for (found, stated) in zip(measured.means + measured.stds, data.normalisation.means + data.normalisation.stds) {
            #expect(abs(found - stated) < 1e-4, "\(measured)")
        }
    }

    @Test(
        "PlanktonSet", .enabled(if: hasReal, "not on this machine: set ZOO_DATA"))
    func plankton() throws {
        try EngineControl.start()
        let data = try DataSet.named("plankton-rotated")
        let train = try data.load(.train, from: realData)
        let test = try data.load(.test, from: realData)
        #expect(train.count + test.count == 30_336)
        #expect(train.classes.count == 121)
        #expect(Set(test.labels).count == 121)
        #expect(abs(test.count - 6067) < 70)
        let measured = train.statistics()
        #expect(abs(measured.mean - data.normalisation.mean) < 1e-4, "\(measured)")
        #expect(abs(measured.std - data.normalisation.std) < 1e-4, "\(measured)")
        let batch = try BatchLoader(test, of: data, split: .test, batchSize: 8, seed: 0).batch(0)
        #expect(batch.images.shape == [8, 1, 64, 64])
    }
}
