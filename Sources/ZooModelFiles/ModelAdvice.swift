import Foundation
public import ZooCore

extension ModelFile {
    /// Python that loads what this file holds; nil if nothing here can be loaded as weights.
    private func loading(_ path: String) -> String? {
        let file = Self.python(path)
        let safe = "torch.load(\(file), map_location=\"cpu\")"
        switch kind {
        case .stateDict: return safe
        // What else a checkpoint holds may be anything: torch.load asks for a word of trust.
        case .checkpoint(let keys, let isModule):
            let trusting = "torch.load(\(file), map_location=\"cpu\", weights_only=False)"
            return trusting + keys.map { "[\(Self.python($0))]" }.joined() + (isModule ? ".state_dict()" : "")
        case .pickledModule: return "torch.load(\(file), map_location=\"cpu\", weights_only=False).state_dict()"
        case .torchScript: return "torch.jit.load(\(file), map_location=\"cpu\").state_dict()"
        default: return nil
        }
    }

    /// One line of Python that makes a file of weights (safetensors) from this one; nil if there is none.
    func toSafetensors(_ path: String) -> String? {
        guard let loading = loading(path) else { return nil }
        let name = prefix.isEmpty ? "k" : "k.removeprefix(\(Self.python(prefix)))"
        return "import torch, safetensors.torch; d = \(loading); safetensors.torch.save_file("
            + "{\(name): v.clone().contiguous() for k, v in d.items() if torch.is_tensor(v)}, "
            + "\(Self.python(Self.sibling(path, ".safetensors"))))"
    }

    /// One line of Python that makes a model which `zoo import` takes; nil if there is none.
    private func toModel(_ path: String) -> String? {
        let file = Self.python(path)
        let target = Self.python(Self.sibling(path, "-script.pt"))
        switch kind {
        case .stateDict, .checkpoint(_, isModule: false):
            guard let loading = loading(path) else { return nil }
            let stripped = "{k.removeprefix(\(Self.python(prefix))): v for k, v in \(loading).items()}"
            let state = prefix.isEmpty ? loading : stripped
            return "import torch; net.load_state_dict(\(state)); torch.jit.save(torch.jit.script(net.eval()), \(target))"
        case .pickledModule, .checkpoint(_, isModule: true):
            var keys: [String] = []
            if case .checkpoint(let found, _) = kind { keys = found }
            let net = "torch.load(\(file), map_location=\"cpu\", weights_only=False)" + keys.map { "[\(Self.python($0))]" }.joined()
            return "import torch; net = \(net); torch.jit.save(torch.jit.script(net.eval()), \(target))"
        case .exportedProgram:
            return
                "import torch; torch._inductor.aoti_compile_and_package(torch.export.load(\(file)), package_path=\(Self.python(Self.sibling(path, "-compiled.pt2"))))"
        default: return nil
        }
    }

    /// Why this is no network that can be imported, and what to do.
    ///
    /// - Parameter path: the path of the file.
    public func refusal(asModel path: String) -> HostError {
        var found = description
        if kind == .safetensors {
            found += "; this takes it: \(SuggestedCommand.importWeights(path))"
        }
        if let line = toModel(path) {
            let lead =
                switch kind {
                case .stateDict, .checkpoint(_, isModule: false): "with its network as net, in Python"
                case .pickledModule, .checkpoint: "in Python, if you trust the file and its class can be imported"
                default: "exported with dynamic_shapes for any number of images, in Python"
                }
            found += "; \(lead): \(line)"
            if kind == .stateDict || isCheckpoint, let weights = toSafetensors(path) {
                found += "; or, as weights of an entry of the zoo, in Python: \(weights)"
            }
        }
        return HostError(
            .data, file: path, field: "contents",
            expected: "a TorchScript module, as torch.jit.save writes it, or an AOTInductor package", found: found)
    }

    private var isCheckpoint: Bool { if case .checkpoint = kind { true } else { false } }

    /// Why this is no file of weights, and what to do; nil where all that can be said is that it is none.
    public func refusal(asWeights path: String) -> HostError? {
        guard kind != .unknown, kind != .safetensors else { return nil }
        var found = description
        if let line = toSafetensors(path) {
            found += "; in Python\(line.contains("weights_only=False") ? ", if you trust the file" : ""): \(line)"
        }
        return HostError(.data, file: path, field: "contents", expected: "weights as safetensors", found: found)
    }

    /// A file beside another, named after it.
    private static func sibling(_ path: String, _ ending: String) -> String { (path as NSString).deletingPathExtension + ending }

    /// A text as Python writes it.
    private static func python(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                result += "\\x" + String(repeating: "0", count: 2 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
