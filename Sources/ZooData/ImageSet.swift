import ZooHost

/// Which half of a data set.
public enum Split: String, Sendable, Hashable, CaseIterable, Codable {
    case train, test
}

/// Labelled images held in memory as they were recorded: N×C×H×W bytes, 0 ... 255, row-major.
public struct ImageSet: Sendable {
    public let name: String
    /// N×C×H×W, row-major.
    public let pixels: [UInt8]
    /// N labels, each an index into `classes`; with several heads N×heads of them, row-major.
    public let labels: [UInt8]
    /// How many things are read from one image: 1, or 5 for the digits of a house number.
    public let heads: Int
    public let channels: Int
    public let height: Int
    public let width: Int
    public let classes: [String]
    /// What is odd about it without being wrong, one line each: a checksum that is not the expected one, for example.
    public let warnings: [String]
    /// Whether its content is known to be what its name says: generated here, or checked against a known checksum.
    public let verified: Bool
    /// What a cluttered data set cuts its clutter from; `DataSet.load` brings it.
    public internal(set) var clutterPool: ClutterPool?

    /// - Throws: `HostError` if the number of bytes does not fit, or a label names no class.
    public init(
        name: String, pixels: [UInt8], labels: [UInt8], heads: Int = 1, channels: Int, height: Int, width: Int, classes: [String],
        verified: Bool, warnings: [String] = []
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
        if let index = labels.firstIndex(where: { Int($0) >= classes.count }) {
            throw HostError(
                .data, file: name, field: "label of image \(index / heads)", expected: "a class from 0 to \(classes.count - 1)",
                found: "\(labels[index])")
        }
        self.name = name
        self.pixels = pixels
        self.labels = labels
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

    /// `count` of the images, spread evenly over the set; all of them if there are no more.
    func spread(_ count: Int) throws -> ImageSet {
        guard count < self.count else { return self }
        let chosen = (0..<count).map { $0 * self.count / count }
        return try ImageSet(
            name: name, pixels: chosen.flatMap { image($0) }, labels: chosen.flatMap { labels[$0 * heads..<($0 + 1) * heads] },
            heads: heads, channels: channels, height: height, width: width, classes: classes, verified: verified, warnings: warnings)
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
