import Foundation
import TestSupport
import Testing
import ZooCore
import ZooData

/// A directory for the four files, gone when the test is over.
private final class Folder {
    let path: String

    /// - Parameter changes: other contents for some files, by name; nil: no such file.
    init(_ changes: [String: [UInt8]?] = [:], subdirectory: String = "") throws {
        path = NSTemporaryDirectory() + "/zoo-idx-" + UUID().uuidString
        let place = path + subdirectory
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        var files: [String: [UInt8]?] = [
            "t10k-images-idx3-ubyte": Folder.images, "t10k-labels-idx1-ubyte": Folder.labels,
        ]
        files.merge(changes) { $1 }
        for (name, bytes) in files {
            if let bytes { try Data(bytes).write(to: URL(fileURLWithPath: "\(place)/\(name)")) }
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    static func header(_ magic: Int, _ dimensions: Int...) -> [UInt8] {
        ([magic] + dimensions).flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
    }

    /// Three images of 2×2.
    static let images = header(0x803, 3, 2, 2) + (0..<12).map { UInt8($0 * 20) }
    static let labels = header(0x801, 3) + [7, 0, 9]
    /// `images` as gzip -9n makes it.
    static let gzipped: [UInt8] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0x63, 0x60, 0xe0, 0x60, 0x66, 0x60,
        0x60, 0x00, 0x61, 0x26, 0x30, 0x16, 0xd1, 0xb0, 0x09, 0x48, 0xa9, 0xe8, 0x59, 0xb0, 0xe5, 0xc4,
        0x1d, 0x00, 0xbd, 0x49, 0xa8, 0x1f, 0x1c, 0x00, 0x00, 0x00,
    ]
    /// `labels`: the first nine bytes and the rest as two gzip members.
    static let members: [UInt8] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0x63, 0x60, 0xe0, 0x60, 0x64, 0x60,
        0x60, 0x60, 0x66, 0x07, 0x00, 0x0c, 0x4f, 0xf3, 0xab, 0x09, 0x00, 0x00, 0x00, 0x1f, 0x8b, 0x08,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0x63, 0xe0, 0x04, 0x00, 0x5b, 0xaa, 0x05, 0x38, 0x02,
        0x00, 0x00, 0x00,
    ]
}

@Suite("MNIST files")
struct MNISTTests {
    private let imageFile = "t10k-images-idx3-ubyte"
    private let labelFile = "t10k-labels-idx1-ubyte"

    private func check(_ set: ImageSet) {
        #expect(set.labels == [7, 0, 9])
        #expect(set.pixels == Array(Folder.images.dropFirst(16)))
        #expect(set.channels == 1 && set.height == 2 && set.width == 2)
        #expect(!set.verified)
        #expect(set.warnings.count == 2)
    }

    /// The error that reading these files ends with; it must be one line.
    private func error(_ changes: [String: [UInt8]?]) throws -> HostError? {
        let folder = try Folder(changes)
        let error = #expect(throws: HostError.self) { try DataSet.named("mnist").load(.test, from: folder.path) }
        #expect(error?.description.contains("\n") == false)
        #expect(error?.file?.hasPrefix(folder.path) == true)
        return error
    }

    @Test("raw, not the official content: read, with a warning")
    func raw() throws {
        let folder = try Folder()
        check(try DataSet.named("mnist").load(.test, from: folder.path))
    }

    @Test("in a subdirectory, by the other name")
    func otherNames() throws {
        let folder = try Folder([imageFile: nil, "t10k-images.idx3-ubyte": Folder.images], subdirectory: "/mnist")
        check(try DataSet.named("mnist").load(.test, from: folder.path))
    }

    @Test("gzipped, in one member or several, with zero padding")
    func gzipped() throws {
        let folder = try Folder([
            imageFile: nil, labelFile: nil, imageFile + ".gz": Folder.gzipped + [0, 0, 0], labelFile + ".gz": Folder.members,
        ])
        check(try DataSet.named("mnist").load(.test, from: folder.path))
    }

    @Test("missing directory and missing file")
    func missing() throws {
        let error = #expect(throws: HostError.self) { try DataSet.named("mnist").load(.test, from: "/no/such/place") }
        #expect(error?.field == "data directory")
        let other = try self.error([imageFile: nil])
        #expect(other?.field == "test images")
    }

