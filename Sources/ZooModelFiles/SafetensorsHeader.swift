/// The JSON header of a safetensors file, each tensor checked by itself; how they lie side by side is the file's concern.
struct SafetensorsHeader {
    private(set) var metadata: [String: String] = [:]
    private(set) var entries: [SafetensorsFile.Entry] = []

    /// What is wrong, as the end of a sentence about the file.
    struct Flaw: Error {
        let reason: String
    }

    init(_ bytes: [UInt8]) throws(Flaw) {
        let root = try HeaderJSON.parse(bytes)
        guard case .object(let members) = root else { throw Flaw(reason: "its header is \(root.kind), expected an object") }
        for (name, value) in members {
            if name == "__metadata__" {
                metadata = try Self.texts(value)
            } else {
                entries.append(try Self.entry(name, value))
            }
        }
    }

    private static func texts(_ value: HeaderJSON) throws(Flaw) -> [String: String] {
        guard case .object(let members) = value else {
            throw Flaw(reason: "'__metadata__' is \(value.kind), expected an object of strings")
        }
        var texts: [String: String] = [:]
        for (key, value) in members {
            guard case .string(let text) = value else {
                throw Flaw(reason: "'__metadata__' '\(key)' is \(value.kind), expected a string")
            }
            texts[key] = text
        }
        return texts
    }

    private static func entry(_ name: String, _ value: HeaderJSON) throws(Flaw) -> SafetensorsFile.Entry {
        func wrong(_ reason: String) -> Flaw { Flaw(reason: "tensor '\(name)': \(reason)") }
        guard case .object(let members) = value else { throw wrong("it is \(value.kind), expected an object") }
        func member(_ key: String) throws(Flaw) -> HeaderJSON {
            guard let value = members.first(where: { $0.key == key })?.value else { throw wrong("'\(key)' is missing") }
            return value
        }
        func naturals(_ key: String, _ expected: String) throws(Flaw) -> [Int] {
            let value = try member(key)
            guard case .array(let items) = value else { throw wrong("'\(key)' is \(value.kind), expected \(expected)") }
            var numbers: [Int] = []
            for item in items {
                guard case .natural(let number) = item, let number = Int(exactly: number) else {
                    throw wrong("'\(key)' holds \(item.kind), expected \(expected)")
                }
                numbers.append(number)
            }
            return numbers
        }

        let dtypeValue = try member("dtype")
        guard case .string(let dtypeName) = dtypeValue else { throw wrong("'dtype' is \(dtypeValue.kind), expected a string") }
        guard let dtype = SafetensorsDType(rawValue: dtypeName) else {
            throw wrong(
                "unknown dtype '\(dtypeName)', expected one of \(SafetensorsDType.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let shape = try naturals("shape", "a list of whole numbers from 0 to 2⁶³ − 1")
        let offsets = try naturals("data_offsets", "two whole numbers, begin and end")
        guard offsets.count == 2 else { throw wrong("'data_offsets' has \(offsets.count) numbers, expected two, begin and end") }
        guard offsets[0] <= offsets[1] else { throw wrong("it ends at byte \(offsets[1]), before it begins at \(offsets[0])") }
        guard let size = dtype.byteCount(of: shape) else {
            throw wrong("\(dtypeName) of shape \(shape) takes no whole number of bytes that a file could have")
        }
        guard size == offsets[1] - offsets[0] else {
            throw wrong("\(dtypeName) of shape \(shape) takes \(size) bytes, but 'data_offsets' span \(offsets[1] - offsets[0])")
        }
        return SafetensorsFile.Entry(name: name, dtype: dtype, shape: shape, byteRange: offsets[0]..<offsets[1])
    }
}
