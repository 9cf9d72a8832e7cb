import ZooHost
import ZooKit
import ZooManifest

/// Python as text.
enum PythonText {
    /// A string literal, whatever the text.
    static func quoted(_ text: String) -> String { "\"" + escaped(text) + "\"" }

    /// What stands for a text between double quotes, one or three: no backslash, quote or control character is left as it is.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case _ where scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format:
                let digits = String(scalar.value, radix: 16)
                result += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
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
        // What computes in float32 computes in whatever type the module is converted to.
        case .dtype(.float32): return "x.dtype"
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

    static func module(_ network: Network, _ preparation: Preparation, body: [String], parameters: [String], buffers: [String]) -> String {
        let (entry, input) = (network.entry, network.input)
        func list(_ names: [String]) -> String { names.map { "    \(quoted($0)),\n" }.joined() }
        return """
            \"\"\"\(escaped(entry.id)): \(escaped(entry.summary))

            Written by `zoo export`. The evaluation of the network as the STN Zoo runs it, operator by operator, for images of
            \(input.channels)×\(input.height)×\(input.width) and \(network.classes) classes. Needs PyTorch, and the weights beside it:

                from \(PythonNames.module(entry.id)) import Model, prepare
                logits = Model()(prepare(pixels))  # N×\(input.channels)×\(input.height)×\(input.width) to N×\(network.classes)

            `pixels` are bytes of 0 to 255, or numbers of 0 to 1; \(input.channels == 3 ? "red, green and blue; " : "")rows from top to bottom.
            \(escaped(preparation.sentence))
            \"\"\"
            import json
            import pathlib
            import struct

            import torch

            # One number for each channel, or one for all, on the scale where 255 is 1.
            MEAN = \(preparation.means)
            STD = \(preparation.stds)
            PARAMETERS = [
            \(list(parameters))]
            BUFFERS = [
            \(list(buffers))]
            \(PythonLibrary.source)

            class Model(torch.nn.Module):
                \"\"\"Images as `prepare` gives them to logits. It can be converted to another type, moved, traced and exported.\"\"\"

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
}
