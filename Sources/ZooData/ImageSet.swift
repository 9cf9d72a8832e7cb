/// Which half of a data set.
public enum Split: String, Sendable, Hashable, CaseIterable, Codable {
    case train, test
}

/// Labelled images held in memory as they were recorded: N×C×H×W bytes, 0 ... 255, row-major.
public struct ImageSet: Sendable {
    public let name: String
    /// N×C×H×W, row-major.
    public let pixels: [UInt8]
    /// N labels, each an index into `classes`.
    public let labels: [UInt8]
    public let channels: Int
    public let height: Int
    public let width: Int
    public let classes: [String]
    /// What is odd about it without being wrong, one line each: a checksum that is not the expected one, for example.
    public let warnings: [String]
    /// Whether its content is known to be what its name says: generated here, or checked against a known checksum.
    public let verified: Bool

    /// - Throws: `DataError` if the number of bytes does not fit, or a label names no class.
    public init(
        name: String, pixels: [UInt8], labels: [UInt8], channels: Int, height: Int, width: Int, classes: [String], verified: Bool,
        warnings: [String] = []
    ) throws {
        guard channels > 0, height > 0, width > 0, channels <= 1 << 12, height <= 1 << 16, width <= 1 << 16 else {
            throw DataError(
                file: name, field: "image size", expected: "C×H×W from 1×1×1 to 4096×65536×65536", found: "\(channels)×\(height)×\(width)")
        }
        let (expected, overflow) = labels.count.multipliedReportingOverflow(by: channels * height * width)
        guard !overflow, pixels.count == expected else {
            throw DataError(
                file: name, field: "pixels", expected: "\(labels.count)×\(channels)×\(height)×\(width) bytes",
                found: "\(pixels.count) bytes")
        }
        if let index = labels.firstIndex(where: { Int($0) >= classes.count }) {
            throw DataError(
                file: name, field: "label of image \(index)", expected: "a class from 0 to \(classes.count - 1)", found: "\(labels[index])")
        }
        self.name = name
        self.pixels = pixels
        self.labels = labels
        self.channels = channels
        self.height = height
        self.width = width
        self.classes = classes
        self.verified = verified
        self.warnings = warnings
    }

    /// N, the number of images.
    public var count: Int { labels.count }

    /// One image, C×H×W bytes; empty if there is no such image.
    public func image(_ index: Int) -> ArraySlice<UInt8> {
        guard labels.indices.contains(index) else { return [] }
        let size = channels * height * width
        return pixels[index * size..<(index + 1) * size]
    }

    /// Mean and standard deviation over all pixels and channels, on the scale where 255 is 1. Zeros if there are none.
    public func statistics() -> Normalisation {
        // A histogram is exact and one pass; sums of 64-bit integers cannot overflow below 2^47 pixels.
        var histogram = [Int](repeating: 0, count: 256)
        for pixel in pixels { histogram[Int(pixel)] += 1 }
        guard !pixels.isEmpty else { return Normalisation(mean: 0, std: 0) }
        var sum = 0.0
        var squares = 0.0
        for (value, count) in histogram.enumerated() {
            let level = Double(value) / 255
            sum += level * Double(count)
            squares += level * level * Double(count)
        }
        let mean = sum / Double(pixels.count)
        return Normalisation(mean: mean, std: max(0, squares / Double(pixels.count) - mean * mean).squareRoot())
    }
}

/// What is taken off and divided by before an image enters a network, on the scale where 255 is 1.
public struct Normalisation: Sendable, Hashable, Codable {
    public let mean: Double
    public let std: Double

    public init(mean: Double, std: Double) {
        self.mean = mean
        self.std = std
    }
}

/// The names of the ten digits.
let digitClasses = (0...9).map(String.init)
