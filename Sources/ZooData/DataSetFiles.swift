import Foundation
import ZooHost

extension DataSet {
    /// The files that the images come from, in the order of their paths; none where the program draws them. Clutter is cut
    /// from training images, so a cluttered set has those in either case.
    ///
    /// What is missing or damaged is for `load` to complain of, if only something is there.
    ///
    /// - Throws: `HostError` if there is nothing at all.
    public func files(_ splits: [Split], in directory: String? = nil) throws -> [String] {
        let all = Set(clutter == nil ? splits : splits + [.train]).sorted { $0.rawValue < $1.rawValue }
        switch source {
        case .strokes: return []
        case .mnist: return try MNIST.files(all, in: directory).sorted(by: DataFile.byBytes)
        case .folder(let folder): return try Self.files(below: folder.place(in: directory))
        case .houseNumbers:
            let root = try MNIST.directory(directory)
            return try all.flatMap { try Self.files(below: "\(root)/svhn/\($0.rawValue)") }
        }
    }

    /// The file itself, or all files in that folder and its folders.
    private static func files(below path: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: path) else {
            throw HostError(.noInput, file: path, field: "file", expected: "a folder or a tar", found: "no such file")
        }
        guard DataFile.isDirectory(path) else { return [path] }
        let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        return names.map { "\(path)/\($0)" }.filter { !DataFile.isDirectory($0) }.sorted(by: DataFile.byBytes)
    }
}

extension ImageSet {
    /// The first so many images; all if there are no more.
    ///
    /// - Throws: `HostError` if `count` is not positive.
    public func first(_ count: Int) throws -> ImageSet {
        guard count > 0 else { throw HostError(.usage, file: name, field: "count", expected: "1 image or more", found: "\(count)") }
        guard count < self.count else { return self }
        var part = try ImageSet(
            name: name, pixels: Array(pixels.prefix(count * channels * height * width)), labels: Array(labels.prefix(count * heads)),
            heads: heads, channels: channels, height: height, width: width, classes: classes, verified: verified, warnings: warnings)
        part.clutterPool = clutterPool
        return part
    }
}
