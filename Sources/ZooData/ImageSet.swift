import ZooCore

/// Labelled images held in memory as they were recorded: N×C×H×W bytes, 0 ... 255, row-major.
public struct ImageSet: Sendable {
    public let name: String
    /// N×C×H×W, row-major.
    public let pixels: [UInt8]
    /// N labels, each an index into `classes`; with several heads N×heads of them, row-major.
    public let labels: [Int32]
    /// How many things are read from one image: 1, or 5 for the digits of a house number.
    public let heads: Int
    public let channels: Int
    public let height: Int
    public let width: Int
    public let classes: [String]
    /// What is odd about it without being wrong, one line each: a checksum that is not the expected one, for example.
    public internal(set) var warnings: [String]
    /// Whether its content is known to be what its name says: generated here, or checked against a known checksum.
    public let verified: Bool
    /// What a cluttered data set cuts its clutter from; `DataSet.load` brings it.
    public internal(set) var clutterPool: ClutterPool?
    /// Of a part, where its images are in the whole split: what is done to an image goes by that, so that it looks alike in both.
    private var places: [Int]?

    /// Most classes that a set may have.
    static let mostClasses = 1 << 16

    /// - Throws: `HostError` if the number of bytes does not fit, or a label names no class.
    public init(
        name: String, pixels: [UInt8], labels: [some FixedWidthInteger], heads: Int = 1, channels: Int, height: Int, width: Int,
        classes: [String], verified: Bool, warnings: [String] = []
    ) throws {
        guard heads > 0, labels.count.isMultiple(of: heads) else {
            throw HostError(.data, file: name, field: "labels", expected: "\(heads) for every image", found: "\(labels.count) in all")
        }
        guard channels > 0, height > 0, width > 0, channels <= 1 << 12, height <= 1 << 16, width <= 1 << 16 else {
            throw HostError(
                .data, file: name, field: "image size", expected: "C×H×W from 1×1×1 to 4096×65536×65536",
                found: "\(channels)×\(height)×\(width)")
        }
        let (expected, overflow) = (labels.count / heads).multipliedReportingOverflow(by: channels * height * width)
        guard !overflow, pixels.count == expected else {
            throw HostError(
                .data, file: name, field: "pixels", expected: "\(labels.count / heads)×\(channels)×\(height)×\(width) bytes",
                found: "\(pixels.count) bytes")
        }
        if let index = labels.firstIndex(where: { $0 < 0 || Int($0) >= classes.count }) {
            throw HostError(
                .data, file: name, field: "label of image \(index / heads)", expected: "a class from 0 to \(classes.count - 1)",
                found: "\(labels[index])")
        }
        self.name = name
        self.pixels = pixels
        self.labels = labels.map { Int32($0) }
        self.heads = heads
        self.channels = channels
        self.height = height
        self.width = width
        self.classes = classes
        self.verified = verified
        self.warnings = warnings
    }

    /// N, the number of images.
    public var count: Int { labels.count / heads }

    /// One image, C×H×W bytes; empty if there is no such image.
    public func image(_ index: Int) -> ArraySlice<UInt8> {
        guard (0..<count).contains(index) else { return [] }
        let size = channels * height * width
        return pixels[index * size..<(index + 1) * size]
    }

    /// Where an image is in the whole split that this set is, or is a part of.
    public func place(_ index: Int) -> Int { places?[index] ?? index }

    /// `count` of the images, spread evenly over the set and its classes; all of them if there are no more. This is what `?limit=` and
    /// `--images` take.
    ///
    /// The images stand in line class by class, each class in its own order (with several heads all in their order), and of N
    /// images those numbered ⌊(2k + 1)·N / 2n⌋ for k = 0 … n − 1 are taken: systematic sampling. Every class so has its share,
    /// rounded down or up.
    ///
    /// - Throws: `HostError` if `count` is not positive.
    public func spread(_ count: Int) throws -> ImageSet {
        guard count > 0 else { throw HostError(.usage, file: name, field: "count", expected: "1 image or more", found: "\(count)") }
        return count < self.count ? try part(spreadIndices(count)) : self
    }

