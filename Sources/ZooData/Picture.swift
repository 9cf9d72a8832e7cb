import CImage
import ZooCore

/// One decoded image: rows from the top, channels interleaved, 0 ... 255.
package struct Picture: Sendable {
    package let width, height, channels: Int
    package private(set) var pixels: [UInt8]
    /// What the codec found odd about the file, though it could be read.
    var warning: String?

    /// Endings of the names of pictures, without the dot. What a file holds is told by its first bytes, not by its name.
    static let extensions = [
        "png", "apng", "jpg", "jpeg", "jpe", "jfif", "webp", "tif", "tiff", "bmp", "dib", "ppm", "pgm", "pbm", "pnm", "gif",
    ]

    /// Whether a file of that name is taken for a picture.
    static func isPicture(_ name: ByteName) -> Bool { extensions.contains(name.ending) }

    /// Decodes a picture file in memory to 1 or 3 channels, upright as its EXIF says: see docs/pictures.md for the rules.
    ///
    /// - Parameters:
    ///   - background: the grey that transparent parts show, 0 ... 255.
    ///   - place: the file's name, for the complaint.
    /// - Throws: `HostError` if it is damaged or something else, saying what, or if there is no memory.
    package init(decoding bytes: [UInt8], channels: Int, background: UInt8 = 255, place: String) throws {
        var image = cimage()
        var warning = [CChar](repeating: 0, count: Int(CIMAGE_MESSAGE))
        var message = warning
        let status = cimage_decode(bytes, bytes.count, Int32(channels), background, &image, &warning, &message)
        guard status == 0 else {
            if status == CIMAGE_OUT_OF_MEMORY {
                throw HostError(.outOfMemory, file: place, field: "image", expected: "memory for its pixels", found: "none left")
            }
            let kind = FileKind.name(of: bytes)
            let isReadable = cimage_sniff(bytes, bytes.count) != CIMAGE_UNKNOWN
            throw HostError(
                .data, file: place, field: "image", expected: "a whole picture (\(Self.formats))",
                found: isReadable ? "\(kind): \(Self.text(message))" : kind)
        }
        defer { cimage_free(&image) }
        width = Int(image.width)
        height = Int(image.height)
        self.channels = channels
        pixels = Array(UnsafeBufferPointer(start: image.pixels, count: width * height * channels))
        self.warning = warning[0] == 0 ? nil : Self.text(warning)
    }

    /// The formats that are read.
    static let formats = "PNG, JPEG, WebP, TIFF, BMP, PNM or GIF"

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
        self.width = width
        self.height = height
        self.channels = channels
        self.pixels = pixels
    }

    /// Whether all pixels are equal.
    var isBlank: Bool { pixels.dropFirst(channels) == pixels.dropLast(channels) }

    mutating func invert() { for index in pixels.indices { pixels[index] = 255 - pixels[index] } }

    /// C×H×W instead of H×W×C.
    var planes: [UInt8] {
        guard channels > 1 else { return pixels }
        return (0..<channels).flatMap { channel in stride(from: channel, to: pixels.count, by: channels).map { pixels[$0] } }
    }

    /// The part of these columns and rows, which must lie inside.
    func cropped(_ columns: Range<Int>, _ rows: Range<Int>) -> Picture {
        let part = rows.flatMap { row in
            let start = (row * width + columns.lowerBound) * channels
            return pixels[start..<start + columns.count * channels]
        }
        return Picture(width: columns.count, height: rows.count, channels: channels, pixels: part)
    }

    /// Drawn on black, centred.
    func padded(width: Int, height: Int) -> Picture {
        let (left, top) = ((width - self.width) / 2, (height - self.height) / 2)
        var out = [UInt8](repeating: 0, count: width * height * channels)
        for row in 0..<self.height {
            let start = ((top + row) * width + left) * channels
            out.replaceSubrange(
                start..<start + self.width * channels, with: pixels[row * self.width * channels..<(row + 1) * self.width * channels])
        }
        return Picture(width: width, height: height, channels: channels, pixels: out)
    }

    /// Bilinear, about pixel centres; where it shrinks, the triangle widens with the step, so that nothing aliases. Its own
    /// size gives exactly the same pixels.
    func resized(width: Int, height: Int) -> Picture {
        if width == self.width, height == self.height { return self }
        let columns = Self.taps(from: self.width, to: width)
        let rows = Self.taps(from: self.height, to: height)
        var narrow = [Float](repeating: 0, count: self.height * width * channels)
        for row in 0..<self.height {
            for (x, tap) in columns.enumerated() {
                for channel in 0..<channels {
                    var sum: Float = 0
                    var place = (row * self.width + tap.first) * channels + channel
                    for weight in tap.weights {
                        sum += weight * Float(pixels[place])
                        place += channels
                    }
                    narrow[(row * width + x) * channels + channel] = sum
                }
            }
        }
        let stride = width * channels
        var out = [UInt8](repeating: 0, count: height * stride)
        for (y, tap) in rows.enumerated() {
            for column in 0..<stride {
                var sum: Float = 0
                var place = tap.first * stride + column
                for weight in tap.weights {
                    sum += weight * narrow[place]
                    place += stride
                }
                out[y * stride + column] = UInt8(max(0, min(255, sum.rounded())))
            }
        }
        return Picture(width: width, height: height, channels: channels, pixels: out)
    }

    /// For each output pixel the first input pixel that counts, and the weights from there.
    private static func taps(from count: Int, to size: Int) -> [(first: Int, weights: [Float])] {
        let step = Double(count) / Double(size)
        let reach = max(1, step)
        return (0..<size).map { index in
            let centre = (Double(index) + 0.5) * step
            let first = max(0, Int(centre - reach + 0.5))
            let last = max(first + 1, min(count, Int(centre + reach + 0.5)))
            let weights = (first..<last).map { pixel -> Double in
                let distance = abs(Double(pixel) + 0.5 - centre)
                return max(0, 1 - distance / reach)
            }
            let sum = weights.reduce(0, +)
            return (first, weights.map { Float($0 / sum) })
        }
    }
}
