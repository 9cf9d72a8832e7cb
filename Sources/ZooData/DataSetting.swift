package import ZooCore

/// What a setting of a data set is called: in a manifest's JSON, and as a field of a name.
package struct SettingName: Sendable {
    /// The field of a canonical name, "skip-bad".
    let field: String
    /// The key in JSON, "skip_bad".
    let json: String
    /// Other spellings of the field that a name may have.
    let otherFields: [String]

    init(_ field: String, json: String? = nil, or otherFields: [String] = []) {
        self.field = field
        self.json = json ?? field.replacing("-", with: "_")
        self.otherFields = otherFields
    }
}

/// The settings of a source, a protocol or a split, either from an object in a manifest or from the fields of a name. Both are read by
/// the same code, so that both have the same limits.
package struct DataSettings {
    /// The id of the data set, or its name as it was typed.
    let owner: String
    /// The folder that relative paths in JSON start from.
    let folder: String
    /// The object in the manifest; nil for the fields of a name.
    private let place: JSONPlace?
    /// The value by `SettingName.field`.
    private let values: [String: DataSetting]

    /// - Parameters:
    ///   - place: an object.
    ///   - others: keys of the object that are not settings.
    /// - Throws: `config` naming the JSON path, if a key is not known.
    init(_ place: JSONPlace, of owner: String, folder: String, known: [SettingName], others: [String] = []) throws {
        let object = try place.object(others + known.map(\.json))
        self.owner = owner
        self.folder = folder
        self.place = place
        values = Dictionary(
            uniqueKeysWithValues: known.compactMap { name in object[name.json].map { (name.field, DataSetting.json($0)) } })
    }

    /// - Parameter fields: those of a name that are settings of this kind; the others are left alone.
    /// - Throws: `usage` if a field is given in two spellings.
    init(_ name: String, _ fields: [DataSetName.Field], known: [SettingName]) throws {
        owner = name
        folder = ""
        place = nil
        var values: [String: DataSetting] = [:]
        for field in fields {
            guard let setting = known.first(where: { $0.field == field.name || $0.otherFields.contains(field.name) }) else { continue }
            guard values[setting.field] == nil else {
                throw HostError(
                    .usage, file: name, field: field.name, expected: "one value", found: "two, one of them as '\(setting.field)'")
            }
            values[setting.field] = .field(DataSetField(file: name, name: field.name, value: field.value))
        }
        self.values = values
    }

    var isEmpty: Bool { values.isEmpty }

    /// What is wrong with the settings as a whole: one that is missing, for example.
    func wrong(_ expected: String, found: String) -> HostError {
        place?.error("expected \(expected), found \(found)")
            ?? HostError(.usage, file: owner, field: "options", expected: expected, found: found)
    }

    subscript(_ field: String) -> DataSetting? { values[field] }
}

/// One setting of a data set: a value in a manifest, or in a field of a name.
package enum DataSetting {
    case json(JSONPlace)
    case field(DataSetField)

    /// The setting, with what should have been there.
    func wrong(_ expected: String) -> HostError {
        switch self {
        case .json(let place): place.error("expected \(expected), found \(place.value.kind)")
        case .field(let field): field.wrong(expected)
        }
    }

    func number(_ range: ClosedRange<Double>) throws -> Double {
        switch self {
        case .json(let place):
            let number = try place.double(in: range)
            // Not "-0.0", which would be another name for the same.
            return number == 0 ? 0 : number
        case .field(let field): return try field.number(range)
        }
    }

    /// - Parameter unit: what is counted, for the error.
    func integer(_ range: ClosedRange<Int>, _ unit: String) throws -> Int {
        switch self {
        case .json(let place): try place.int(in: range)
        case .field(let field): try field.integer(range, unit)
        }
    }

    func flag() throws -> Bool {
        switch self {
        case .json(let place): try place.bool()
        case .field(let field): try field.flag()
        }
    }

    func choice<T: RawRepresentable & CaseIterable>(_ type: T.Type) throws -> T where T.RawValue == String {
        switch self {
        case .json(let place): try place.choice(type)
        case .field(let field): try field.choice(type)
        }
    }

    func text() throws -> String {
        switch self {
        case .json(let place): try place.string()
        case .field(let field): field.value
        }
    }

    /// Two numbers, the smaller first: `[-1, 2]` in JSON, `-1..2` in a name.
    func interval(_ range: ClosedRange<Double>) throws -> ClosedRange<Double> {
        let bounds: [Double]
        switch self {
        case .json(let place): bounds = try place.array().map { try DataSetting.json($0).number(range) }
        case .field(let field):
            bounds = try field.value.split(separator: "..", omittingEmptySubsequences: false).map { piece in
                try DataSetField(file: field.file, name: field.name, value: String(piece)).number(range)
            }
        }
        guard bounds.count == 2, bounds[0] <= bounds[1] else { throw wrong("two numbers, the smaller first, \(example)") }
        return bounds[0]...bounds[1]
    }

    /// Two whole numbers, the smaller first.
    func wholeInterval(_ range: ClosedRange<Int>, _ unit: String) throws -> ClosedRange<Int> {
        let bounds: [Int]
        switch self {
        case .json(let place): bounds = try place.array().map { try $0.int(in: range) }
        case .field(let field):
            bounds = try field.value.split(separator: "..", omittingEmptySubsequences: false).map { piece in
                try DataSetField(file: field.file, name: field.name, value: String(piece)).integer(range, unit)
            }
        }
        guard bounds.count == 2, bounds[0] <= bounds[1] else { throw wrong("two whole numbers, the smaller first, \(example)") }
        return bounds[0]...bounds[1]
    }

    private var example: String { if case .json = self { "as [2, 18]" } else { "as 2..18" } }

    /// One number, or one for every channel: `0.5` or `[0.4, 0.5, 0.6]` in JSON, `0.4,0.5,0.6` in a name.
    func numbers(_ range: ClosedRange<Double>) throws -> [Double] {
        switch self {
        case .json(let place):
            guard case .array = place.value else { return [try number(range)] }
            let list = try place.array().map { try DataSetting.json($0).number(range) }
            guard !list.isEmpty else { throw place.error("expected a number for every channel, found an empty list") }
            return list
        case .field(let field):
            return try field.value.split(separator: ",", omittingEmptySubsequences: false).map { piece in
                try DataSetField(file: field.file, name: field.name, value: String(piece)).number(range)
            }
        }
    }

    /// A list of strings, which JSON alone can hold.
    func texts() throws -> [String] {
        guard case .json(let place) = self else { throw wrong("a manifest: a name cannot hold a list of texts") }
        let list = try place.array().map { try $0.string() }
        guard !list.isEmpty else { throw place.error("expected one text or more, found an empty list") }
        return list
    }

    /// Strings by key, which JSON alone can hold.
    func members() throws -> [String: JSONPlace] {
        guard case .json(let place) = self else { throw wrong("a manifest: a name cannot hold an object") }
        return try place.members().reduce(into: [:]) { $0[$1.key] = place.child($1.key, $1.value) }
    }
}
