import Foundation
import Glibc
import ZooCore
package import ZooData
import ZooHost
package import ZooStore

/// A fingerprint of the content of a data set's files, and what shows without reading them that it is still the same.
package struct DataSeal: Codable, Sendable, Equatable {
    /// SHA-256 over names and contents of the files; "drawn" for images that the program draws.
    let files: String
    /// SHA-256 over the facts of the files; nil where those may not show the next change.
    let state: String?
    /// SHA-256 of what a manifest says of the data set; nil where its name alone decides what it is.
    let definition: String?

    /// The fingerprint of the images: `files`, and what a manifest says is done to them.
    package var content: String { definition.map { "\(files) as \($0)" } ?? files }

    init(files: String, state: String?, of dataSet: DataSet) throws {
        (self.files, self.state) = (files, state)
        definition = try dataSet.identity.map { try Checksum.sha256(of: $0) }
    }

    /// The value of `files` for images that the program draws.
    static let drawn = "drawn"
}

/// Checksums of what decides results. Those of data are made once for as long as no file has changed: device, inode, size and both times,
/// of which one cannot be set back.
package final class Fingerprints {
    /// Where checksums of data are remembered from one process to the next.
    package var store: ResultStore?
    /// By the state of the files.
    private var contents: [String: String] = [:]
    private var (program, engine): (String?, String?)
    /// While a plan is made: what was found for a data set, which is then not looked at again for every entry.
    private var plan: [String: DataSeal]?

    /// Files that were changed more recently than this may change again without their times showing it (some file systems count in steps of
    /// two seconds).
    private static let settling: Int64 = 2_000_000_000

    init(store: ResultStore? = nil) { self.store = store }

    /// SHA-256 of the running program's file.
    func ofProgram() throws -> String {
        if let program { return program }
        let checksum = try Checksum.sha256(ofFile: Program.image)
        program = checksum
        return checksum
    }

    /// SHA-256 of the engine's library, as it is loaded.
    func ofEngine() throws -> String {
        if let engine { return engine }
        let checksum = try EngineControl.sha256()
        engine = checksum
        return checksum
    }

    /// Looks at every data set once while `body` runs.
    package func planning<R>(_ body: () throws -> R) rethrows -> R {
        plan = [:]
        defer { plan = nil }
        return try body()
    }

    /// What another process has found out, so that it is not found out again.
    package func learn(_ seals: [DataSeal]) {
        for seal in seals { if let state = seal.state { contents[state] = seal.files } }
    }

    /// The seal of a data set's files as they are now.
    ///
    /// - Throws: `HostError` if there are none, or if they change while they are read.
    package func seal(of dataSet: DataSet, _ splits: [Split], in directory: String?) throws -> DataSeal {
        let key = "\(dataSet.name)\u{0}\(splits.map(\.rawValue))"
        if let known = plan?[key] { return known }
        let found = try look(at: dataSet, splits, in: directory)
        plan?[key] = found
        return found
    }

    private func look(at dataSet: DataSet, _ splits: [Split], in directory: String?) throws -> DataSeal {
        let files = try dataSet.files(splits, in: directory)
        guard let first = files.first else { return try DataSeal(files: DataSeal.drawn, state: DataSeal.drawn, of: dataSet) }
        let before = try State(files)
        if let known = try known(before, first, files.count) {
            return try DataSeal(files: known, state: before.digest, of: dataSet)
        }
        let content = try Self.content(files)
        let after = try State(dataSet.files(splits, in: directory))
        guard after.digest == before.digest else {
            throw HostError(
                .data, file: dataSet.name, field: "files", expected: "images that stay as they are while they are read",
                found: "a file that has just changed; run the command again")
        }
        guard before.isSettled(Self.settling) else { return try DataSeal(files: content, state: nil, of: dataSet) }
        contents[before.digest] = content
        try store?.remember(checksum: content, of: Self.place(first, files.count), state: before.digest)
        return try DataSeal(files: content, state: before.digest, of: dataSet)
    }

    /// Loads images whose files must be those of a plan, before and after.
    ///
    /// - Throws: `data` if they are not.
    package func loading<R>(_ dataSet: DataSet, _ split: Split, in directory: String?, content: String, _ load: () throws -> R) throws -> R
    {
        func check() throws {
            let found = try seal(of: dataSet, [split], in: directory).content
            guard found == content else {
                throw HostError(
                    .data, file: dataSet.name, field: "\(split.rawValue) images", expected: "files of fingerprint \(content), as planned",
                    found: "\(found): they were changed since; run the command again")
            }
        }
        try check()
        let result = try load()
        try check()
        return result
    }

    private func known(_ state: State, _ first: String, _ count: Int) throws -> String? {
        if let known = contents[state.digest] { return known }
        guard let known = try store?.checksum(of: Self.place(first, count), state: state.digest) else { return nil }
        contents[state.digest] = known
        return known
    }

    /// Named after the first file, so that a set that has changed takes the place of what it was.
    private static func place(_ first: String, _ count: Int) -> String { "\(first) and \(count - 1) more" }

    /// Names count below the folder that holds all files: data that are moved stay the same data.
    private static func content(_ files: [String]) throws -> String {
        var folder = ((files.first ?? "") as NSString).deletingLastPathComponent
        while !files.allSatisfy({ $0.hasPrefix(folder + "/") }), folder.count > 1 {
            folder = (folder as NSString).deletingLastPathComponent
        }
        var sums = ""
        // Pipes and devices hold no images, and reading them might never end.
        for file in files where DataFile.isFile(file) { sums += "\(file.dropFirst(folder.count)) \(try sha256(file))\n" }
        return try Checksum.sha256(of: sums)
    }

    /// Paths of images may hold bytes that are not UTF-8.
    private static func sha256(_ file: String) throws -> String {
        try RegularFile(name: ByteName(text: file).bytes, called: file).sha256()
    }

    /// The facts of some files at one moment.
    private struct State {
        let digest: String
        /// Nanoseconds since 1970.
        private let newest, moment: Int64

        init(_ files: [String]) throws {
            var now = timespec()
            clock_gettime(CLOCK_REALTIME, &now)
            moment = Self.nanoseconds(now)
            var (text, newest) = ("", Int64.min)
            for file in files {
                guard let status = DataFile.status(of: file) else {
                    // A link to nothing: whether it matters is for those to say who read it.
                    text += "\(file)\u{0}\(errno)\n"
                    continue
                }
                let (modified, changed) = (Self.nanoseconds(status.st_mtim), Self.nanoseconds(status.st_ctim))
                newest = max(newest, modified, changed)
                text += "\(file)\u{0}\(status.st_mode) \(status.st_dev) \(status.st_ino) \(status.st_size) \(modified) \(changed)\n"
            }
            self.newest = newest
            digest = try Checksum.sha256(of: text)
        }

        func isSettled(_ time: Int64) -> Bool { newest < moment - time }

        private static func nanoseconds(_ time: timespec) -> Int64 { Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec) }
    }
}
