import Foundation
import ZooCore
public import ZooHost
public import ZooKit
import ZooManifest
import ZooModelFiles

/// A network as a Python module for PyTorch: the operators of one evaluation as they ran, and the weights as safetensors.
///
/// The forward pass is recorded twice, with batches of different size; a number that follows the batch becomes an expression in
/// it, and what does not repeat otherwise is an error. The module therefore computes what the network computes in
/// evaluation, for that size of image and any number of images, and in whatever precision it is converted to; dropout and batch statistics
/// of training are not in it. Its `prepare` normalises images as in training.
public struct PythonModule {
    /// The source of the module.
    public let source: String
    /// Parameters, buffers and constants by the names under which the module looks for them.
    public let tensors: [(name: String, tensor: Tensor)]

    private static let batches = (3, 5)

    private let preparation: Preparation

    /// Records `network`, which is put into evaluation mode.
    ///
    /// - Parameter preparation: how an image becomes what the network takes.
    /// - Throws: `unavailable` if it computes by other means than operators, as a TorchScript model does, or draws random numbers.
    public init(_ network: Network, _ preparation: Preparation) throws {
        self.preparation = preparation
        try network.parameters.setTraining(false)
        let input = network.input
        func tape(_ count: Int) throws -> (OperatorTape, Tensor) {
            let images = try Tensor.rand([count, input.channels, input.height, input.width], generator: Generator(seed: UInt64(count)))
            let tape = try noGrad { try OperatorTape { try network.architecture.forward(images) } }
            return (tape, images)
        }
        // Once unseen: some make tables at their first image.
        _ = try tape(1)
        let (first, firstImages) = try tape(Self.batches.0)
        let (second, secondImages) = try tape(Self.batches.1)
        var writer = try Writer(network, first, second, firstImages, secondImages)
        let body = try writer.body()
        tensors = network.parameters.entries.map { ($0.name, $0.tensor) } + writer.constants
        source = PythonText.module(
            network, preparation, body: body,
            parameters: network.parameters.entries.filter { $0.role == .parameter }.map(\.name),
            buffers: network.parameters.entries.filter { $0.role == .buffer }.map(\.name) + writer.constants.map(\.name))
    }

    /// Writes `ENTRY.py` and `ENTRY.safetensors` into a directory, which is made if need be; gives their paths.
    public func write(as name: String, to directory: String) throws -> [String] {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch { throw HostError(.cantCreate, "\(directory): the directory cannot be made") }
        let stem = PythonNames.module(name)
        let paths = ["\(directory)/\(stem).py", "\(directory)/\(stem).safetensors"]
        try SafetensorsFile.write(
            tensors: tensors,
            metadata: preparation.metadata.merging(["format": "stn-zoo export 1", "entry": name, "zoo": ZooVersion.current]) { $1 },
            to: paths[1])
        try FileBytes.writeAtomically([Data(source.utf8)], to: paths[0])
        return paths
    }

    /// Goes over two tapes of the same network at once.
    private struct Writer {
        let network: Network
        let first, second: OperatorTape
        /// What a tensor of the first tape is called in Python.
        var names: [Int: String] = [:]
        var constants: [(name: String, tensor: Tensor)] = []

        init(_ network: Network, _ first: OperatorTape, _ second: OperatorTape, _ images: Tensor, _ others: Tensor) throws {
            (self.network, self.first, self.second) = (network, first, second)
            guard first.calls.map(\.schema) == second.calls.map(\.schema) else {
                throw HostError(.unavailable, "entry '\(network.entry.id)' runs other operators for other numbers of images")
            }
            for entry in network.parameters.entries {
                if let index = first.index(of: entry.tensor) { names[index] = "w[\(PythonText.quoted(entry.name))]" }
            }
            if let index = first.index(of: images) { names[index] = "x" }
        }

        /// The statements of `forward`.
        mutating func body() throws -> [String] {
            guard let result = first.index(of: first.result),
                first.calls.contains(where: { $0.outputs.contains { Self.holds($0, result) } })
            else {
                throw HostError(
                    .unavailable,
                    "entry '\(network.entry.id)' does not compute its logits by operators of the engine, as a TorchScript model does not: there is nothing to record"
                )
            }
            let live = liveCalls(result)
            var lines: [String] = []
            for index in live { lines += try statement(first.calls[index], second.calls[index], number: index) }
            return lines + ["return \(try name(result))"]
        }

        private static func holds(_ value: OperatorTape.Value, _ index: Int) -> Bool { indices(value).contains(index) }

        private static func indices(_ value: OperatorTape.Value) -> [Int] {
            switch value {
            case .tensor(let index): [index]
            case .tensors(let list): list.compactMap { $0 }
            default: []
            }
        }

        /// The calls that the result depends on, in order; those that write in place count as making what they write to.
        private func liveCalls(_ result: Int) -> [Int] {
            var wanted: Set<Int> = [result]
            var live: [Int] = []
            for (index, call) in first.calls.enumerated().reversed() {
                let made = Set(call.outputs.flatMap(Self.indices))
                guard !made.isDisjoint(with: wanted) else { continue }
                live.append(index)
                wanted.formUnion(call.inputs.flatMap(Self.indices))
            }
            return live.reversed()
        }

