public import Foundation

/// What a file with a network or with weights is, told by its contents and not by its name.
///
///     let file = ModelFile(try FileBytes.read("checkpoint.pth"))
///     file.description     // "a checkpoint that torch.save wrote, a dict of 'epoch', 'state_dict' (4 tensors)"
///
/// Nothing in the file is carried out.
public struct ModelFile: Sendable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
        /// What `torch.jit.save` writes.
        case torchScript
        /// What `torch._inductor.aoti_compile_and_package` writes.
        case compiledPackage
        /// What `torch.export.save` writes: a program that nobody has compiled.
        case exportedProgram
        /// A dict of tensors by name, as `torch.save(model.state_dict(), …)` writes it.
        case stateDict
        /// A dict that holds weights, or a whole module, among other things: under these keys from the outermost to the innermost.
        case checkpoint(keys: [String], isModule: Bool)
        /// A whole module as `torch.save(model, …)` writes it, with its class by name only.
        case pickledModule(type: String)
        case safetensors
        /// Something else, of which all that is known is what it is called.
        case other
        case unknown
    }

    public let kind: Kind
    public let description: String
    /// Element types of its tensors, "float32", as far as they are known, and how many tensors there are of each.
    public let types: [String: Int]
    /// "module." where all names of its tensors begin so, as `DataParallel` leaves them; or torch.compile's "_orig_mod.".
    let prefix: String

    public init(_ contents: Data) {
        func known(_ kind: Kind, _ description: String, types: [String: Int] = [:], prefix: String = "") -> ModelFile {
            ModelFile(kind: kind, description: description, types: types, prefix: prefix)
        }
        let bytes = ByteReader(contents)
        if let zip = ZipListing(contents) {
            self = Self.archive(zip)
        } else if bytes.holds("PK\u{3}\u{4}", at: 0) {
            self = known(.other, "a zip archive that is cut or damaged")
        } else if contents.isEmpty {
            self = known(.other, "an empty file")
        } else if let length = bytes.number(0, 8), length <= contents.count - 8, bytes.holds("{", at: 8) {
            self = known(.safetensors, "a file of weights (safetensors)")
        } else if contents.starts(with: Self.legacy) {
            self = Self.legacyFile(contents)
        } else if bytes.number(0, 1) == 0x80, let outline = PickleOutline(contents) {
            self = Self.saved(outline, by: "a pickle")
        } else if let found = Self.signatures.first(where: { bytes.holds($0.text, at: $0.place) }) {
            self = known(.other, found.meaning)
        } else if contents.starts(with: [0x89, 0x48, 0x44, 0x46]) {
            self = known(.other, "an HDF5 file, as Keras writes them")
        } else if contents.starts(with: [0x1F, 0x8B]) {
            self = known(.other, "a gzip file: unpack it first")
        } else {
            self = known(.unknown, "neither an archive of PyTorch nor anything else that is known here")
        }
    }

    private init(kind: Kind, description: String, types: [String: Int], prefix: String) {
        (self.kind, self.description, self.types, self.prefix) = (kind, description, types, prefix)
    }

    private static let signatures: [(text: String, place: Int, meaning: String)] = [
        ("version https://git-lfs", 0, "a pointer of Git LFS, not the file itself: 'git lfs pull' fetches it"),
        ("GGUF", 0, "a GGUF file, as llama.cpp reads them"), ("TFL3", 4, "a TensorFlow Lite model"), ("ustar", 257, "a tar archive"),
        ("<!DOCTYPE", 0, "a page of HTML"), ("<!doctype", 0, "a page of HTML"), ("<html", 0, "a page of HTML"),
        ("\u{93}NUMPY", 0, "a NumPy array"), ("RIFF", 0, "a RIFF file"),
    ]

    // MARK: Archives

    private static func archive(_ zip: ZipListing) -> ModelFile {
        let names = zip.members.map(\.name)
        func other(_ text: String) -> ModelFile { ModelFile(kind: .other, description: text, types: [:], prefix: "") }
        func member(_ name: String) -> ZipListing.Member? { zip.members.first { $0.name == name || $0.name.hasSuffix("/" + name) } }
        let pickle = member("data.pkl").flatMap { zip.data(of: $0) }.flatMap { PickleOutline($0) }
        if member("constants.pkl") != nil, names.contains(where: { $0.contains("/code/") || $0.hasPrefix("code/") }) {
            let constants = member("constants.pkl").flatMap { zip.data(of: $0) }.flatMap { PickleOutline($0) }
            // The constants of a frozen module are all that it has.
            let types = pickle?.types.isEmpty == false ? pickle?.types : constants?.types
            return ModelFile(kind: .torchScript, description: "a TorchScript module", types: types ?? [:], prefix: "")
        }
        if names.contains(where: { $0.contains("data/aotinductor/") }) {
            return ModelFile(kind: .compiledPackage, description: "a compiled AOTInductor package", types: [:], prefix: "")
        }
        let isProgram = names.contains {
            $0.hasSuffix("serialized_exported_program.json") || ($0.contains("models/") && $0.hasSuffix(".json"))
        }
        if isProgram {
            return ModelFile(
                kind: .exportedProgram, description: "an exported program that is not compiled, as torch.export.save writes it", types: [:],
                prefix: "")
        }
        if names.contains(where: { $0.contains(".data/extern_modules") }) { return other("a torch.package archive") }
        if let pickle { return saved(pickle, by: "torch.save") }
        if member("data.pkl") != nil { return other("an archive that torch.save wrote, whose data.pkl cannot be read") }
        if !names.isEmpty, names.allSatisfy({ $0.hasSuffix(".npy") }) { return other("NumPy arrays (.npz)") }
        if names.contains("model.weights.h5") { return other("a Keras model") }
        return other("a zip archive without a network")
    }

    // MARK: torch.save

    /// How files begin that PyTorch wrote before version 1.6: a pickle of a number.
    private static let legacy: [UInt8] = [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]

    /// Such a file: three pickles about the file and the machine, then the object.
    private static func legacyFile(_ contents: Data) -> ModelFile {
        let version = PickleOutline(contents, from: legacy.count)
        let machine = version.flatMap { PickleOutline(contents, from: $0.end) }
        guard let machine, let object = PickleOutline(contents, from: machine.end) else {
            return ModelFile(kind: .other, description: "a file of an old torch.save, cut or damaged", types: [:], prefix: "")
        }
        return saved(object, by: "torch.save")
    }

    private static func saved(_ outline: PickleOutline, by writer: String) -> ModelFile {
        func made(_ kind: Kind, _ text: String, prefix: String = "") -> ModelFile {
            ModelFile(kind: kind, description: text, types: outline.types, prefix: prefix)
        }
        let wrote = writer == "torch.save" ? "that torch.save wrote" : "in a pickle"
        switch outline.top {
        case .object(let index):
            let object = outline.objects[index]
            return object.isModule
                ? made(.pickledModule(type: object.type), "a whole module of class \(object.type) \(wrote), with its class by name only")
                : made(.other, "an object of class \(object.type) \(wrote)")
        case .tensor(let tensor): return made(.other, "one tensor of shape \(tensor.shape) \(wrote)")
        case .dict(let index):
            let members = outline.dicts[index]
            let names = outline.tensorNames(in: index)
            if !names.isEmpty, names.count * 2 > members.count {
                return made(.stateDict, "a state_dict of \(names.count) tensors \(wrote), from '\(names[0])' on", prefix: prefix(of: names))
            }
            let keys = members.prefix(8).map { "'\($0.key)'" }.joined(separator: ", ") + (members.count > 8 ? ", …" : "")
            guard let found = outline.weights(in: index) else {
                return made(.other, members.isEmpty ? "an empty dict \(wrote)" : "a dict \(wrote) without weights: it has \(keys)")
            }
            let held = found.dict == nil ? "a module" : "weights"
            let text = "a checkpoint \(wrote), a dict of \(keys), with \(held) under '\(found.keys.joined(separator: "', '"))'"
            return made(
                .checkpoint(keys: found.keys, isModule: found.dict == nil), text,
                prefix: found.dict.map { prefix(of: outline.tensorNames(in: $0)) } ?? "")
        default: return made(.other, "an object \(wrote) that holds no network")
        }
    }

    private static func prefix(of names: [String]) -> String {
        ["module.", "_orig_mod."].first { prefix in names.allSatisfy { $0.hasPrefix(prefix) } } ?? ""
    }
}