    @Test("a directory in place of a file")
    func directoryAsFile() throws {
        let folder = try Folder([imageFile: nil])
        try FileManager.default.createDirectory(atPath: "\(folder.path)/\(imageFile)", withIntermediateDirectories: true)
        let error = #expect(throws: HostError.self) { try DataSet.named("mnist").load(.test, from: folder.path) }
        #expect(error?.description.contains("\n") == false)
    }

    @Test("cut anywhere: an error", arguments: 0..<28)
    func cut(length: Int) throws {
        let error = try self.error([imageFile: Array(Folder.images.prefix(length))])
        #expect(error?.field == (length < 16 ? "header" : "length"))
    }

    @Test("gzip cut anywhere: an error", arguments: try some(0..<Folder.gzipped.count, "bytes"))
    func cutGzip(length: Int) throws {
        _ = try error([imageFile: nil, imageFile + ".gz": Array(Folder.gzipped.prefix(length))])
    }

    @Test("gzip with any byte of its data or trailer damaged: an error", arguments: try some(10..<Folder.gzipped.count, "bytes"))
    func damagedGzip(position: Int) throws {
        var bytes = Folder.gzipped
        bytes[position] ^= 0x41
        _ = try error([imageFile: nil, imageFile + ".gz": bytes])
    }

    @Test("garbage after the gzip member")
    func trailingGarbage() throws {
        let error = try self.error([imageFile: nil, imageFile + ".gz": Folder.gzipped + Array("more".utf8)])
        #expect(error?.field == "gzip stream")
        #expect(error?.found == "4 other bytes")
    }

    @Test("another magic number")
    func magic() throws {
        let error = try self.error([imageFile: Array("<html><body>404</body></html>".utf8)])
        #expect(error?.field == "magic number")
        #expect(error?.expected == "0x00000803")
        #expect(error?.found == "0x3c68746d")
        let images = try self.error([labelFile: Folder.images])
        #expect(images?.field == "magic number")
    }

    @Test("dimensions that lie", arguments: [[4, 2, 2], [2, 2, 2], [3, 2, 3]])
    func lyingDimensions(dimensions: [Int]) throws {
        let header = Folder.header(0x803, dimensions[0], dimensions[1], dimensions[2])
        let error = try self.error([imageFile: header + Folder.images.dropFirst(16)])
        #expect(error?.field == "length")
    }

    @Test(
        "dimensions out of all proportion, or zero",
        arguments: [[0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [0x7fff_ffff, 28, 28], [3, 0, 2]])
    func absurdDimensions(dimensions: [Int]) throws {
        let header = Folder.header(0x803, dimensions[0], dimensions[1], dimensions[2])
        let error = try self.error([imageFile: header + Folder.images.dropFirst(16)])
        #expect(error?.field == "dimensions")
    }

    @Test("a label above nine, and too few labels")
    func labels() throws {
        let high = try error([labelFile: Folder.header(0x801, 3) + [7, 10, 9]])
        #expect(high?.field == "label 1")
        #expect(high?.found == "10")
        let few = try error([labelFile: Folder.header(0x801, 2) + [7, 0]])
        #expect(few?.field == "count")
    }

    @Test("the real one", .enabled(if: realData != nil, "MNIST is not on this machine: 'make data' fetches it"))
    func real() throws {
        let test = try DataSet.named("mnist").load(.test, from: realData)
        #expect(test.verified)
        #expect(test.warnings.isEmpty)
        #expect(test.count == 10_000)
        let first: [Int32] = [7, 2, 1, 0, 4]
        #expect(Array(test.labels.prefix(5)) == first)
        let train = try DataSet.named("mnist-rotated").load(.train, from: realData)
        #expect(train.verified)
        #expect(train.count == 60_000)
        #expect(train.height == 28 && train.width == 28)
        let measured = train.statistics()
        let normalisation = try DataSet.named("mnist").normalisation
        #expect(abs(measured.mean - normalisation.mean) < 1e-4)
        #expect(abs(measured.std - normalisation.std) < 1e-4)
    }
}
