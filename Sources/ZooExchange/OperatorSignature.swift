import Foundation

/// An operator's schema as the engine spells it, `aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, …) -> Tensor`.
struct Signature {
    /// `aten::sum.dim_IntList`.
    let name: String
    let parameters: [String]
    /// N of parameters that are lists `int[N]`, by their place: a single number stands for N of them.
    let repeats: [Int: Int]
    /// How many may be given without their names.
    let positional: Int

    init(_ schema: String) {
        let open = schema.firstIndex(of: "(") ?? schema.endIndex
        name = String(schema[..<open])
        var parameters: [String] = []
        var repeats: [Int: Int] = [:]
        var positional: Int?
        var depth = 0
        var piece = ""
        func take(_ text: String) {
            let text = text.trimmingCharacters(in: .whitespaces)
            if text == "*" {
                positional = parameters.count
            } else if !text.isEmpty {
                let declaration = text.split(separator: "=", maxSplits: 1).first ?? ""
                if let type = declaration.split(separator: " ").first, let count = type.firstMatch(of: /nt\[(\d+)\]/).flatMap({ Int($0.1) })
                {
                    repeats[parameters.count] = count
                }
                parameters.append(String(declaration.split(separator: " ").last ?? ""))
            }
        }
        scan: for letter in schema[open...].dropFirst() {
            switch letter {
            case "(", "[": depth += 1
            case ")" where depth == 0: break scan
            case ")", "]": depth -= 1
            case "," where depth == 0:
                take(piece)
                piece = ""
                continue
            default: break
            }
            piece.append(letter)
        }
        take(piece)
        self.parameters = parameters
        self.repeats = repeats
        self.positional = positional ?? parameters.count
    }

    /// The statement that calls it in Python: PyTorch's own operator, or the function of the module that computes the same.
    ///
    /// Where a size follows the number of images, the tensor's own method is called: of these torch.jit.trace sees the size, of operators
    /// only the number that it happened to be.
    func call(_ arguments: [String], followsBatch: Bool) -> String {
        let plain = "\(python)(\(arguments.joined(separator: ", ")))"
        guard followsBatch, name.hasPrefix("aten::"), let operation = name.dropFirst("aten::".count).split(separator: ".").first else {
            return plain
        }
        guard parameters.first == "self" else { return "torch.\(operation)(\(arguments.joined(separator: ", ")))" }
        if operation == "slice" {
            // There is no such method: it is what indexing calls.
            guard arguments.count > 3, let dimension = Int(arguments[1]), dimension >= 0 else { return plain }
            let whole = String(repeating: ":, ", count: dimension)
            return "\(arguments[0])[\(whole)\(arguments[2]):\(arguments[3]):\(arguments.count > 4 ? arguments[4] : "1")]"
        }
        return "\(arguments[0]).\(operation)(\(arguments.dropFirst().joined(separator: ", ")))"
    }

    private var python: String {
        let pieces = name.components(separatedBy: "::")
        let operation = (pieces.last ?? "").split(separator: ".", maxSplits: 1)
        guard let base = operation.first else { return name }
        if pieces.first == "zoo" { return "zoo_\(base)" }
        return "torch.ops.\(pieces.first ?? "aten").\(base).\(operation.count > 1 ? String(operation[1]) : "default")"
    }
}
