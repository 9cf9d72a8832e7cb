import Foundation
public import ZooData
import ZooKit

/// A data set as a listing shows it.
public struct DataSetDescription: Encodable, Sendable {
    public let name: String
    public let summary: String
    /// C×H×W of what a network sees.
    public let shape: [Int]
    /// How many things are read from one image.
    public let heads: Int
    /// Whether it moves its images, so that errors are measured upright and transformed.
    public let isTransformed: Bool
    /// What is done to its images, in words; "" where nothing is.
    public let treatment: String
    /// How its images are divided, in words; "" where that is as its source has it.
    public let split: String
    /// The normalisation: one number for each channel, or one for all.
    public let mean, std: [Double]
    /// The name of the same images as recorded.
    public let upright: String
    /// The manifest that defines it; nil where the program does, or the name alone.
    public let definedIn: String?
    public let isThere: Bool
    /// Whether it is the one that a command takes that names none.
    public let isDefault: Bool
    /// Where its images come from, or how to come by them.
    public let source: String

    /// All that are known by name.
    ///
    /// - Parameter directory: where data are kept; nil for the environment's.
    public static func all(of catalogue: DataSetCatalogue, in directory: String?) throws -> [DataSetDescription] {
        let usual = try catalogue.defaultDataSet(in: directory)
        return catalogue.all.map { DataSetDescription($0, in: directory, isDefault: $0 == usual) }
    }

    init(_ dataSet: DataSet, in directory: String?, isDefault: Bool = false) {
        name = dataSet.name
        summary = dataSet.summary
        shape = [dataSet.shape.channels, dataSet.shape.height, dataSet.shape.width]
        heads = dataSet.heads
        isTransformed = dataSet.upright != dataSet
        treatment = dataSet.imageProtocol.summary
        split = dataSet.splitRule.summary
        (mean, std) = (dataSet.normalisation.means, dataSet.normalisation.stds)
        upright = dataSet.upright.name
        definedIn = dataSet.file
        self.isDefault = isDefault
        let files = try? dataSet.files(Split.allCases, in: directory)
        isThere = files != nil
        source =
            switch files?.count {
            case nil: "missing: " + (dataSet.advice ?? "")
            case 0?: "drawn by the program itself"
            case 1?: files?.first ?? ""
            case let count?: "\(count) files in \(folder(of: files ?? []))"
            }
    }
}

/// The folder that all of them lie in.
private func folder(of paths: [String]) -> String {
    var folder = paths.first.map { ($0 as NSString).deletingLastPathComponent } ?? ""
    while !folder.isEmpty, folder != "/", !paths.allSatisfy({ $0.hasPrefix(folder + "/") }) {
        folder = (folder as NSString).deletingLastPathComponent
    }
    return folder.isEmpty ? "." : folder
}

extension Listing {
    /// One line per data set.
    public static func table(of dataSets: [DataSetDescription]) -> TextTable {
        var table = TextTable([
            .init("data set"), .init("image", .right), .init("heads", .right), .init("what it is"), .init("images from"),
        ])
        for set in dataSets {
            table.append([
                set.name, set.shape.map(String.init).joined(separator: "×"), "\(set.heads)",
                set.summary + (set.isDefault ? " (the default)" : ""), set.source,
            ])
        }
        return table
    }

    static func page(_ set: DataSetDescription, _ terminal: Terminal) -> String {
        func list(_ numbers: [Double]) -> String { numbers.map { "\($0)" }.joined(separator: ", ") }
        return terminal.bold("data set \(set.name)") + "\n"
            + fields([
                ("summary", set.summary), ("images", set.shape.map(String.init).joined(separator: "×")),
                ("labels per image", set.heads == 1 ? "" : "\(set.heads)"), ("protocol", set.treatment), ("split", set.split),
                ("normalisation", "mean \(list(set.mean)), standard deviation \(list(set.std))"),
                ("upright", set.isTransformed ? set.upright : ""), ("defined in", set.definedIn ?? ""), ("images from", set.source),
            ])
    }
}