    /// Which images `spread` takes, ascending.
    func spreadIndices(_ count: Int) -> [Int] {
        Self.spreadIndices(count, of: heads == 1 ? labels : [Int32](repeating: 0, count: self.count))
    }

    static func spreadIndices(_ count: Int, of labels: [some FixedWidthInteger]) -> [Int] {
        guard count < labels.count else { return Array(labels.indices) }
        let line = labels.indices.sorted { (labels[$0], $0) < (labels[$1], $1) }
        return (0..<count).map { line[(2 * $0 + 1) * labels.count / (2 * count)] }.sorted()
    }

    /// Some of the images.
    ///
    /// - Parameters:
    ///   - isWhole: whether they are a split of their own, not a part of one.
    ///   - warning: what is to be said of it besides.
    package func part(_ indices: [Int], isWhole: Bool = false, warning: String? = nil) throws -> ImageSet {
        let size = channels * height * width
        var bytes: [UInt8] = []
        bytes.reserveCapacity(indices.count * size)
        for index in indices { bytes += pixels[index * size..<(index + 1) * size] }
        var part = try ImageSet(
            name: name, pixels: bytes, labels: indices.flatMap { labels[$0 * heads..<($0 + 1) * heads] }, heads: heads,
            channels: channels, height: height, width: width, classes: classes, verified: verified,
            warnings: warnings + [warning].compactMap(\.self))
        part.places = isWhole ? nil : indices.map(place)
        part.clutterPool = clutterPool
        return part
    }

    /// These images and behind them others of the same size with the same classes.
    ///
    /// - Throws: `data` if they are of another size, or have other classes.
    func joined(with other: ImageSet) throws -> ImageSet {
        func kind(_ set: ImageSet) -> String {
            "\(set.channels)×\(set.height)×\(set.width) with \(set.heads) label\(set.heads == 1 ? "" : "s") of \(set.classes.count) classes"
        }
        guard kind(other) == kind(self), other.classes == classes else {
            throw HostError(.data, file: name, field: "test images", expected: "\(kind(self)), as the training images", found: kind(other))
        }
        return try ImageSet(
            name: name, pixels: pixels + other.pixels, labels: labels + other.labels, heads: heads, channels: channels, height: height,
            width: width, classes: classes, verified: verified && other.verified,
            warnings: warnings + other.warnings.filter { !warnings.contains($0) })
    }

    /// The same images, said to be these ones of the whole split.
    func placed(at places: [Int]) -> ImageSet {
        var set = self
        set.places = places
        return set
    }

    /// Mean and standard deviation over all pixels and channels, on the scale where 255 is 1. Zeros if there are none.
    public func statistics() -> Normalisation {
        // A histogram is exact and one pass; sums of 64-bit integers cannot overflow below 2^47 pixels.
        var histogram = [Int](repeating: 0, count: 256)
        for pixel in pixels { histogram[Int(pixel)] += 1 }
        let moments = Self.moments(histogram)
        return Normalisation(mean: moments.mean, std: moments.std)
    }

    /// The same for each channel on its own.
    public func channelStatistics() -> Normalisation {
        var histograms = [[Int]](repeating: [Int](repeating: 0, count: 256), count: channels)
        let plane = height * width
        for (number, start) in stride(from: 0, to: pixels.count, by: plane).enumerated() {
            for pixel in pixels[start..<start + plane] { histograms[number % channels][Int(pixel)] += 1 }
        }
        return Normalisation(channels: histograms.map(Self.moments))
    }

    private static func moments(_ histogram: [Int]) -> (mean: Double, std: Double) {
        let total = Double(histogram.reduce(0, +))
        guard total > 0 else { return (0, 0) }
        var sum = 0.0
        var squares = 0.0
        for (value, count) in histogram.enumerated() {
            let level = Double(value) / 255
            sum += level * Double(count)
            squares += level * level * Double(count)
        }
        let mean = sum / total
        return (mean, max(0, squares / total - mean * mean).squareRoot())
    }
}

/// The names of the ten digits.
let digitClasses = (0...9).map(String.init)
