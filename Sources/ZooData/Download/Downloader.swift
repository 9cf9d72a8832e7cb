import Foundation
import Glibc
public import ZooCore
import ZooTransfer

/// Who is told how far a download is, and can stop it.
public protocol DownloadListener: AnyObject {
    func begin(_ label: String, total: Int?, unit: String)
    func advance(_ by: Int)
    func finish()
    /// Something that went wrong and was overcome, or that is worth knowing.
    func note(_ text: String)
    /// Whether somebody has asked to stop.
    var isStopped: Bool { get }
    /// Throws the error to end with after that.
    func stop(_ hint: String) throws
}

/// Downloads the files of published sets into a data directory.
///
///     let sets = try PublishedSets(path: "places.json")
///     try Downloader(directory: "data", listener: listener).get(sets.find("mnist"))
///
/// A file comes from the first place that has it with the published checksums. What was interrupted goes on where it stopped, also at
/// another place, since the checksums decide in the end; if they do not hold for what was put together, it is fetched anew. Nothing
/// takes a file's name before it has been checked, and no file is overwritten.
public struct Downloader {
    /// How a file came to be there.
    public struct Outcome: Sendable, Codable {
        public let file: String
        /// Where it came from; nil if it was there before.
        public let from: String?
        /// How many bytes were fetched now.
        public let fetched: Int
    }

    private let directory: String
    /// URLs that end in a slash, in place of those of the list.
    private let mirror: String?
    private let listener: any DownloadListener

    /// A connection that breaks again and again, each time after some bytes, is given up after this many rounds through the places.
    private static let mostRounds = 5

    /// - Parameters:
    ///   - directory: the data directory, which is made if it is not there.
    ///   - mirror: a URL or a folder that has the sets' folders with their files, or the files themselves; nil: the places of the list.
    /// - Throws: `usage` if the mirror is neither.
    public init(directory: String, mirror: String? = nil, listener: any DownloadListener) throws(HostError) {
        self.directory = directory
        self.mirror = try mirror.map(Self.base)
        self.listener = listener
    }

    /// The mirror as a URL that ends in a slash.
    private static func base(_ mirror: String) throws(HostError) -> String {
        func closed(_ text: String) -> String { text.hasSuffix("/") ? text : text + "/" }
        if ["http://", "https://", "file:///"].contains(where: mirror.hasPrefix) { return closed(mirror) }
        guard !mirror.contains("://"), DataFile.isDirectory(mirror) else {
            throw HostError(
                .usage,
                "\(ProgramOption.mirror) \(mirror): expected a URL that begins with http://, https:// or file:///, or a folder that is there"
            )
        }
        return closed(URL(fileURLWithPath: mirror, isDirectory: true).absoluteString)
    }

