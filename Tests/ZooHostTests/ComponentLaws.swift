import Foundation
import Testing
import ZooHost
import ZooKit

/// Laws that every registered component must keep. A new plugin gets them for free: they run over whatever is loaded.

/// A component that is being checked, by its name.
struct Subject: CustomTestStringConvertible, Sendable {
    let component: ComponentInfo
    var testDescription: String { "\(component.kind) \(component.id)" }
}

private func loadedHost() throws -> HostRuntime { try HostRuntime(searchPath: SearchPath(environment: [:])) }

/// Those that can be made without being told anything; one that needs a file is checked in tests of its own.
private func subjects(_ kind: Kind) -> [Subject] {
    ((try? loadedHost())?.components ?? []).filter { $0.kind == kind && $0.options.allSatisfy { $0.fallback != nil } }.map(Subject.init)
}

/// Inputs to try: the first that a component accepts is used.
private let shapes = [ImageShape(1, 28, 28), ImageShape(1, 60, 60), ImageShape(3, 64, 64), ImageShape(1, 112, 112), ImageShape(16, 10, 10)]

private func images(_ count: Int, _ shape: ImageShape, seed: UInt64 = 3) throws -> Tensor {
    try Tensor.randn([count, shape.channels, shape.height, shape.width], Generator(seed: seed))
}

private struct Instance<M: Module> {
    let module: M
    let shape: ImageShape
}

/// An instance with default settings, for the first shape that it takes.
private func make<M: Module>(_ subject: Subject, outputs: Int, seed: UInt64 = 1, _ wrap: (ForeignPart) throws -> M) throws -> Instance<M> {
    let host = try loadedHost()
    var failures: [String] = []
    for shape in shapes {
        try EngineControl.seed(seed)
        do {
            return Instance(module: try wrap(host.part(subject.component, input: shape, outputs: outputs)), shape: shape)
        } catch let error as ZooError { failures.append("\(shape): \(error)") }
    }
    throw ZooError("\(subject.testDescription) accepts none of the shapes: \(failures.joined(separator: "; "))")
}

