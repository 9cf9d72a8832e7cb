import Foundation
import ZooCore
package import ZooKit

/// Images and labels in IDX files: of a published set, or any pair in a folder (`idx:PATH`).
///
/// A pair is found by what is in the files, not by their names: unsigned bytes in three dimensions (N×H×W) or four (with one or three
/// channels, before or behind the sides) are images, whole numbers in one or two are labels, of which the first column counts. Names
/// tell the split: `train`, or `test`, `t10k`, `val`. A single pair is divided: every fifth image of each class is for testing. The
/// classes are the labels that occur, in either split.
package struct IDXSource: ImageSource {
    enum Place: Sendable, Hashable {
        case family(IDXFamily)
        /// A folder, or a folder and what the names of one set in it begin with.
        case path(String)
    }

    package static let kind = "idx"
    package static let contents = "the IDX files"
    package static let settings = [SettingName("transpose")]
    /// Names had `rotate` in front of it before they had other fields.
    package static let lateFields: Set<String> = ["transpose"]
    package static let manifestSettings = [SettingName("path")] + IDXFamily.settings
    /// Those of MNIST's training images: what is in its format is mostly alike.
    package static let normalisation = Normalisation(mean: 0.1307, std: 0.3081)

    let place: Place
    /// Whether rows and columns are exchanged, as EMNIST's files have them.
    var isTransposed = false

    package init(_ settings: DataSettings) throws {
        if settings["path"] != nil {
            if let other = IDXFamily.settings.lazy.compactMap({ settings[$0.field] }).first {
                throw other.wrong("nothing, as 'path' names the files")
            }
            place = .path(try DataPlace(settings).path)
        } else {
            place = .family(try IDXFamily(settings))
        }
        try apply(settings)
    }

    package init?(path: String) { place = .path(path) }

    package mutating func apply(_ settings: DataSettings) throws {
        if let setting = settings["transpose"] { isTransposed = try setting.flag() }
    }

    package var values: [String: String] { ["transpose": "\(isTransposed)"] }

    package var shape: ImageShape { ImageShape(1, 28, 28) }

    /// - Throws: `HostError` naming the file, the field, what was expected and what was found.
    package func imageSet(_ split: Split, name: String, in directory: String?) throws -> ImageSet {
        switch place {
        case .family(let family): try read(family, split, name: name, in: directory)
        case .path(let path): try IDXPairs(path).imageSet(split, name: name, isTransposed: isTransposed)
        }
    }

    private func read(_ family: IDXFamily, _ split: Split, name: String, in directory: String?) throws -> ImageSet {
        let directory = try DataDirectory.find(directory, for: family.name, holding: family.contents)
        let (place, kind) = try family.find(split, .images, in: directory)
        let images = try IDX.read(place, kind)
        let (labelPlace, labelKind) = try family.find(split, .labels, in: directory)
        let labels = try IDX.read(labelPlace, labelKind)
        let values = labels.labels
        let last = family.firstLabel + family.classes.count - 1
        if let index = values.firstIndex(where: { !(family.firstLabel...last).contains($0) }) {
            throw HostError(
                .data, file: labels.path, field: "label \(index)", expected: "\(family.firstLabel) to \(last)", found: "\(values[index])")
        }
        var warnings: [String] = []
        var isVerified = true
        for (file, part) in [(images, IDXFamily.Part.images), (labels, .labels)] {
            guard let expected = family.checksums[IDXFamily.part(split, part)] else {
                isVerified = false
                continue
            }
            guard file.checksum != expected else { continue }
            isVerified = false
            warnings.append(
                "\(file.path): not \(family.title)'s own content (SHA-256, inflated: expected \(expected.prefix(12))…, "
                    + "found \(file.checksum.prefix(12))…)")
        }
        return try Self.imageSet(
            images, labels, values.map { $0 - family.firstLabel }, name: name, classes: family.classes, isTransposed: isTransposed,
            verified: isVerified, warnings: warnings)
    }

    /// - Parameter classes: of each image, an index into `names`.
    static func imageSet(
        _ images: IDX.Contents, _ labels: IDX.Contents, _ classes: [Int], name: String, classes names: [String], isTransposed: Bool,
        verified: Bool, warnings: [String]
    ) throws -> ImageSet {
        guard images.dimensions[0] == labels.dimensions[0] else {
            throw HostError(
                .data, file: labels.path, field: "count", expected: "\(images.dimensions[0]) labels, one per image",
                found: "\(labels.dimensions[0])")
        }
        let sides = Array(images.dimensions.dropFirst())
        var (channels, height, width) = (1, sides[0], sides[1])
        var strides = [0, width, 1]
        if sides.count == 3 {
            if [1, 3].contains(sides[0]) {
                (channels, height, width) = (sides[0], sides[1], sides[2])
                strides = [height * width, width, 1]
            } else if [1, 3].contains(sides[2]) {
                (channels, height, width) = (sides[2], sides[0], sides[1])
                strides = [1, width * channels, channels]
            } else {
                throw HostError(
                    .data, file: images.path, field: "dimensions", expected: "1 or 3 channels, before or behind the sides",
                    found: sides.map(String.init).joined(separator: "×"))
            }
        }
        if isTransposed {
            (height, width) = (width, height)
            strides.swapAt(1, 2)
        }
        do {
            return try ImageSet(
                name: name, pixels: rearranged(images.values, [channels, height, width], strides), labels: classes,
                channels: channels, height: height, width: width, classes: names, verified: verified, warnings: warnings)
        } catch let error as HostError {
            throw HostError(
                error.kind, file: images.path, field: error.field ?? "images", expected: error.expected ?? "an image set",
                found: error.found ?? error.message)
        }
    }

    /// Images of C×H×W, row-major, from ones whose values lie `strides` apart.
    private static func rearranged(_ values: [UInt8], _ shape: [Int], _ strides: [Int]) -> [UInt8] {
        let size = shape.reduce(1, *)
        guard size > 0, strides != [0, shape[2], 1], strides != [shape[1] * shape[2], shape[2], 1] else { return values }
        var places: [Int] = []
        places.reserveCapacity(size)
        for channel in 0..<shape[0] {
            for row in 0..<shape[1] {
                for column in 0..<shape[2] { places.append(channel * strides[0] + row * strides[1] + column * strides[2]) }
            }
        }
        return [UInt8](unsafeUninitializedCapacity: values.count) { buffer, filled in
            var target = 0
            for image in stride(from: 0, to: values.count - size + 1, by: size) {
                for place in places {
                    buffer[target] = values[image + place]
                    target += 1
                }
            }
            filled = target
        }
    }

    /// The files that the images of some splits come from, those that are there.
    ///
    /// - Throws: `HostError` if there is none.
    package func files(_ splits: [Split], in directory: String?) throws -> [String] {
        switch place {
        case .path(let path): return try IDXPairs(path).files.sorted(by: DataFile.byBytes)
        case .family(let family):
            let directory = try DataDirectory.find(directory, for: family.name, holding: family.contents)
            let wanted = splits.flatMap { split in IDXFamily.Part.allCases.map { (split, $0) } }
            let found = wanted.compactMap { try? family.find($0.0, $0.1, in: directory).path }
            guard found.isEmpty, let first = wanted.first else { return found.sorted(by: DataFile.byBytes) }
            return [try family.find(first.0, first.1, in: directory).path]
        }
    }

    package func survey(name: String, in directory: String?) throws -> String {
        let sets = try Split.allCases.map { ($0, try imageSet($0, name: name, in: directory)) }
        return (sets.map { "\($1.count) \($0.rawValue) images" } + sets.flatMap(\.1.warnings)).joined(separator: ", ")
    }

    package var advice: String? {
        switch place {
        case .family(let family):
            let folder = family.isFoundByItself ? "" : "in a folder \(family.folders[0]) "
            return "put \(family.contents) (plain or .gz) \(folder)\(DataDirectory.advice)"
        case .path(let path): return "put IDX files of images and labels into \(path)"
        }
    }
}
