public import ZooCore

/// A file that somebody publishes, and how its content is known.
public struct PublishedFile: Sendable, Hashable {
    public let name: String
    /// In bytes; nil where only the checksum is published.
    public let size: Int?
    /// One or more.
    public let sums: [Checksum.Kind: String]
    /// The same in another form, inflated for example: where that is, this file is not needed.
    public var alternatives: [PublishedFile] = []

    /// What is wrong with a file that should have this content; nil if it has it.
    ///
    /// - Throws: `noInput` if there is no such file, `io` if reading fails.
    func fault(at path: String) throws(HostError) -> Fault? {
        let found = try RegularFile(path).size
        if let size, found != size { return Fault(field: "size", expected: "\(size) bytes", found: "\(found) bytes") }
        let computed = try Checksum.sums(sums.keys, ofFile: path)
        for kind in Checksum.Kind.allCases {
            guard let expected = sums[kind], let found = computed[kind], found != expected else { continue }
            return Fault(field: kind.rawValue, expected: expected, found: found)
        }
        return nil
    }

    struct Fault {
        let field, expected, found: String
        var text: String { "\(field): expected \(expected), found \(found)" }
    }
}

extension PublishedFile {
    init(_ place: JSONPlace) throws(HostError) {
        let sumNames = Checksum.Kind.allCases.map(\.rawValue)
        let fields = try place.object(["name", "bytes", "or"] + sumNames, required: ["name"])
        name = try fields["name"]?.fileName() ?? ""
        size = try fields["bytes"]?.int(in: 0...1 << 50)
        var sums: [Checksum.Kind: String] = [:]
        for kind in Checksum.Kind.allCases {
            guard let field = fields[kind.rawValue] else { continue }
            let text = try field.string()
            guard text.utf8.count == kind.digits, text.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else {
                throw field.error("expected \(kind.digits) lower-case hexadecimal digits, found \"\(text)\"")
            }
            sums[kind] = text
        }
        guard !sums.isEmpty else { throw place.error("expected a checksum: \(sumNames.joined(separator: " or "))") }
        self.sums = sums
        if let other = fields["or"] { alternatives = [try PublishedFile(other)] }
    }
}
