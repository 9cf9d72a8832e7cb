package import ZooKit

/// Digits that the program draws itself: see `StrokeDigits`.
package struct StrokeSource: ImageSource {
    package static let kind = "strokes"

    package init(_ settings: DataSettings) throws {}

    package var shape: ImageShape { ImageShape(1, StrokeDigits.side, StrokeDigits.side) }
    package var isDrawn: Bool { true }

    package func imageSet(_ split: Split, name: String, in directory: String?) throws -> ImageSet { try StrokeDigits().imageSet(split) }

    package func spread(_ split: Split, _ count: Int, name: String, in directory: String?) throws -> ImageSet {
        try StrokeDigits().spread(split, count)
    }

    /// No more of them than clutter is cut from.
    package func clutterImages(name: String, in directory: String?) throws -> ImageSet {
        try StrokeDigits().imageSet(.train, count: ClutterPool.limit)
    }

    package func files(_ splits: [Split], in directory: String?) throws -> [String] { [] }

    package func survey(name: String, in directory: String?) throws -> String { "drawn by the program itself" }

    package var advice: String? { nil }
}