        private mutating func statement(_ call: OperatorTape.Call, _ other: OperatorTape.Call, number: Int) throws -> [String] {
            let signature = Signature(call.schema)
            var arguments: [String] = []
            var byName = false
            for (index, value) in call.inputs.enumerated() {
                guard index < signature.parameters.count, index < other.inputs.count else { break }
                if value == .schemaDefault {
                    byName = true
                    continue
                }
                var text = try expression(value, other.inputs[index], of: signature.name)
                if case .int = value, let count = signature.repeats[index] {
                    text = "[\(Array(repeating: text, count: count).joined(separator: ", "))]"
                }
                byName = byName || index >= signature.positional
                arguments.append(byName ? "\(signature.parameters[index])=\(text)" : text)
            }
            // Asked of the tensor, it would be a number that torch.jit.trace warns of.
            if signature.name == "zoo::warp", call.inputs.count > 1, case .tensor(let theta) = call.inputs[1] {
                arguments.append("homography=\(first.tensors[theta].shape[1] == 3 ? "True" : "False")")
            }
            let followsBatch = zip(call.inputs, other.inputs).contains { a, b in
                if case .tensor = a { false } else if case .tensors = a { false } else { a != b }
            }
            let made = signature.call(arguments, followsBatch: followsBatch)
            var targets: [String] = []
            var unpacking: [String] = []
            for (index, output) in call.outputs.enumerated() {
                switch output {
                case .tensor(let tensor):
                    // What was written in place keeps its name.
                    let name = names[tensor] ?? "t\(tensor)"
                    if names[tensor] == nil { names[tensor] = name }
                    targets.append(name.hasPrefix("w[") || name == "x" ? "_" : name)
                case .tensors(let list):
                    targets.append("l\(number)_\(index)")
                    for (place, tensor) in list.enumerated() {
                        guard let tensor else { continue }
                        names[tensor] = "t\(tensor)"
                        unpacking.append("t\(tensor) = l\(number)_\(index)[\(place)]")
                    }
                default: targets.append("_")
                }
            }
            return [targets.isEmpty ? made : "\(targets.joined(separator: ", ")) = \(made)"] + unpacking
        }

        private mutating func name(_ index: Int) throws -> String {
            if let known = names[index] { return known }
            // Made from the plugin's own numbers, not by an operator: a constant, if it does not follow the batch.
            let tensor = first.tensors[index]
            let name = "constant.\(constants.count)"
            constants.append((name, try tensor.detach().contiguous()))
            names[index] = "w[\(PythonText.quoted(name))]"
            return "w[\(PythonText.quoted(name))]"
        }

        private mutating func tensor(_ index: Int, _ other: Int, of name: String) throws -> String {
            if names[index] == nil {
                let (a, b) = (first.tensors[index], second.tensors[other])
                guard a.shape == b.shape, try a.detach().doubles() == b.detach().doubles() else {
                    throw HostError(
                        .unavailable,
                        "entry '\(network.entry.id)': \(name) takes a tensor of shape \(a.shape) that no operator made and that depends on the batch"
                    )
                }
            }
            return try self.name(index)
        }

        private func number(_ a: Int, _ b: Int, of name: String) throws -> String {
            if a == b { return "\(a)" }
            let (m, n) = PythonModule.batches
            if a % m == 0, b % n == 0, a / m == b / n { return a == m ? "n" : "\(a / m) * n" }
            throw HostError(
                .unavailable,
                "entry '\(network.entry.id)': \(name) takes \(a) for \(m) images and \(b) for \(n), which is no multiple of them")
        }

        private mutating func expression(_ a: OperatorTape.Value, _ b: OperatorTape.Value, of name: String) throws -> String {
            switch (a, b) {
            case (.tensor(let a), .tensor(let b)): return try tensor(a, b, of: name)
            case (.tensors(let a), .tensors(let b)) where a.count == b.count:
                var list: [String] = []
                for case (let a, let b) in zip(a, b) {
                    if let a, let b { list.append(try tensor(a, b, of: name)) } else { list.append("None") }
                }
                return "[\(list.joined(separator: ", "))]"
            case (.int(let a), .int(let b)): return try number(a, b, of: name)
            case (.ints(let a), .ints(let b)) where a.count == b.count:
                return "[\(try zip(a, b).map { try number($0, $1, of: name) }.joined(separator: ", "))]"
            case (.generator, _): throw HostError(.unavailable, "entry '\(network.entry.id)': \(name) draws random numbers in evaluation")
            case (.device, .device): return "x.device"
            default:
                guard a == b else { throw HostError(.unavailable, "entry '\(network.entry.id)': \(name) takes \(a), and then \(b)") }
                return PythonText.literal(a)
            }
        }
    }
}
