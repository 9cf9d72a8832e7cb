import Foundation
import ZooHost

/// MNIST, or any set in its file format (Fashion-MNIST, KMNIST), from four IDX files, raw or gzipped.
///
/// Looked for in the directory given and in its subdirectory `mnist`, under the names `train-images-idx3-ubyte` and
/// `train-images.idx3-ubyte` (`t10k-…` for the test images, `labels…idx1` for labels), with or without `.gz`. Paper: LeCun, Bottou, Bengio, Haffner,
/// *Gradient-based learning applied to document recognition*, 1998.
public enum MNIST {
    /// Over the 60,000 training images [FJL20, arXiv:2004.11678, the authors' code].
    public static let normalisation = Normalisation(mean: 0.1307, std: 0.3081)

    /// The environment variable that names the data directory where no option does.
    public static let environmentVariable = "ZOO_DATA"

    /// The directory to read: `given`, or else what the environment says.
    ///
    /// - Throws: `HostError` if neither names one.
    public static func directory(_ given: String?) throws -> String {
        let environment = ProcessInfo.processInfo.environment[environmentVariable]
        guard let directory = given ?? environment, !directory.isEmpty else {
            throw HostError(
                .noInput, file: "mnist", field: "data directory",
                expected: "--data-dir DIR or \(environmentVariable)=DIR, with the four IDX files",
                found: "neither")
        }
        return directory
    }

    /// Reads one split. Content that is not MNIST's own gives a warning and `verified` false, no error.
    ///
    /// - Parameter directory: as for `directory(_:)`.
    /// - Throws: `HostError` naming the file, the field, what was expected and what was found.
    public static func imageSet(_ split: Split, in directory: String? = nil) throws -> ImageSet {
        let directory = try self.directory(directory)
        let images = try IDX.read(find(split, "images", rank: 3, in: directory), rank: 3)
        let labels = try IDX.read(find(split, "labels", rank: 1, in: directory), rank: 1)
        guard images.dimensions[0] == labels.values.count else {
            throw HostError(
                .data, file: labels.path, field: "count", expected: "\(images.dimensions[0]) labels, one per image",
                found: "\(labels.values.count)")
        }
        if let index = labels.values.firstIndex(where: { $0 > 9 }) {
            throw HostError(.data, file: labels.path, field: "label \(index)", expected: "0 to 9", found: "\(labels.values[index])")
        }
        var warnings: [String] = []
        for (file, key) in [(images, "images"), (labels, "labels")] {
            let expected = checksums["\(split.rawValue)-\(key)"] ?? ""
            if file.checksum != expected {
                warnings.append(
                    "\(file.path): not MNIST's own content (SHA-256, inflated: expected \(expected.prefix(12))…, "
                        + "found \(file.checksum.prefix(12))…)")
            }
        }
        do {
            return try ImageSet(
                name: "mnist", pixels: images.values, labels: labels.values, channels: 1, height: images.dimensions[1],
                width: images.dimensions[2], classes: digitClasses, verified: warnings.isEmpty, warnings: warnings)
        } catch let error as HostError {
            throw HostError(
                error.kind, file: images.path, field: error.field ?? "images", expected: error.expected ?? "an image set",
                found: error.found ?? error.message)
        }
    }

    /// Those of the files of some splits that are there.
    ///
    /// - Throws: `HostError` if none is.
    static func files(_ splits: [Split], in directory: String?) throws -> [String] {
        let directory = try self.directory(directory)
        let wanted = splits.flatMap { [($0, "images", 3), ($0, "labels", 1)] }
        let found = wanted.compactMap { try? find($0.0, $0.1, rank: $0.2, in: directory) }
        guard found.isEmpty, let first = wanted.first else { return found }
        return [try find(first.0, first.1, rank: first.2, in: directory)]
    }

    /// SHA-256 of the four files, inflated.
    private static let checksums = [
        "train-images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "test-images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "test-labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ]

    private static func find(_ split: Split, _ what: String, rank: Int, in directory: String) throws -> String {
        let stem = (split == .train ? "train-" : "t10k-") + what
        let names = ["-", "."].flatMap { ["\(stem)\($0)idx\(rank)-ubyte", "\(stem)\($0)idx\(rank)-ubyte.gz"] }
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory), isDirectory.boolValue else {
            throw HostError(.noInput, file: directory, field: "data directory", expected: "a directory", found: "nothing of that kind")
        }
        for folder in [directory, directory + "/mnist"] {
            for name in names where FileManager.default.fileExists(atPath: "\(folder)/\(name)") { return "\(folder)/\(name)" }
        }
        throw HostError(
            .noInput, file: directory, field: "\(split.rawValue) \(what)", expected: "\(names[0])[.gz] there or in mnist/",
            found: "no such file")
    }
}
