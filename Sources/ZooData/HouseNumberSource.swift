package import ZooKit

/// SVHN's full numbers, or pictures with a table of the same form: see `HouseNumbers`.
package struct HouseNumberSource: ImageSource {
    package static let kind = "house-numbers"
    package static let manifestSettings = DataPlace.settings

    /// The folder that holds `train` and `test`.
    private let place: DataPlace

    package init(_ settings: DataSettings) throws { place = try DataPlace(settings) }

    package init?(path: String) { place = DataPlace(path) }

    package var shape: ImageShape { ImageShape(3, HouseNumbers.side, HouseNumbers.side) }
    package var heads: Int { HouseNumbers.heads }

    package func imageSet(_ split: Split, name: String, in directory: String?) throws -> ImageSet {
        try HouseNumbers.imageSet(split, in: folder(directory), name: name)
    }

    package func files(_ splits: [Split], in directory: String?) throws -> [String] {
        let folder = try folder(directory)
        return try splits.flatMap { try HouseNumbers.files($0, in: folder) }
    }

    package func survey(name: String, in directory: String?) throws -> String {
        let folder = try folder(directory)
        return try Split.allCases.map { "\(try HouseNumbers.count($0, in: folder)) \($0.rawValue) numbers" }.joined(separator: ", ")
    }

    package var advice: String? {
        let files = "\(place.path)/train and \(place.path)/test (PNG files and digitStruct.json or .csv)"
        return place.isInDataDirectory ? "put \(files) \(DataDirectory.advice)" : "put \(files) there"
    }

    private func folder(_ directory: String?) throws -> String {
        try place.resolved(
            in: directory, for: place.path,
            holding: "\(place.path)/train and \(place.path)/test (PNG files, digitStruct.json or .csv)")
    }
}
