import Foundation
import ZooCore
public import ZooHost
public import ZooKit
import ZooManifest
import ZooModelFiles
import ZooPlugins

/// Takes a network from PyTorch into a manifest: a TorchScript file as an architecture or, cut into stages, as an extractor; an AOTInductor
/// package (`.pt2`) as an architecture.
public struct ModelImport: Sendable {
    /// The new entry's id.
    public let id: String
    public let model: String
    public let input: ImageShape
    public let classes: Int
    public let summary: String
    public let cut: Cut?
    private let contents: Data
    private let file: ModelFile
    private let isNamed: Bool

    private var isPackage: Bool { file.kind == .compiledPackage }

    /// How a model becomes an extractor, in the words of the extractor's options; nil: the whole model is an architecture.
    public struct Cut: Sendable {
        /// "stages", by submodules, or "outputs".
        let option: String
        let names, classifier: String

        /// Submodules of each stage, 'conv1+relu, layer1', and those that follow.
        public static func submodules(_ names: String, classifier: String) -> Cut {
            Cut(option: "stages", names: names, classifier: classifier)
        }
        /// Which of several tensors that the model gives each stage is, and which holds the logits.
        public static func outputs(_ names: String, classifier: String) -> Cut {
            Cut(option: "outputs", names: names, classifier: classifier)
        }
    }

    /// What came of it.
    public struct Outcome: Codable, Sendable {
        public let entry, manifest, model: String
        public let parameters: Int
        public let warnings: [String]
    }

    /// The option by which a component says that it takes such a file.
    private var option: String { isPackage ? "package" : "torchscript" }

    /// - Parameter id: nil for one made from the model's file name: see `EntryName`.
    /// - Throws: `usage` if a value makes no sense, `noInput` if there is no such file, `data` if it is no model that can be imported: then
    ///   the message says what it is, and how it becomes one.
    public init(
        model: String, id: String?, input: ImageShape, classes: Int, summary: String?, cut: Cut?
    ) throws {
        guard classes >= 1, input.channels >= 1, input.height >= 1, input.width >= 1 else {
            throw HostError(.usage, "input \(input) and \(classes) classes, expected numbers from 1 on")
        }
        if let id, !EntryName.isTypable(id) {
            throw HostError(
                .usage, file: "the new entry", field: "id",
                expected: "letters, digits, '-', '_', '.' or '+', the first a letter or digit, '\(EntryName.make(from: id))' for example",
                found: "'\(id)'")
        }
        contents = try FileBytes.read(model)
        file = ModelFile(contents)
        guard file.kind == .torchScript || file.kind == .compiledPackage else { throw file.refusal(asModel: model) }
        let name = (model as NSString).lastPathComponent
        isNamed = id != nil
        self.id = id ?? EntryName.make(from: (name as NSString).deletingPathExtension)
        self.model = model
        self.input = input
        self.classes = classes
        self.summary = summary ?? "From PyTorch: \(name), for \(input) and \(classes) classes"
        self.cut = cut
        guard cut == nil || file.kind != .compiledPackage else {
            throw HostError(.usage, "\(model): a compiled package cannot be cut into stages: one graph computes all of it; use TorchScript")
        }
    }

    /// Checks the model by running it, keeps a copy beside the manifest, and adds the entry.
    ///
    /// The entry names it relative to the manifest (where that is a symbolic link: to the file that it leads to), so
    /// that the two can be moved together. The copy's name carries the contents' SHA-256, so that an entry is the same
    /// network for ever, and results are not mistaken for those of another.
    ///
    /// - Throws: `noInput`, `unavailable` if no plugin takes such files, `config` if the model does not fit or the id is taken.
    public func run(host: HostRuntime, manifest path: String) throws -> Outcome {
        let path = try FileBytes.target(of: path)
        let present = FileManager.default.fileExists(atPath: path) ? try FileBytes.read(path) : nil
        let folder = URL(fileURLWithPath: path).standardizedFileURL.deletingLastPathComponent().appendingPathComponent("models")
        let name = "\(id)-\(try Checksum.sha256(of: contents).prefix(12)).\(isPackage ? "pt2" : "pt")"
        let copy = folder.appendingPathComponent(name)

        // Checked where it lies; the entry names the copy.
        var (network, warnings) = try check(host, entry(host, file: URL(fileURLWithPath: model).standardizedFileURL.path))
        let text = try Manifest.adding(entry(host, file: "models/" + name), to: present, path: path)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch { throw HostError(.cantCreate, "\(folder.path): the directory cannot be made") }
        try FileBytes.writeAtomically([contents], to: copy.path)
        try FileBytes.writeAtomically([text], to: path)
        let stem = ((model as NSString).lastPathComponent as NSString).deletingPathExtension
        if !isNamed, id != stem {
            warnings.insert("the entry is called '\(id)', as '\(stem)' cannot be an id; \(ProgramOption.id) chooses another", at: 0)
        }
        return Outcome(entry: id, manifest: path, model: copy.path, parameters: network.parameters.count, warnings: warnings)
    }

    private func entry(_ host: HostRuntime, file: String) throws(HostError) -> JSON {
        func component(_ kind: Kind) throws(HostError) -> String {
            guard let found = host.components.first(where: { $0.kind == kind && $0.options.contains { $0.name == option } }) else {
                throw HostError(
                    .unavailable, "no plugin offers an \(kind) with the option '\(option)', which a model from PyTorch needs")
            }
            return found.id
        }
        let recipe: JSON = .object([
            "default": .object([
                "optimizer": .string("adam"), "learning_rate": .double(0.001), "schedule": .string("cosine"), "epochs": .int(10),
                "batch": .int(256),
            ])
        ])
        var fields: [String: JSON] = [
            "id": .string(id), "summary": .string(summary), "recipes": recipe,
            "input": .array([input.channels, input.height, input.width].map(JSON.int)), "classes": .int(classes),
        ]
        guard let cut else {
            fields["architecture"] = .object([
                "id": .string(try component(.architecture)), "config": .object([option: .string(file)]),
            ])
            return .object(fields)
        }
        let extractor: JSON = .object([
            "id": .string(try component(.extractor)),
            "config": .object([option: .string(file), cut.option: .string(cut.names), "classifier": .string(cut.classifier)]),
        ])
        guard let plain = host.components.first(where: { $0.kind == .architecture && $0.slots.map(\.kind) == [.extractor] }) else {
            throw HostError(.unavailable, "no plugin offers an architecture of an extractor alone")
        }
        fields["architecture"] = .string(plain.id)
        fields["parts"] = .object([plain.slots[0].name: extractor])
        return .object(fields)
    }

    /// Builds the entry, runs it forwards and backwards.
    private func check(_ host: HostRuntime, _ entry: JSON) throws -> (Network, [String]) {
        let trial = try Manifest(contents: Manifest.adding(entry, to: nil, path: model), path: model)
        let network = try host.network(trial.entry(id), input: input, classes: classes, seed: 0)
        return (network, try ModelTrial(network, of: model, types: file.types).warnings())
    }
}
