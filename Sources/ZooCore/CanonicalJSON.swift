public import Foundation

/// JSON of which there is one text for one value: sorted keys, no blanks. Names of jobs and runs are hashes of it.
public enum CanonicalJSON {
    public static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }
}
