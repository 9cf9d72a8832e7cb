import Foundation
import ZooData
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
    public let isThere: Bool
    /// Where its images come from, or how to come by them.
    public let source: String

    /// All that are known by name.
    ///
    /// - Parameter directory: where data are kept; nil for the environment's.
    public static func all(in directory: String?) -> [DataSetDescription] { DataSet.all.map { DataSetDescription($0, in: directory) } }

    init(_ dataSet: DataSet, in directory: String?) {
        name = dataSet.name
        summary = dataSet.summary
        shape = [dataSet.shape.channels, dataSet.shape.height, dataSet.shape.width]
        heads = dataSet.heads
        isTransformed = dataSet.upright != dataSet
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
            table.append([set.name, set.shape.map(String.init).joined(separator: "×"), "\(set.heads)", set.summary, set.source])
        }
        return table
    }
}
