public import CZooPlugin

/// A value that an operator takes.
///
/// Lists and strings are copied into scratch memory on the stack, so that encoding needs no nesting of closures.
public protocol Argument {
    /// How much scratch memory `encode` uses, in 8-byte words.
    var scratch: Int { get }
    /// Writes the value in the form of the contract.
    ///
    /// - Parameters:
    ///   - value: What the engine reads; it comes in as None.
    ///   - scratch: Free memory of at least `self.scratch` words; the call moves the pointer behind what it has used.
    func encode(_ value: inout zoo_value, _ scratch: inout UnsafeMutablePointer<Int64>)
}
extension Argument { public var scratch: Int { 0 } }

extension Tensor: Argument {
    public func encode(_ value: inout zoo_value, _: inout UnsafeMutablePointer<Int64>) {
        value.tag = ZOO_TENSOR
        value.as.tensor = handle.pointer
    }
}
extension Int: Argument {
    public func encode(_ value: inout zoo_value, _: inout UnsafeMutablePointer<Int64>) {
        value.tag = ZOO_INT
        value.as.i = Int64(self)
    }
}
extension Double: Argument {
    public func encode(_ value: inout zoo_value, _: inout UnsafeMutablePointer<Int64>) {
        value.tag = ZOO_DOUBLE
        value.as.d = self
    }
}
extension Bool: Argument {
    public func encode(_ value: inout zoo_value, _: inout UnsafeMutablePointer<Int64>) {
        value.tag = ZOO_BOOL
        value.as.i = self ? 1 : 0
    }
}
extension DType: Argument {
    public func encode(_ value: inout zoo_value, _: inout UnsafeMutablePointer<Int64>) {
        value.tag = ZOO_SCALAR_TYPE
        value.as.i = Int64(rawValue)
    }
}
extension MemoryFormat: Argument {
    public func encode(_ value: inout zoo_value, _: inout UnsafeMutablePointer<Int64>) {
        value.tag = ZOO_MEMORY_FORMAT
        value.as.i = Int64(rawValue)
    }
}
extension Device: Argument {
    public func encode(_ value: inout zoo_value, _: inout UnsafeMutablePointer<Int64>) {
        value.tag = ZOO_DEVICE
        switch self {
        case .cpu:
            value.count = ZOO_CPU.rawValue
            value.as.i = -1
        case .cuda(let index):
            value.count = ZOO_CUDA.rawValue
            value.as.i = Int64(index)
        }
    }
}
extension String: Argument {
    public var scratch: Int { utf8.count / 8 + 1 }
    public func encode(_ value: inout zoo_value, _ scratch: inout UnsafeMutablePointer<Int64>) {
        let bytes = UnsafeMutableRawPointer(scratch)
        var count = 0
        for byte in utf8 {
            bytes.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
            count += 1
        }
        value.tag = ZOO_STRING
        value.count = UInt32(count)
        value.as.string = UnsafePointer(bytes.assumingMemoryBound(to: CChar.self))
        scratch += self.scratch
    }
}
/// nil is Python's None, or an undefined tensor.
extension Optional: Argument where Wrapped: Argument {
    public var scratch: Int { self?.scratch ?? 0 }
    public func encode(_ value: inout zoo_value, _ scratch: inout UnsafeMutablePointer<Int64>) {
        self?.encode(&value, &scratch)
    }
}

/// An element of a list that an operator takes.
public protocol ListElement {
    /// The contract's tag of a list of such elements.
    static var listTag: zoo_tag { get }
    /// The element's bits, as they lie in the list.
    var word: Int64 { get }
}
extension Int: ListElement {
    public static var listTag: zoo_tag { ZOO_INTS }
    public var word: Int64 { Int64(self) }
}
extension Double: ListElement {
    public static var listTag: zoo_tag { ZOO_DOUBLES }
    public var word: Int64 { Int64(bitPattern: bitPattern) }
}
extension Tensor: ListElement {
    public static var listTag: zoo_tag { ZOO_TENSORS }
    public var word: Int64 { Int64(Int(bitPattern: handle.pointer)) }
}
extension Array: Argument where Element: ListElement {
    public var scratch: Int { count }
    public func encode(_ value: inout zoo_value, _ scratch: inout UnsafeMutablePointer<Int64>) {
        value.tag = Element.listTag
        value.count = UInt32(count)
        value.as.object = UnsafeMutableRawPointer(scratch)
        for element in self {
            scratch.pointee = element.word
            scratch += 1
        }
    }
}

/// Stands for the default of an operator's schema where other arguments follow; trailing defaults are left out.
public struct DefaultArgument: Argument, Sendable {
    /// Makes the placeholder.
    public init() {}
    public func encode(_ value: inout zoo_value, _: inout UnsafeMutablePointer<Int64>) { value.tag = ZOO_DEFAULT }
}
