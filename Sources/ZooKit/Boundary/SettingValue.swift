public import CZooPlugin

extension Setting {
    /// The value in the form of the contract.
    ///
    /// - Parameter keep: Copies bytes, aligned for any type, to memory that lives as long as the value is used.
    public func value(keeping keep: (UnsafeRawBufferPointer) -> UnsafeRawPointer?) -> zoo_value {
        var value = zoo_value()
        func list<T>(_ values: [T], count: Int) -> UnsafePointer<T>? {
            value.count = UInt32(count)
            return values.withUnsafeBytes(keep)?.assumingMemoryBound(to: T.self)
        }
        switch self {
        case .bool(let on):
            value.tag = ZOO_BOOL
            value.as.i = on ? 1 : 0
        case .int(let number):
            value.tag = ZOO_INT
            value.as.i = Int64(number)
        case .double(let number):
            value.tag = ZOO_DOUBLE
            value.as.d = number
        case .string(let text):
            value.tag = ZOO_STRING
            value.as.string = list(Array(text.utf8CString), count: text.utf8.count)
        case .ints(let numbers):
            value.tag = ZOO_INTS
            value.as.ints = list(numbers.map(Int64.init), count: numbers.count)
        case .doubles(let numbers):
            value.tag = ZOO_DOUBLES
            value.as.doubles = list(numbers, count: numbers.count)
        }
        return value
    }

    /// Elements of a list or bytes of a text; a value that claims more is taken for garbled.
    private static let mostElements = 1 << 20

    /// Reads a value in the form of the contract; nil if it is none that a setting can have.
    public init?(_ value: UnsafePointer<zoo_value>) {
        let value = value.pointee
        let count = Int(value.count)
        guard count <= Self.mostElements || [ZOO_BOOL, ZOO_INT, ZOO_DOUBLE].contains(value.tag) else { return nil }
        switch value.tag {
        case ZOO_BOOL: self = .bool(value.as.i != 0)
        case ZOO_INT: self = .int(Int(value.as.i))
        case ZOO_DOUBLE: self = .double(value.as.d)
        case ZOO_STRING:
            guard let text = value.as.string else { return nil }
            let bytes = UnsafeRawBufferPointer(start: text, count: count)
            self = .string(String(decoding: bytes, as: UTF8.self))
        case ZOO_INTS:
            guard count == 0 || value.as.ints != nil else { return nil }
            self = .ints(UnsafeBufferPointer(start: value.as.ints, count: count).map { Int($0) })
        case ZOO_DOUBLES:
            guard count == 0 || value.as.doubles != nil else { return nil }
            self = .doubles(Array(UnsafeBufferPointer(start: value.as.doubles, count: count)))
        default: return nil
        }
    }
}
