import Foundation

/// What a pickle of PyTorch holds, read without carrying out any of it: which class its object is of, its keys, and the tensors in it.
///
/// Values refer to one another by number, so that neither depth nor a circle costs more than its bytes. `PickleMachine` makes it.
struct PickleOutline {
    enum Value {
        case none, mark, other
        case text(String)
        case number(Int)
        case global(String)
        case tuple(Int), dict(Int), list, object(Int)
        case tensor(Tensor)
    }

    struct Tensor: Hashable {
        let shape: [Int]
        /// The zoo's name of the type, "float32"; "" if it is not known.
        let dtype: String
    }

    struct Object {
        /// "__main__.Net".
        let type: String
        var isModule = false
    }

    var tuples: [[Value]] = []
    var dicts: [[(key: String, value: Value)]] = []
    var objects: [Object] = []
    /// The number of tensors of each type, wherever they stand.
    var types: [String: Int] = [:]
    var top: Value = .none
    /// Where the pickle ended.
    var end = 0

    init() {}

    /// nil if the bytes from `start` on are no pickle.
    init?(_ contents: Data, from start: Int = 0) {
        var machine = PickleMachine(contents, from: start)
        guard machine.run() else { return nil }
        self = machine.outline
    }

    /// Arguments of `_rebuild_tensor_v2`: storage, offset, size, strides and more.
    mutating func tensor(_ arguments: [Value]) -> Tensor {
        var (shape, type): ([Int], String) = ([], "")
        if arguments.count > 2, case .tuple(let index) = arguments[2] {
            shape = tuples[index].map { if case .number(let size) = $0 { size } else { 0 } }
        }
        // ('storage', FloatStorage, key, place, length)
        if let storage = arguments.first, case .tuple(let index) = storage, tuples[index].count > 1,
            case .global(let name) = tuples[index][1]
        {
            type = Self.dtype(ofStorage: name)
        }
        types[type, default: 0] += 1
        return Tensor(shape: shape, dtype: type)
    }

    private static func dtype(ofStorage name: String) -> String {
        let known = [
            "Float": "float32", "Double": "float64", "Half": "float16", "BFloat16": "bfloat16", "Long": "int64", "Int": "int32",
            "Short": "int16", "Char": "int8", "Byte": "uint8", "Bool": "bool",
        ]
        guard let last = name.split(separator: ".").last, last.hasSuffix("Storage") else { return "" }
        return known[String(last.dropLast("Storage".count))] ?? String(last)
    }
}
