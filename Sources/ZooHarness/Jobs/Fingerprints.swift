import Foundation
import ZooData
import ZooHost
import ZooStore

/// Checksums of what decides results, each made once per process; those of data once as long as the files do not change.
final class Fingerprints {
    private let store: ResultStore?
    private var files: [String: String] = [:]
    private var data: [String: String] = [:]

    /// - Parameter store: where checksums of data are remembered.
    init(store: ResultStore?) { self.store = store }

    /// SHA-256 of a file that does not change while this process runs: the program, its plugins.
    func checksum(ofFile path: String) throws -> String {
        if let known = files[path] { return known }
        let checksum = try Checksum.sha256(ofFile: path)
        files[path] = checksum
        return checksum
    }

    /// What stands for a data set's content: SHA-256 over names and contents of its files, or "drawn".
    ///
    /// - Throws: `HostError` if there are none.
    func fingerprint(of dataSet: DataSet, splits: [Split], in directory: String?) throws -> String {
        let key = "\(dataSet.name) \(splits.map(\.rawValue))"
        if let known = data[key] { return known }
        let found = try content(dataSet.files(splits, in: directory))
        data[key] = found
        return found
    }

    private func content(_ paths: [String]) throws -> String {
        guard let first = paths.first else { return "drawn" }
        // Sizes and times of change are read in no time, contents of gigabytes are not.
        var state = ""
        for path in paths {
            var status = stat()
            _ = ByteName(text: path).withCString { stat($0, &status) }
            state += "\(path)\u{0}\(status.st_size)\u{0}\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)\n"
        }
        state = try Checksum.sha256(of: Data(state.utf8))
        // Named after the first file, so that a set that has changed takes the place of what it was.
        let place = "\(first) and \(paths.count - 1) more"
        if let known = try store?.checksum(of: place, state: state) { return known }
        // Names below the folder that holds them all: data that are moved stay the same data.
        var folder = (first as NSString).deletingLastPathComponent
        while !paths.allSatisfy({ $0.hasPrefix(folder + "/") }), folder.count > 1 {
            folder = (folder as NSString).deletingLastPathComponent
        }
        var sums = ""
        for path in paths {
            sums += "\(path.dropFirst(folder.count)) \(try RegularFile(name: ByteName(text: path).bytes, called: path).sha256())\n"
        }
        let checksum = try Checksum.sha256(of: Data(sums.utf8))
        try store?.remember(checksum: checksum, of: place, state: state)
        return checksum
    }
}
