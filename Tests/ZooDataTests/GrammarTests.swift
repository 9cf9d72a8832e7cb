import Foundation
import TestSupport
import Testing
import ZooCore
import ZooData
import ZooHost
import ZooKit
import ZooManifest

/// One grammar for all sources: BASE?source fields&protocol fields&normalisation&split.
@Suite("Fields of data sets' names")
struct GrammarTests {
    @Test(
        "one name, however it is written",
        arguments: [
            ("mnist?rotation=180", "mnist?rotate=180.0"), ("mnist?rotate=180", "mnist?rotate=180.0"), ("mnist?rotation=0", "mnist"),
            ("mnist?homography=0.25", "mnist?homography=0.25"), ("mnist?shift=0.25&homography=0.25", "mnist?homography=0.25"),
            ("mnist?shift=0.1&homography=0.25", "mnist?homography=0.25&shift=0.1"),
            ("folder:p?canvas=112&scale=-1..2", "folder:p?scale=-1.0..2.0&canvas=112"),
            ("idx:p?translation=16&transpose=true", "idx:p?translation=16&transpose=true"), ("idx:p?translation=0", "idx:p"),
            ("strokes?clutter=6&clutter-crop=6", "strokes?clutter=6"),
            ("strokes?clutter-sides=2..18&clutter=6", "strokes?clutter=6&clutter-sides=2..18"),
            ("strokes?clutter=3&clutter-crop=4&clutter-sides=4..4", "strokes?clutter=3&clutter-crop=4"), ("strokes?clutter=0", "strokes"),
            ("strokes-translated?clutter=6", "strokes-translated"), ("strokes-translated?clutter=0", "strokes-translated?clutter=0"),
            ("strokes-scaled?clutter-sides=4..4&clutter-crop=4", "strokes-scaled?clutter-crop=4"),
            ("strokes-scaled?canvas=112", "strokes-scaled"), ("strokes-scaled?canvas=100", "strokes-scaled?canvas=100"),
            ("mnist?mean=0.1307", "mnist"), ("mnist?mean=0.13070&std=0.5", "mnist?std=0.5"),
            ("svhn?mean=0.5", "svhn?mean=0.5,0.5,0.5"), ("svhn-digits?std=0.2,0.3,0.4&size=28", "svhn-digits?size=28&std=0.2,0.3,0.4"),
            ("plankton?size=32&invert=false&rotation=90", "plankton?size=32&invert=false&rotate=90.0"),
            ("mnist-rotated?fixed=true", "mnist-rotated?fixed=true"), ("mnist-rotated?fixed=false", "mnist-rotated"),
            (
                "mnist-rotated?limit=100&train=200&validation=300&transpose=true",
                "mnist-rotated?transpose=true&validation=300&train=200&limit=100"
            ),
            ("house-numbers:./a/b/?rotation=10&limit=3", "house-numbers:a/b?rotate=10.0&limit=3"),
            ("rotated-mnist-12k?validation=2000", "rotated-mnist-12k?validation=2000"),
        ])
    func canonical(typed: String, name: String) throws {
        let data = try DataSet.named(typed)
        #expect(data.name == name)
        #expect(try DataSet.named(data.name) == data)
        let upright = data.upright
        #expect(try DataSet.named(upright.name) == upright)
        #expect(upright.upright == upright && upright.perturbation == .none && upright.clutter == nil)
        #expect(upright.shape == data.shape && upright.normalisation == data.normalisation && upright.splitRule == data.splitRule)
    }

    @Test(
        "a wrong value is named, in one line",
        arguments: [
            ("mnist?rotation=181", "rotation"), ("mnist?rotate=-1", "rotate"), ("mnist?rotate=nan", "rotate"),
            ("mnist?rotate=3&rotation=3", "rotation"), ("mnist?rotate=3&homography=0.1", "rotate"), ("mnist-rotated?scale=0..1", "scale"),
            ("mnist-scaled?rotate=3", "rotate"), ("mnist?scale=2..1", "scale"), ("mnist?scale=1", "scale"), ("mnist?scale=1..", "scale"),
            ("mnist?scale=-7..0", "scale"), ("mnist?translation=1.5", "translation"), ("mnist?translation=-1", "translation"),
            ("mnist?homography=3", "homography"), ("mnist?shift=0.1", "shift"), ("mnist?canvas=0", "canvas"), ("mnist?canvas=x", "canvas"),
            ("mnist?clutter=-1", "clutter"), ("mnist?clutter-crop=6", "clutter-crop"),
            ("mnist?clutter=6&clutter-sides=8..2", "clutter-sides"),
            ("mnist?clutter=6&clutter-crop=0", "clutter-crop"), ("mnist?fixed=true", "fixed"), ("mnist-rotated?fixed=yes", "fixed"),
            ("mnist?mean=2", "mean"), ("mnist?mean=", "mean"), ("mnist?mean=0.1,", "mean"), ("mnist?std=0", "std"),
            ("svhn?mean=0.1,0.2", "mean"), ("mnist?validation=0", "validation"), ("mnist?train=1.5", "train"),
            ("mnist?train=-1", "train"), ("mnist?size=3", "size"), ("strokes?transpose=true", "transpose"),
            ("folder:x?transpose=true", "transpose"),
            ("mnist?pooled=3", "pooled"), ("mnist?sha256=3", "sha256"), ("house-numbers:", "path"), ("house-numbers:x?size=3", "size"),
        ])
    func wrong(typed: String, field: String) {
        let error = #expect(throws: HostError.self) { try DataSet.named(typed) }
        #expect(error?.field == field && error?.kind == .usage && error?.file == typed, "\(error?.message ?? "")")
        #expect(error?.message.contains("\n") == false)
    }

