import Foundation
import ZooHost

/// Images and labels in IDX files: of a published set, or any pair in a folder (`idx:PATH`).
///
/// A pair is found by what is in the files, not by their names: unsigned bytes in three dimensions (N×H×W) or four (with one or three
/// channels, before or behind the sides) are images, whole numbers in one or two are labels, of which the first column counts. Names
/// tell the split: `train`, or `test`, `t10k`, `val`. A single pair is divided: every fifth image of each class is for testing. The
/// classes are the labels that occur, in either split.
public struct IDXSource: Sendable, Hashable {
    enum Place: Sendable, Hashable {
        case family(IDXFamily)
        /// A folder, or a folder and what the names of one set in it begin with.
        case path(String)
    }

    let place: Place
    /// Whether rows and columns are exchanged, as EMNIST's files have them.
    public var isTransposed = false

    /// MNIST's own four files.
    public static let mnist = IDXSource(place: .family(.mnist))

    init(place: Place, isTransposed: Bool = false) {
        self.place = place
        self.isTransposed = isTransposed
    }

    /// - Throws: `HostError` naming the file, the field, what was expected and what was found.
    func imageSet(_ split: Split, name: String, in directory: String?) throws -> ImageSet {
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
        if family == .mnist {
            for (file, part) in [(images, IDXFamily.Part.images), (labels, .labels)] {
                let expected = MNIST.checksums["\(split.rawValue)-\(part.rawValue)"] ?? ""
                guard file.checksum != expected else { continue }
                warnings.append(
                    "\(file.path): not MNIST's own content (SHA-256, inflated: expected \(expected.prefix(12))…, "
                        + "found \(file.checksum.prefix(12))…)")
            }
        }
        return try Self.imageSet(
            images, labels, values.map { $0 - family.firstLabel }, name: name, classes: family.classes, isTransposed: isTransposed,
            verified: family == .mnist && warnings.isEmpty, warnings: warnings)
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
    func files(_ splits: [Split], in directory: String?) throws -> [String] {
        switch place {
        case .path(let path): return try IDXPairs(path).files
        case .family(let family):
            let directory = try DataDirectory.find(directory, for: family.name, holding: family.contents)
            let wanted = splits.flatMap { split in IDXFamily.Part.allCases.map { (split, $0) } }
            let found = wanted.compactMap { try? family.find($0.0, $0.1, in: directory).path }
            guard found.isEmpty, let first = wanted.first else { return found }
            return [try family.find(first.0, first.1, in: directory).path]
        }
    }
}

/// Any images and labels in IDX files as they are named on a command line: `idx:PATH?transpose=true&rotate=90`.
///
/// The fields, all optional: `rotate` (0: upright; else ± degrees at random), `transpose` (false), `mean` and `std` (0.1307 and 0.3081,
/// MNIST's) of the normalisation.
struct IDXName: Hashable {
    static let prefix = "idx:"

    var source: IDXSource
    var rotation = 0.0
    var mean = MNIST.normalisation.mean
    var std = MNIST.normalisation.std
    private let path: String

    /// - Throws: `usage` naming the field that is wrong.
    init(_ name: DataSetName) throws {
        path = DataSetName.normalised(path: String(name.base.dropFirst(Self.prefix.count)))
        guard !path.isEmpty else {
            throw HostError(.usage, file: name.text, field: "path", expected: "a directory after 'idx:'", found: "nothing")
        }
        source = IDXSource(place: .path(path))
        for given in name.fields {
            let field = DataSetField(file: name.text, name: given.name, value: given.value)
            switch field.name {
            case "rotate": rotation = try field.number(0...180)
            case "transpose": source.isTransposed = try field.flag()
            case "mean": mean = try field.number(0...1)
            case "std": std = try field.number(0.001...1000)
            default: throw field.unknown(["rotate", "transpose", "mean", "std"] + DataPortion.fields)
            }
        }
    }

    var dataSet: DataSet {
        let list = [
            ("rotate", "\(rotation)", rotation != 0), ("transpose", "true", source.isTransposed),
            ("mean", "\(mean)", mean != MNIST.normalisation.mean), ("std", "\(std)", std != MNIST.normalisation.std),
        ]
        let name = DataSetName(base: Self.prefix + path, fields: list.filter(\.2).map { .init(name: $0.0, value: $0.1) })
        return DataSet(
            name, .idx(source), rotation == 0 ? .none : .rotation(degrees: rotation), normalisation: Normalisation(mean: mean, std: std),
            summary: "the IDX files in \(path)",
            // Moving the folder changes no image.
            streamName: Self.prefix + (path as NSString).lastPathComponent)
    }
}
