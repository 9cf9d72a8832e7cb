import Glibc
import ZooCore

/// The way from the root to a file, a step at a time.
struct TrustedWalk: ~Copyable {
    private let trust: Trust
    /// The file asked for.
    private let path: String
    /// Steps that are left, the next one last.
    private var waiting: [String] = []
    /// Where it stands, and what that is called.
    private var place: Int32 = -1
    private var name = ""
    private var links = 0

    init(to path: String, trust: Trust) throws(HostError) {
        self.trust = trust
        self.path = path
        try begin(path)
    }

    deinit { if place >= 0 { close(place) } }

    /// Begins again at the root or, as it is not asked who may write there, at the directory of the program.
    private mutating func begin(_ target: String) throws(HostError) {
        let own = Program.directory + "/"
        let isBeside = target.hasPrefix(own)
        name = isBeside ? Program.directory : "/"
        waiting = (isBeside ? String(target.dropFirst(own.count)) : target).split(separator: "/").reversed().map(String.init)
        try step(to: Glibc.open(name, RegularFile.asPlace | O_DIRECTORY | O_CLOEXEC), name)
        if !isBeside { try trust.check(directory: status(of: place, name), name, about: path) }
    }

    private mutating func step(to next: Int32, _ name: String) throws(HostError) {
        guard next >= 0 else { throw HostError(.noInput, "\(path): \(name): \(FileBytes.reason(errno))") }
        if place >= 0 { close(place) }
        place = next
        self.name = name
    }

    private func status(of descriptor: Int32, _ name: String) throws(HostError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw HostError(.io, "\(path): \(name): \(FileBytes.reason(errno))") }
        return status
    }

    /// Goes to the end.
    mutating func open() throws(HostError) -> RegularFile {
        while let step = waiting.popLast() {
            if step == "." { continue }
            let besideProgram = name == Program.directory
            // No component of `name` is a link, so the last one is what '..' takes away.
            let parent = String(name[..<(name.lastIndex(of: "/") ?? name.startIndex)])
            let next = step == ".." ? (parent.isEmpty ? "/" : parent) : name.hasSuffix("/") ? name + step : name + "/" + step
            let descriptor = openat(place, step, RegularFile.asPlace | O_NOFOLLOW | O_CLOEXEC)
            guard descriptor >= 0 else { throw HostError(.noInput, "\(path): \(FileBytes.reason(errno))") }
            let status: stat
            do throws(HostError) { status = try self.status(of: descriptor, next) } catch {
                close(descriptor)
                throw error
            }
            switch status.st_mode & S_IFMT {
            case S_IFLNK:
                defer { close(descriptor) }
                try trust.check(entry: status, next, besideProgram: besideProgram, about: path)
                try follow(descriptor, next)
            case S_IFDIR:
                try self.step(to: descriptor, next)
                try trust.check(directory: status, next, about: path)
            default:
                defer { close(descriptor) }
                guard waiting.isEmpty else { throw HostError(.noInput, "\(path): \(next): not a directory") }
                try trust.check(entry: status, next, besideProgram: besideProgram, about: path)
                return try RegularFile(place: descriptor, called: path)
            }
        }
        throw HostError(.noInput, "\(path): is a directory, expected a file")
    }

    /// Goes on where a symbolic link leads.
    private mutating func follow(_ link: Int32, _ name: String) throws(HostError) {
        links += 1
        guard links <= 40 else { throw HostError(.noInput, "\(path): \(FileBytes.reason(ELOOP))") }
        var text = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlinkat(link, "", &text, Int(PATH_MAX))
        guard count > 0 else { throw HostError(.io, "\(path): \(name): \(FileBytes.reason(errno))") }
        let target = String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let rest = waiting
        if target.hasPrefix("/") {
            try begin(target)
            waiting = rest + waiting
        } else {
            waiting = rest + target.split(separator: "/").reversed().map(String.init)
        }
    }
}
