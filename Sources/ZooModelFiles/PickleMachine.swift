import Foundation

/// Goes through the instructions of a pickle and keeps the outlines of its values.
///
/// Pickles are programs, which pickletools.py of Python documents. None of the calls in them is made.
struct PickleMachine {
    private typealias Value = PickleOutline.Value

    private(set) var outline = PickleOutline()
    private var stack: [Value] = []
    private var memo: [Int: Value] = [:]
    private let bytes: ByteReader
    private var position: Int

    private static let mostInstructions = 5_000_000

    init(_ contents: Data, from start: Int) {
        bytes = ByteReader(contents)
        position = start
    }

    /// Whether the bytes are a pickle, to its end.
    mutating func run() -> Bool {
        for _ in 0..<Self.mostInstructions {
            guard let code = take(1) else { return false }
            if code == UInt8(ascii: ".") {
                guard let last = stack.last else { return false }
                (outline.top, outline.end) = (last, position)
                return true
            }
            guard step(UInt8(code)) else { return false }
        }
        return false
    }

    // MARK: Reading

    private mutating func take(_ size: Int) -> Int? {
        guard let number = bytes.number(position, size) else { return nil }
        position += size
        return number
    }

    private mutating func text(_ lengthSize: Int) -> String? {
        guard let length = take(lengthSize), let text = bytes.text(position, length) else { return nil }
        position += length
        return text
    }

    private mutating func line() -> String? {
        guard let line = bytes.line(position) else { return nil }
        position += line.count + 1
        return String(decoding: line, as: UTF8.self)
    }

    private mutating func skip(_ lengthSize: Int) -> Bool {
        guard let length = take(lengthSize), bytes.slice(position, length) != nil else { return false }
        position += length
        return true
    }

    private mutating func push(_ value: Value?) -> Bool {
        guard let value else { return false }
        stack.append(value)
        return true
    }

    /// What lies above the last mark, which goes too.
    private mutating func popToMark() -> [Value]? {
        guard let mark = stack.lastIndex(where: { if case .mark = $0 { true } else { false } }) else { return nil }
        let values = Array(stack[(mark + 1)...])
        stack.removeSubrange(mark...)
        return values
    }

    private mutating func pop(_ count: Int) -> [Value]? {
        guard stack.count >= count else { return nil }
        let values = Array(stack.suffix(count))
        stack.removeLast(count)
        return values
    }

    private mutating func tuple(_ values: [Value]?) -> Bool {
        guard let values else { return false }
        outline.tuples.append(values)
        return push(.tuple(outline.tuples.count - 1))
    }

    private mutating func dict(_ values: [Value]?) -> Bool {
        guard let values else { return false }
        outline.dicts.append([])
        set(values, in: outline.dicts.count - 1)
        return push(.dict(outline.dicts.count - 1))
    }

    private mutating func set(_ values: [Value], in dict: Int) {
        for index in stride(from: 0, to: values.count - 1, by: 2) {
            let key =
                switch values[index] {
                case .text(let text): text
                case .number(let number): "\(number)"
                default: "?"
                }
            outline.dicts[dict].append((key, values[index + 1]))
        }
    }

    /// Sets items of the dict that lies on top; other things with items are not looked into.
    private mutating func setItems(_ values: [Value]?) -> Bool {
        guard let values, let last = stack.last else { return false }
        if case .dict(let index) = last { set(values, in: index) }
        return true
    }

    private mutating func remember(_ key: Int?) -> Bool {
        guard let key, let last = stack.last else { return false }
        memo[key] = last
        return true
    }

    // MARK: Instructions

    private mutating func step(_ code: UInt8) -> Bool {
        switch code {
        case 0x80: take(1) != nil
        case 0x95: take(8) != nil
        case UInt8(ascii: "("): push(.mark)
        case UInt8(ascii: "N"): push(Value.none)
        case 0x88, 0x89, 0x8f: push(.other)
        case UInt8(ascii: "}"): dict([])
        case UInt8(ascii: "]"): push(.list)
        case UInt8(ascii: ")"): tuple([])
        case UInt8(ascii: "K"): push(take(1).map { .number($0) })
        case UInt8(ascii: "M"): push(take(2).map { .number($0) })
        case UInt8(ascii: "J"): push(take(4).map { .number(Int(Int32(truncatingIfNeeded: $0))) })
        case UInt8(ascii: "I"), UInt8(ascii: "L"), UInt8(ascii: "F"): push(line().map { Int($0).map { .number($0) } ?? .other })
        case UInt8(ascii: "G"): push(bytes.slice(position, 8).map { _ in .other }) && advance(8)
        case 0x8a: long(take(1))
        case 0x8b: long(take(4))
        case UInt8(ascii: "X"), UInt8(ascii: "T"): push(text(4).map { .text($0) })
        case 0x8c, UInt8(ascii: "U"): push(text(1).map { .text($0) })
        case 0x8d: push(text(8).map { .text($0) })
        case UInt8(ascii: "V"), UInt8(ascii: "S"): push(line().map { .text($0) })
        case UInt8(ascii: "B"): skip(4) && push(.other)
        case UInt8(ascii: "C"): skip(1) && push(.other)
        case 0x8e, 0x96: skip(8) && push(.other)
        default: stepCompound(code)
        }
    }