extension PickleOutline {
    /// Names of the tensors that a dict holds itself.
    func tensorNames(in dict: Int) -> [String] {
        dicts[dict].compactMap { if case .tensor = $0.value { $0.key } else { nil } }
    }

    /// Where the most tensors lie together in the dicts within a dict, or else where a module does; `dict` is nil for a module.
    func weights(in dict: Int) -> (keys: [String], dict: Int?, count: Int)? {
        var seen: Set<Int> = []
        return weights(in: dict, depth: 0, &seen)
    }

    private func weights(in dict: Int, depth: Int, _ seen: inout Set<Int>) -> (keys: [String], dict: Int?, count: Int)? {
        guard depth < 3, seen.insert(dict).inserted else { return nil }
        var best: (keys: [String], dict: Int?, count: Int)?
        for (key, value) in dicts[dict].prefix(1000) {
            var found: (keys: [String], dict: Int?, count: Int)?
            switch value {
            case .dict(let inner) where !seen.contains(inner):
                let count = tensorNames(in: inner).count
                found = count > 0 ? ([key], inner, count) : nil
                if count == 0, let deeper = weights(in: inner, depth: depth + 1, &seen) {
                    found = ([key] + deeper.keys, deeper.dict, deeper.count)
                }
            case .object(let index) where objects[index].isModule: found = ([key], nil, 0)
            default: break
            }
            if let found, found.count > best?.count ?? -1 { best = found }
        }
        return best
    }
}