    @Test("an unknown field names those that there are") func unknown() {
        let error = #expect(throws: HostError.self) { try DataSet.named("mnist?rotaton=3") }
        for field in ["rotate", "scale", "canvas", "clutter", "transpose", "mean", "validation", "train", "limit"] {
            #expect(error?.expected?.contains(field) == true)
        }
    }

    /// What one pose, or another, does is `ProtocolTests`'; here it is that each can be had of each source.
    @Test(
        "every source takes every protocol",
        arguments: ["strokes", "idx", "folder", "house-numbers"],
        [
            "rotate=180", "translation=3", "scale=-1..1", "homography=0.2&shift=0.1", "canvas=40",
            "clutter=4&clutter-crop=3&clutter-sides=2..5",
            "rotate=30&canvas=48&clutter=2&clutter-crop=2&fixed=true&mean=0.2&std=0.5", "scale=-1..2&canvas=56&validation=4&train=5",
        ])
    func everySourceTakesEveryProtocol(kind: String, protocol fields: String) throws {
        try EngineControl.start()
        let scratch = try TemporaryDirectory()
        let name = try Self.source(kind, in: scratch) + "?" + fields + (kind == "strokes" ? "&limit=12" : "")
        let data = try DataSet.named(name)
        #expect(try DataSet.named(data.name) == data)
        for split in Split.allCases {
            let images = try data.load(split)
            let loader = try BatchLoader(images, of: data, split: split, batchSize: 4, seed: 1)
            let batch = try loader.batch(0, epoch: 1)
            let side = data.canvas ?? images.height
            #expect(batch.images.shape == [min(4, images.count), images.channels, side, side])
            #expect(try batch.images.allFinite())
            let recorded = try BatchLoader(data.upright.load(split), of: data.upright, split: split, batchSize: 4, seed: 1)
            let plain = try recorded.batch(of: batch.indices, epoch: 1).images.floats()
            #expect(try (batch.images.floats() == plain) == (data.upright == data))
            let later = try loader.batch(of: batch.indices, epoch: 2).images.floats()
            #expect(try (batch.images.floats() == later) == (data.upright == data || split == .test || data.imageProtocol.isFixed))
        }
    }

    /// Images in IDX files have any size, which is known when they are read.
    @Test("a translation is by whole pixels of the images that are there") func translation() throws {
        try EngineControl.start()
        let scratch = try TemporaryDirectory()
        let data = try DataSet.named(Self.source("idx", in: scratch) + "?translation=3&mean=0&std=1")
        let images = try data.load(.train)
        let loader = try BatchLoader(images, of: data, split: .train, batchSize: 12, seed: 1)
        let batch = try loader.batch(0)
        let (theta, drawn) = try (batch.theta.floats(), batch.images.floats())
        var moves: Set<[Int]> = []
        for (place, index) in batch.indices.enumerated() {
            let (x, y) = (-Double(theta[6 * place + 2]) * 6, -Double(theta[6 * place + 5]) * 6)
            #expect(abs(x - x.rounded()) < 1e-5 && abs(y - y.rounded()) < 1e-5)
            let (left, top) = (Int(x.rounded()), Int(y.rounded()))
            moves.insert([left, top])
            let recorded = Array(images.image(index))
            for row in 0..<12 {
                for column in 0..<12 {
                    let inside = (0..<12).contains(row - top) && (0..<12).contains(column - left)
                    let expected = inside ? Float(recorded[(row - top) * 12 + column - left]) / 255 : 0
                    // Interpolation between pixels whose weight is rounding.
                    #expect(abs(drawn[(place * 12 + row) * 12 + column] - expected) < 1e-4)
                }
            }
        }
        #expect(moves.count > 3 && moves.joined().allSatisfy { abs($0) <= 3 })
    }

    /// Twelve training images and some test images, of different pixels each.
    private static func source(_ kind: String, in scratch: TemporaryDirectory) throws -> String {
        func pixels(_ seed: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(($0 * 37 + seed * 101 + 13) % 251) } }
        switch kind {
        case "idx":
            func header(_ magic: Int, _ dimensions: Int...) -> [UInt8] {
                ([magic] + dimensions).flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
            }
            for (name, count) in [("train", 12), ("test", 6)] {
                try scratch.write("\(name)-images", header(0x803, count, 12, 12) + pixels(count, count * 144))
                try scratch.write("\(name)-labels", header(0x801, count) + (0..<count).map { UInt8($0 % 2) })
            }
            return "idx:\(scratch.path)"
        case "folder":
            for (name, count) in [("train", 12), ("test", 6)] {
                for index in 0..<count {
                    try scratch.write("\(name)/\(index % 2)/\(index).png", png(width: 12, height: 12, pixels(index + count, 144)))
                }
            }
            return "folder:\(scratch.path)"
        case "house-numbers":
            for (name, count) in [("train", 12), ("test", 6)] {
                var table = "filename,label,left,top,width,height\n"
                for index in 0..<count {
                    let picture = png(width: 16, height: 16, channels: 3, pixels(index + count, 768))
                    try scratch.write("\(name)/\(index).png", picture)
                    table += "\(index).png,\(1 + index % 9),2,2,12,12\n"
                }
                try scratch.write("\(name)/digitStruct.csv", Array(table.utf8))
            }
            return "house-numbers:\(scratch.path)"
        default: return kind
        }
    }
}
