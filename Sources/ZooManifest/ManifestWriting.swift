public import Foundation
public import ZooCore

extension Manifest {
    /// The text of a manifest with one more entry at its end; everything that is there stays as it was written.
    ///
    /// - Parameters:
    ///   - contents: the bytes of the manifest; nil for a new one.
    ///   - entry: one JSON object.
    /// - Throws: what reading the result throws, `config` if the id is taken for example.
    public static func adding(_ entry: JSON, to contents: Data?, path: String) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(entry), as: UTF8.self)
        let indented = text.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
        let result: Data
        if let contents {
            // Read first: what follows takes it for sound JSON with a list of entries.
            _ = try Manifest(contents: contents, path: path)
            var bytes = Array(contents)
            // A manifest may hold data sets alone, or include others.
            if entriesList(bytes) == nil, var end = bytes.lastIndex(of: UInt8(ascii: "}")) {
                while end > 0, " \n\r\t".utf8.contains(bytes[end - 1]) { end -= 1 }
                bytes.insert(contentsOf: Array(",\n  \"entries\": []".utf8), at: end)
            }
            guard let list = entriesList(bytes) else { throw HostError(.config, "\(path): $.entries: expected a list") }
            let isEmpty = bytes[(list.lowerBound + 1)..<list.upperBound].allSatisfy { " \n\r\t".utf8.contains($0) }
            var last = list.upperBound
            while last > list.lowerBound + 1, " \n\r\t".utf8.contains(bytes[last - 1]) { last -= 1 }
            bytes.replaceSubrange(last..<list.upperBound, with: Array(((isEmpty ? "\n" : ",\n") + indented + "\n  ").utf8))
            result = Data(bytes)
        } else {
            result = Data("{\n  \"version\": 1,\n  \"entries\": [\n\(indented)\n  ]\n}\n".utf8)
        }
        _ = try Manifest(contents: result, path: path)
        return result
    }

    /// Where the brackets of the top-level "entries" stand in sound JSON.
    private static func entriesList(_ bytes: [UInt8]) -> ClosedRange<Int>? {
        var depth = 0
        var start: Int?
        var key = ""
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                let first = index + 1
                index = first
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") { index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1 }
                if depth == 1, index < bytes.count { key = String(decoding: bytes[first..<index], as: UTF8.self) }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                if depth == 1, key == "entries", bytes[index] == UInt8(ascii: "[") { start = index }
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 1, let start { return start...index }
            default: break
            }
            index += 1
        }
        return nil
    }
}
