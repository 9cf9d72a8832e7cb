import Foundation
import ZooHost
import ZooKit

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

    /// What calls it in Python: PyTorch's own operator, or the function below that computes the same.
    var python: String {
        let pieces = name.components(separatedBy: "::")
        let operation = (pieces.last ?? "").split(separator: ".", maxSplits: 1)
        guard let base = operation.first else { return name }
        if pieces.first == "zoo" { return "zoo_\(base)" }
        return "torch.ops.\(pieces.first ?? "aten").\(base).\(operation.count > 1 ? String(operation[1]) : "default")"
    }
}

/// Python as text.
enum PythonText {
    static func quoted(_ text: String) -> String {
        "\""
            + text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
            .replacingOccurrences(of: "\n", with: "\\n") + "\""
    }

    static func literal(_ value: OperatorTape.Value) -> String {
        switch value {
        case .bool(let on): return on ? "True" : "False"
        case .int(let number): return "\(number)"
        case .double(let number): return literal(number)
        case .string(let text): return quoted(text)
        case .ints(let list): return "\(list)"
        case .doubles(let list): return "[\(list.map(literal).joined(separator: ", "))]"
        case .bools(let list): return "[\(list.map { $0 ? "True" : "False" }.joined(separator: ", "))]"
        case .dtype(let dtype): return "torch.\(dtype)"
        case .memoryFormat(let format):
            switch format {
            case .contiguous: return "torch.contiguous_format"
            case .preserve: return "torch.preserve_format"
            case .channelsLast: return "torch.channels_last"
            }
        case .layout: return "torch.strided"
        default: return "None"
        }
    }

    private static func literal(_ number: Double) -> String {
        number.isFinite ? "\(number)" : "float(\"\(number.isNaN ? "nan" : number < 0 ? "-inf" : "inf")\")"
    }

    static func module(entry: Entry, input: ImageShape, classes: Int, body: [String], parameters: [String], buffers: [String]) -> String {
        func list(_ names: [String]) -> String { names.map { "    \(quoted($0)),\n" }.joined() }
        return """
            \"\"\"\(entry.id): \(entry.summary.replacingOccurrences(of: "\"\"\"", with: "'''"))

            Written by `zoo export`. The evaluation of the network as the STN Zoo runs it, operator by operator, for images of
            \(input.channels)×\(input.height)×\(input.width) and \(classes) classes. Needs PyTorch, and the weights beside it:

                from \(moduleName(entry.id)) import Model
                logits = Model()(images)  # N×\(input.channels)×\(input.height)×\(input.width)
            \"\"\"
            import json
            import pathlib
            import struct

            import torch

            PARAMETERS = [
            \(list(parameters))]
            BUFFERS = [
            \(list(buffers))]
            \(library)

            class Model(torch.nn.Module):
                def __init__(self, weights=pathlib.Path(__file__).with_suffix(".safetensors")):
                    super().__init__()
                    tensors = read_safetensors(weights)
                    for name in PARAMETERS:
                        place(self, name).register_parameter(name.rsplit(".", 1)[-1], torch.nn.Parameter(tensors[name]))
                    for name in BUFFERS:
                        place(self, name).register_buffer(name.rsplit(".", 1)[-1], tensors[name])

                def forward(self, x):
                    w = {**dict(self.named_parameters(remove_duplicate=False)), **dict(self.named_buffers(remove_duplicate=False))}
                    n = x.shape[0]
            \(body.map { "        \($0)" }.joined(separator: "\n"))

            """
    }

    private static func moduleName(_ id: String) -> String { String(id.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }) }

    /// Reading the weights, and the zoo's own operators in terms of PyTorch's.
    private static let library = """

        def read_safetensors(path):
            \"\"\"https://github.com/huggingface/safetensors: a length, a JSON header, the bytes.\"\"\"
            types = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
                     "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool}
            data = pathlib.Path(path).read_bytes()
            (length,) = struct.unpack("<Q", data[:8])
            result = {}
            for name, entry in json.loads(data[8:8 + length]).items():
                if name == "__metadata__":
                    continue
                begin, end = (8 + length + offset for offset in entry["data_offsets"])
                flat = torch.frombuffer(bytearray(data[begin:end]), dtype=types[entry["dtype"]]) if end > begin else torch.empty(0)
                result[name] = flat.reshape(entry["shape"]).clone()
            return result


        def place(module, name):
            \"\"\"The submodule that holds `name`, made if it is not there: state_dict() then has the zoo's names.\"\"\"
            for piece in name.split(".")[:-1]:
                if piece not in module._modules:
                    module.add_module(piece, torch.nn.Module())
                module = module._modules[piece]
            return module


        def zoo_warp(images, theta, size, padding):
            \"\"\"Bilinear sampling at the places that theta (N×2×3, or N×3×3 for a homography) names; align_corners = False.\"\"\"
            n, (height, width) = theta.shape[0], size
            if theta.shape[1] == 2:
                grid = torch.nn.functional.affine_grid(theta, [n, images.shape[1], height, width], align_corners=False)
            else:
                ys = (torch.arange(height, dtype=theta.dtype, device=theta.device) * 2 + 1) / height - 1
                xs = (torch.arange(width, dtype=theta.dtype, device=theta.device) * 2 + 1) / width - 1
                y, x = torch.meshgrid(ys, xs, indexing="ij")
                places = torch.stack([x, y, torch.ones_like(x)], 2).reshape(1, -1, 3) @ theta.transpose(1, 2)
                grid = (places[..., :2] / places[..., 2:]).reshape(n, height, width, 2)
            return torch.nn.functional.grid_sample(images, grid, mode="bilinear", padding_mode=padding, align_corners=False)


        def zoo_sample(images, grid, padding):
            \"\"\"Bilinear sampling at the places of `grid`, N×height×width×2, x before y; align_corners = False.\"\"\"
            return torch.nn.functional.grid_sample(images, grid, mode="bilinear", padding_mode=padding, align_corners=False)


        def pool_act(x, pool, slope):
            \"\"\"Maximum over pool×pool windows, leaky ReLU of that slope (1: none).\"\"\"
            if pool > 1:
                x = torch.nn.functional.max_pool2d(x, pool)
            return x if slope == 1 else torch.nn.functional.leaky_relu(x, slope)


        def zoo_conv_pool_act(x, weight, bias, stride, padding, pool, slope):
            return pool_act(torch.nn.functional.conv2d(x, weight, bias, stride, padding), pool, slope)


        def zoo_fold_norm(kernels, factors):
            \"\"\"A batch norm's factors, one for each output, taken into a convolution's kernels.\"\"\"
            return kernels * factors.reshape(-1, 1, 1, 1)


        def zoo_norm_pool_act(x, weight, bias, mean, var, training, momentum, eps, group, pool, slope, dropout):
            \"\"\"Batch norm in evaluation, a parameter for every `group` channels in turn, then pooling and activation.\"\"\"
            weight, bias, mean, var = (p.repeat_interleave(group) for p in (weight, bias, mean, var))
            return pool_act(torch.nn.functional.batch_norm(x, mean, var, weight, bias, False, momentum, eps), pool, slope)

        """
}