/// What must hold of any module, given a function of images to run it by.
private func checkModule<M: Module>(_ first: Instance<M>, again: () throws -> Instance<M>, run: (M, Tensor) throws -> Tensor) throws {
    let (module, shape) = (first.module, first.shape)
    let x = try images(4, shape)

    // Names are unique (registering throws otherwise) and not empty; tensors are real.
    #expect(Set(module.parameters.entries.map(\.name)).count == module.parameters.entries.count)
    for entry in module.parameters.entries {
        #expect(entry.role == .buffer || entry.tensor.requiresGradient, "\(entry.name) records no gradient")
        #expect(try entry.tensor.detached().allFinite(), "\(entry.name) starts with NaN or infinity")
    }

    // The same seed gives the same weights, and two instances share nothing.
    let twin = try again().module
    for (a, b) in zip(module.parameters.entries, twin.parameters.entries) {
        #expect(a.name == b.name)
        #expect(try a.tensor.detached().doubles() == b.tensor.detached().doubles(), "\(a.name) depends on more than the seed")
    }

    // Evaluation is pure: same input, same bits, no state changed.
    try module.parameters.setTraining(false)
    try twin.parameters.setTraining(false)
    let before = try module.parameters.entries.map { try $0.tensor.detached().doubles() }
    let output = try withoutGradients { try run(module, x).doubles() }
    #expect(try withoutGradients { try run(module, x).doubles() } == output, "two evaluations differ")
    #expect(try module.parameters.entries.map { try $0.tensor.detached().doubles() } == before, "evaluation changed the state")
    #expect(try withoutGradients { try run(twin, x).doubles() } == output, "a second instance of the same seed differs")
    #expect(output.allSatisfy { $0.isFinite })

    // State round trip: other weights give another state, the old ones bring the old output back.
    if !module.parameters.entries.isEmpty {
        for entry in module.parameters.entries { try entry.tensor.copy_(entry.tensor.detached() * 0.5 + 0.01) }
        #expect(try withoutGradients { try run(twin, x).doubles() } == output, "two instances share their state")
        for (entry, values) in zip(module.parameters.entries, before) { try entry.tensor.copy_(Tensor(values, entry.tensor.shape)) }
        #expect(try withoutGradients { try run(module, x).doubles() } == output, "the state does not come back")
    }

    // One image gives what it gives in a batch; kernels may sum in another order.
    let alone = try withoutGradients { try run(module, x.narrowed(0, from: 0, count: 1)).doubles() }
    let scale = output.reduce(1e-6) { max($0, abs($1)) }
    for (a, b) in zip(alone, output) { #expect(abs(a - b) <= 1e-4 * scale, "an image's result depends on its batch") }

    // Memory order of the input makes no difference.
    let reordered = try withoutGradients { try run(module, x.contiguous(.channelsLast)).doubles() }
    for (a, b) in zip(reordered, output) { #expect(abs(a - b) <= 1e-4 * scale, "the memory format of the input matters") }

    // Wrong input is an error, not a crash.
    #expect(throws: (any Error).self) { try run(module, Tensor.zeros([2])) }
    #expect(throws: (any Error).self) { try run(module, Tensor.zeros([2, shape.channels + 1, shape.height, shape.width])) }
}

@Suite struct ExtractorLaws {
    @Test(arguments: subjects(.extractor)) func laws(_ subject: Subject) throws {
        func fresh() throws -> Instance<ForeignExtractor> { try make(subject, outputs: 10) { try ForeignExtractor($0) } }
        let first = try fresh()
        try checkModule(first, again: fresh) { try $0.logits($1) }

        // Stages have the shapes that they declare, and compose.
        let extractor = first.module
        let x = try images(2, first.shape)
        var features = x
        for (index, stage) in extractor.stages.enumerated() {
            features = try withoutGradients { try extractor.forward(features, stages: index..<index + 1) }
            #expect(features.shape == [2, stage.channels, stage.height, stage.width], "stage \(index + 1)")
            let permutation = try extractor.permutation(stage: index, rotation: 0, mirror: false)
            #expect(permutation == Array(0..<stage.channels), "the identity moves channels")
            if stage.symmetry.rotations > 1 {
                let moved = try extractor.permutation(stage: index, rotation: 1, mirror: false)
                #expect(moved.sorted() == Array(0..<stage.channels), "not a permutation")
            }
        }
        let whole = try withoutGradients { try extractor.forward(x, stages: 0..<extractor.stages.count) }
        #expect(try whole.doubles() == features.doubles())
        #expect(try withoutGradients { try extractor.forward(x, stages: 0..<0).doubles() } == x.doubles())
        #expect(throws: (any Error).self) { try extractor.forward(x, stages: 0..<extractor.stages.count + 1) }
        let logits = try withoutGradients { try extractor.classify(whole) }
        #expect(logits.shape.first == 2)

        // Every parameter has a gradient.
        try extractor.parameters.setTraining(true)
        try extractor.logits(images(8, first.shape)).sum().backward()
        for entry in extractor.parameters.entries where entry.role == .parameter {
            #expect(try entry.tensor.gradient != nil, "no gradient reaches \(entry.name)")
        }

        // Without classes it is a feature extractor and nothing else.
        let host = try loadedHost()
        let features0 = try ForeignExtractor(host.part(subject.component, input: first.shape, outputs: 0))
        #expect(features0.stages == extractor.stages)
        #expect(throws: ZooError.self) { try features0.classify(whole) }
    }
}

@Suite struct LocalizationLaws {
    @Test(arguments: subjects(.localization)) func laws(_ subject: Subject) throws {
        func fresh() throws -> Instance<ForeignLocalization> { try make(subject, outputs: 6) { try ForeignLocalization($0) } }
        let first = try fresh()
        let x = try images(3, first.shape)
        let offset = try withoutGradients { try first.module.forward(x) }
        #expect(offset.shape == [3, 6])
        #expect(try offset.doubles().allSatisfy { $0 == 0 }, "the offset is not zero at initialisation")
        try checkModule(first, again: fresh) { try $0.forward($1) }
    }
}

@Suite struct TransformerLaws {
    @Test(arguments: subjects(.transformer)) func laws(_ subject: Subject) throws {
        let first = try make(subject, outputs: 0) { try ForeignTransformer($0) }
        let (family, shape) = (first.module, first.shape)
        #expect(family.parameterCount == family.identity.count && family.parameterCount > 0)
        let x = try images(3, shape)
        let zero = try Tensor.zeros([3, family.parameterCount])
        let identity = try family.transformation(offset: zero)

        // The identity transformation is the identity.
        let same = try family.warp(x, identity, height: shape.height, width: shape.width)
        for (a, b) in try zip(same.doubles(), x.doubles()) { #expect(abs(a - b) < 1e-4) }
        let size = family.outputSize(height: shape.height, width: shape.width)
        #expect(try family.warp(x, identity).shape == [3, shape.channels, size.height, size.width])

        // Gradients reach the image and the parameters.
        let offset = try (Tensor.randn([3, family.parameterCount], Generator(seed: 5)) * 0.1).detached().requiringGradient()
        let leaf = try x.cloned().requiringGradient()
        try family.warp(leaf, family.transformation(offset: offset), height: 9, width: 11).sum().backward()
        #expect(try offset.gradient?.allFinite() == true)
        #expect(try leaf.gradient?.allFinite() == true)

        // Group laws, float64, where the family has them. 1e-10: products and inverses of small well-conditioned matrices.
        let a = try family.transformation(offset: wave(family.parameterCount, 0))
        let b = try family.transformation(offset: wave(family.parameterCount, 1))
        let c = try family.transformation(offset: wave(family.parameterCount, 2))
        let one = try family.transformation(offset: Tensor.zeros([1, family.parameterCount], dtype: .float64))
        if family.composes {
            try near(family.compose(a, one), a)
            try near(family.compose(one, a), a)
            try near(family.compose(family.compose(a, b), c), family.compose(a, family.compose(b, c)))
        } else {
            #expect(throws: ZooError.self) { try family.compose(a, b) }
        }
        if family.inverts {
            let inverse = try family.invert(a)
            try near(family.compose(a, inverse), one)
            try near(family.compose(inverse, a), one)
        } else {
            #expect(throws: ZooError.self) { try family.invert(a) }
        }

        // Wrong input is an error.
        #expect(throws: (any Error).self) { try family.transformation(Tensor.zeros([2, family.parameterCount + 1])) }
        #expect(throws: (any Error).self) { try family.warp(Tensor.zeros([3]), identity, height: 3, width: 3) }
    }

    private func wave(_ count: Int, _ phase: Double) throws -> Tensor {
        try Tensor((0..<count).map { 0.15 * sin(Double($0) * 2.3 + phase) }, [1, count])
    }

    private func near(_ a: Tensor, _ b: Tensor) throws {
        #expect(a.shape == b.shape)
        for (x, y) in try zip(a.doubles(), b.doubles()) { #expect(abs(x - y) < 1e-10) }
    }
}

/// Architectures are checked as the entries that wire them.
struct EntrySubject: CustomTestStringConvertible, Sendable {
    let entry: Entry
    var testDescription: String { "entry \(entry.id)" }
}

func zooManifest(from file: String = #filePath) throws -> Manifest {
    let root = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return try Manifest(path: root.appendingPathComponent("zoo.json").path)
}

private func entries() -> [EntrySubject] { ((try? zooManifest())?.entries ?? []).map(EntrySubject.init) }

@Suite struct ArchitectureLaws {
    @Test func everyArchitectureHasAnEntry() throws {
        let used = Set(try zooManifest().entries.map(\.architecture.id))
        for component in subjects(.architecture).map(\.component) {
            #expect(used.contains(component.id), "no entry of zoo.json uses architecture '\(component.id)'")
        }
    }

    @Test(arguments: entries()) func laws(_ subject: EntrySubject) throws {
        let host = try loadedHost()
        let shape = ImageShape(1, 28, 28)
        func fresh() throws -> Instance<ForeignArchitecture> {
            let network = try host.network(subject.entry, input: shape, classes: 10, seed: 1)
            let architecture = try #require(network.architecture as? ForeignArchitecture)
            return Instance(module: architecture, shape: shape)
        }
        let first = try fresh()
        try checkModule(first, again: fresh) { try $0.forward($1) }
        let x = try images(3, shape)
        let recording = Recording()
        let traced = try withoutGradients { try first.module.forward(x, trace: recording.trace) }
        #expect(traced.shape == [3, 10])
        #expect(try traced.doubles() == withoutGradients { try first.module.forward(x).doubles() }, "tracing changes the result")
        for theta in recording.thetas { #expect(theta.shape.first == 3) }

        // A training step's gradients are finite and reach the parameters.
        try first.module.parameters.setTraining(true)
        try first.module.forward(images(8, shape)).crossEntropy(Tensor((0..<8).map { Int64($0) }, [8])).backward()
        for entry in first.module.parameters.entries where entry.role == .parameter {
            #expect(try entry.tensor.gradient?.allFinite() == true, "no finite gradient reaches \(entry.name)")
        }
    }
}
