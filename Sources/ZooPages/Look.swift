public import Foundation

/// What the playground asks: how entries see an image that is moved.
public struct LookRequest: Codable, Sendable {
    public let entries: [String]
    /// The data set of the image and of the weights.
    public let dataset: String
    public let seed: UInt64
    /// The image's place in the test split; of no meaning beside a drawing.
    public let image: Int
    /// Grey levels of a drawn image, of the data set's height and width, row by row; nil for the test image.
    public let drawing: Data?
    /// In degrees, anticlockwise.
    public let rotation: Double
    /// Factor of the size.
    public let scale: Double
    public let shear: Double
    /// In pixels, to the right and down.
    public let x, y: Double

    public init(
        entries: [String], dataset: String, seed: UInt64, image: Int, drawing: Data? = nil, rotation: Double = 0, scale: Double = 1,
        shear: Double = 0, x: Double = 0, y: Double = 0
    ) {
        (self.entries, self.dataset, self.seed, self.image, self.drawing) = (entries, dataset, seed, image, drawing)
        (self.rotation, self.scale, self.shear, self.x, self.y) = (rotation, scale, shear, x, y)
    }
}

extension LookRequest {
    /// The same of other entries.
    public func asking(_ others: [String]) -> LookRequest {
        LookRequest(
            entries: others, dataset: dataset, seed: seed, image: image, drawing: drawing, rotation: rotation, scale: scale, shear: shear,
            x: x,
            y: y)
    }
}

/// What they see.
public struct LookAnswer: Codable, Sendable {
    public struct Entry: Codable, Sendable {
        public let entry: String
        /// Why there is nothing more; "" otherwise.
        public var problem = ""
        public var prediction = ""
        public var confidence = 0.0
        /// The angle that θ tells, in degrees; nil for entries without θ.
        public var angle: Double?
        /// Corners of each iteration's sampling quadrilateral, x and y in turns, in [-1, 1]; the last one counts.
        public var corners: [[Double]] = []
        /// What is classified, as a PNG file; nil where no image is transformed.
        public var aligned: Data?

        init(_ entry: String) { self.entry = entry }
    }

    public let dataset, label: String
    /// The moved image as a PNG file.
    public let input: Data
    public let width, height: Int
    /// Number of test images.
    public let images: Int
    public let entries: [Entry]
}

extension LookAnswer {
    /// The answer in the order of `wanted`; of entries that are not in it only the problem.
    public func completed(_ wanted: [String], problem: (String) -> String?) -> LookAnswer {
        let all = wanted.map { id -> Entry in
            if let known = entries.first(where: { $0.entry == id }) { return known }
            var entry = Entry(id)
            entry.problem = problem(id) ?? "it was not asked"
            return entry
        }
        return LookAnswer(dataset: dataset, label: label, input: input, width: width, height: height, images: images, entries: all)
    }
}