    private mutating func advance(_ count: Int) -> Bool {
        position += count
        return true
    }

    private mutating func long(_ length: Int?) -> Bool {
        guard let length, bytes.slice(position, length) != nil else { return false }
        let value: Value = length <= 7 ? .number(bytes.number(position, length) ?? 0) : .other
        position += length
        return push(value)
    }

    private mutating func stepCompound(_ code: UInt8) -> Bool {
        switch code {
        case UInt8(ascii: "t"): tuple(popToMark())
        case 0x85, 0x86, 0x87: tuple(pop(Int(code) - 0x84))
        case UInt8(ascii: "l"), 0x91: popToMark() != nil && push(.list)
        case UInt8(ascii: "d"): dict(popToMark())
        case UInt8(ascii: "a"): pop(1) != nil
        case UInt8(ascii: "e"), 0x90: popToMark() != nil
        case UInt8(ascii: "s"): setItems(pop(2))
        case UInt8(ascii: "u"): setItems(popToMark())
        case UInt8(ascii: "c"): global(line(), line())
        case 0x93: stackGlobal()
        case UInt8(ascii: "i"): global(line(), line()) && instance(pop(1), popToMark())
        case UInt8(ascii: "o"): construct(popToMark())
        case UInt8(ascii: "R"), 0x81: reduce(pop(2))
        case 0x92: reduce(pop(3).map { Array($0.prefix(2)) })
        case UInt8(ascii: "b"): build(pop(1))
        // A storage, which lies beside the pickle: its description is what stands for it.
        case UInt8(ascii: "Q"): stack.last != nil
        case UInt8(ascii: "P"): push(line().map { .text($0) })
        case UInt8(ascii: "p"): remember(line().flatMap { Int($0) })
        case UInt8(ascii: "q"): remember(take(1))
        case UInt8(ascii: "r"): remember(take(4))
        case 0x94: remember(memo.count)
        case UInt8(ascii: "g"): push(line().flatMap { Int($0) }.flatMap { memo[$0] })
        case UInt8(ascii: "h"): push(take(1).flatMap { memo[$0] })
        case UInt8(ascii: "j"): push(take(4).flatMap { memo[$0] })
        case UInt8(ascii: "0"): pop(1) != nil
        case UInt8(ascii: "1"): popToMark() != nil
        case UInt8(ascii: "2"): push(stack.last)
        case 0x82: take(1) != nil && push(.other)
        case 0x83: take(2) != nil && push(.other)
        case 0x84: take(4) != nil && push(.other)
        case 0x97: push(.other)
        case 0x98: stack.last != nil
        default: false
        }
    }

    private mutating func global(_ module: String?, _ name: String?) -> Bool {
        guard let module, let name else { return false }
        return push(.global("\(module).\(name)"))
    }

    private mutating func stackGlobal() -> Bool {
        guard let names = pop(2) else { return false }
        guard case .text(let module) = names[0], case .text(let name) = names[1] else { return push(.other) }
        return global(module, name)
    }

    private mutating func instance(_ type: [Value]?, _ arguments: [Value]?) -> Bool {
        guard let type, arguments != nil, case .global(let name) = type[0] else { return false }
        return make(name)
    }

    private mutating func construct(_ values: [Value]?) -> Bool {
        guard let first = values?.first, case .global(let name) = first else { return false }
        return make(name)
    }

    private mutating func make(_ type: String) -> Bool {
        outline.objects.append(PickleOutline.Object(type: type))
        return push(.object(outline.objects.count - 1))
    }

    /// A call: of those that make dicts and tensors the result is known.
    private mutating func reduce(_ values: [Value]?) -> Bool {
        guard let values else { return false }
        guard case .global(let name) = values[0] else { return push(.other) }
        let arguments: [Value] = if case .tuple(let index) = values[1] { outline.tuples[index] } else { [] }
        switch name {
        case "collections.OrderedDict", "collections.defaultdict", "builtins.dict", "__builtin__.dict": return dict([])
        case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch._tensor._rebuild_from_type_v2":
            // The last gives a function, a type and arguments; only what is a tensor already is told.
            if let first = arguments.first, case .tensor = first { return push(first) }
            return push(.other)
        case "copy_reg._reconstructor", "copyreg._reconstructor":
            if let first = arguments.first, case .global(let type) = first { return make(type) }
            return push(.other)
        case _ where name.hasPrefix("torch._utils._rebuild_") && name.contains("tensor"):
            return push(.tensor(outline.tensor(arguments)))
        default: return make(name)
        }
    }

    /// Gives an object its state: that of PyTorch's modules has a dict of submodules.
    private mutating func build(_ state: [Value]?) -> Bool {
        guard let state, let last = stack.last else { return false }
        if case .object(let object) = last, case .dict(let index) = state[0],
            outline.dicts[index].prefix(64).contains(where: { $0.key == "_modules" })
        {
            outline.objects[object].isModule = true
        }
        return true
    }
}