    /// Downloads what is missing of a set.
    ///
    /// - Returns: what became of each file, in the order of the list.
    /// - Throws: `cantCreate` or `io` if it cannot be written, or if a file of that name with another content is there; `unavailable` if no
    ///   place has it; `data` if those that have it have other contents; and what `listener.stop` throws.
    public func get(_ set: PublishedSet) throws -> [Outcome] {
        let folder = "\(directory)/\(set.folder)"
        do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
            throw HostError(
                .cantCreate, "\(folder): the folder cannot be made; \(ProgramOption.dataDirectory) names another data directory")
        }
        // Where nothing has come, nothing is left.
        defer { rmdir(folder) }
        return try set.files.map { file in
            if let there = try present(file, in: folder) { return Outcome(file: there, from: nil, fetched: 0) }
            return try download(file, of: set, to: "\(folder)/\(file.name)")
        }
    }

    /// The path of the file, or of what does in its place, if it is there.
    ///
    /// - Throws: `cantCreate` if something else has its name.
    private func present(_ file: PublishedFile, in folder: String) throws -> String? {
        for form in [file] + file.alternatives where DataFile.exists("\(folder)/\(form.name)") {
            let path = "\(folder)/\(form.name)"
            guard let fault = try form.fault(at: path) else { return path }
            throw HostError(
                .cantCreate, file: path, field: fault.field, expected: fault.expected,
                found: fault.found + "; it is left as it is: move it away, or name another folder with \(ProgramOption.dataDirectory)")
        }
        return nil
    }

    private func places(_ file: PublishedFile, of set: PublishedSet) -> [String] {
        let bases = mirror.map { ["\($0)\(set.folder)/", $0] } ?? set.places
        return bases.map { $0 + file.name }
    }

    /// Why no place served.
    private struct Complaints {
        private(set) var texts: [String] = []
        /// Whether every place that answered had other content, so that trying again later is of no use.
        private(set) var isContent = true

        mutating func add(_ url: String, _ reason: String, isContent: Bool) {
            let text = "\(url): \(reason)"
            if !texts.contains(text) { texts.append(text) }
            if !isContent { self.isContent = false }
        }
    }

    /// A place that has something else than the file.
    private struct WrongContent: Error { let reason: String }

    /// A server that has fewer bytes than are there already.
    private struct BeyondTheEnd: Error {}

    private func download(_ file: PublishedFile, of set: PublishedSet, to target: String) throws -> Outcome {
        let part = try PartialFile(for: target)
        defer { if part.size == 0 { part.remove() } }
        let urls = places(file, of: set)
        var complaints = Complaints()
        for _ in 0..<Self.mostRounds {
            let before = part.received
            for (index, url) in urls.enumerated() {
                do {
                    try fetch(file, from: url, into: part, label: "\(set.name) \(file.name)")
                    try part.finish()
                    return Outcome(file: target, from: url, fetched: part.received)
                } catch let failure as Transfer.Failure {
                    complaints.add(url, failure.reason, isContent: false)
                } catch let wrong as WrongContent {
                    complaints.add(url, wrong.reason, isContent: true)
                }
                if index + 1 < urls.count, let last = complaints.texts.last { listener.note("\(last); the next place is tried") }
            }
            // Another round is worth it only where something of this one is left.
            if part.received == before || part.size == 0 { break }
        }
        let reasons = complaints.texts.isEmpty ? "none is listed" : complaints.texts.joined(separator: "; ")
        throw HostError(
            complaints.isContent ? .data : .unavailable,
            "\(set.name): \(file.name): no place has it: \(reasons)" + (set.otherwise.isEmpty ? "" : "; \(set.otherwise)"))
    }

    /// Fetches what is missing from one place, and checks the whole; what does not pass is dropped.
    private func fetch(_ file: PublishedFile, from url: String, into part: PartialFile, label: String) throws {
        for _ in 0..<2 {
            let isJoined: Bool
            do { isJoined = try transfer(file, from: url, into: part, label: label) } catch is BeyondTheEnd {
                try part.clear()
                continue
            }
            guard let fault = try file.fault(at: part.path) else { return }
            try part.clear()
            guard isJoined else { throw WrongContent(reason: fault.text) }
            // Parts of two versions, or a part that was damaged: the place itself may be right.
            listener.note("\(url): \(fault.text) where it was continued, so it is fetched anew")
        }
        throw Transfer.Failure(reason: "cannot be continued, nor begun anew")
    }

    /// - Returns: whether bytes of an earlier fetch are part of what is there now.
    private func transfer(_ file: PublishedFile, from url: String, into part: PartialFile, label: String) throws -> Bool {
        if let size = file.size, part.size > size { try part.clear() }
        let offset = part.size
        if offset > 0, offset == file.size { return true }
        var isJoined = offset > 0
        defer { listener.finish() }
        let transfer = Transfer(url: url, offset: offset, ifRange: part.origin.url == url ? part.origin.validator : nil)
        let isComplete = try transfer.run(
            begin: { answer in
                try Self.check(answer, offset, file)
                if isJoined, answer.status == 200 {
                    listener.note("\(url): sends the whole file, so it begins anew")
                    isJoined = false
                }
                if !isJoined { try part.clear() }
                try part.begin(from: .init(url: url, validator: answer.validator))
                let total = file.size ?? answer.total
                listener.begin(isJoined ? "\(label) from byte \(offset)" : label, total: total.map { $0 - part.size }, unit: "bytes")
            },
            take: { bytes in
                if let size = file.size, part.size + bytes.count > size {
                    try part.clear()
                    throw WrongContent(reason: "size: expected \(size) bytes, found more")
                }
                try part.append(bytes)
                listener.advance(bytes.count)
            },
            isStopped: { listener.isStopped })
        guard isComplete else {
            let whole = file.size.map { " of \($0)" } ?? ""
            try listener.stop("\(part.size)\(whole) bytes of \(file.name) are kept in \(part.path); the same command goes on from there")
            throw Transfer.Failure(reason: "stopped")
        }
        if let size = file.size, part.size < size { throw Transfer.Failure(reason: "ended after \(part.size) of \(size) bytes") }
        return isJoined
    }

    /// - Throws: what keeps the file from coming from there.
    private static func check(_ answer: Transfer.Answer, _ offset: Int, _ file: PublishedFile) throws {
        switch answer.status {
        case 200: break
        case 206 where answer.offset == offset: break
        case 206: throw Transfer.Failure(reason: "sends bytes from \(answer.offset), was asked for those from \(offset)")
        case 416 where offset > 0: throw BeyondTheEnd()
        default: throw Transfer.Failure(reason: "HTTP status \(answer.status)")
        }
        if let size = file.size, let total = answer.total, total != size {
            throw WrongContent(reason: "size: expected \(size) bytes, found \(total)")
        }
    }
}
