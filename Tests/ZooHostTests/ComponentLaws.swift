import Foundation
import TestSupport
import Testing
import ZooCheck
import ZooHost
import ZooKit
import ZooManifest
import ZooPlugins

/// Laws of components run over whatever is loaded, so that a new plugin gets them for free. Those of the contract are
/// ZooCheck's: plugins go through all of them as their users would (zooTests/CheckTests), entries here. What follows
/// them are laws of the zoo's own parts alone.

/// Architectures are checked as the entries that wire them.
struct EntrySubject: CustomTestStringConvertible, Sendable {
    let entry: Entry
    var testDescription: String { "entry \(entry.id)" }
}

private func entries() throws -> [EntrySubject] {
    try some(Repository.manifest().entries.filter { !Repository.tooLarge.contains($0.id) }.map(EntrySubject.init), "entries")
}

private func images(_ count: Int, _ shape: ImageShape) throws -> Tensor {
    try Tensor.randn([count, shape.channels, shape.height, shape.width], generator: Generator(seed: 3))
}

@Suite struct EntryLaws {
    private let shape = ImageShape(1, 28, 28)

    @Test func everyArchitectureHasAnEntry() throws {
        let used = Set(try Repository.manifest().entries.map(\.architecture.id))
        // One that needs a file is tried in tests of its own.
        for component in try makeHost().components
        where component.kind == .architecture && component.options.allSatisfy({ $0.fallback != nil }) {
            #expect(used.contains(component.id), "no entry of zoo.json uses architecture '\(component.id)'")
        }
    }

    @Test(arguments: try entries()) func theContractHolds(_ subject: EntrySubject) throws {
        let bench = Bench(entry: subject.entry, input: shape, host: try makeHost())
        for check in try PluginCheck.named(["wrong-input", "batch", "layout", "determinism", "evaluation", "state", "instances"]) {
            let result = check.run(on: bench)
            #expect(result.verdict == .passed, "\(check.name): \(result.details.joined(separator: "; "))")
        }
    }

    @Test(arguments: try entries()) func tracingChangesNothingAndEveryParameterIsTrained(_ subject: EntrySubject) throws {
        let network = try makeHost().network(subject.entry, input: shape, classes: 10, seed: 1)
        for entry in network.parameters.entries { #expect(try entry.tensor.detach().allFinite(), "\(entry.name) at the start") }
        try network.parameters.setTraining(false)
        let x = try images(3, shape)
        let recording = Recording()
        let traced = try noGrad { try network.architecture.forward(x, trace: recording.trace) }
        #expect(traced.shape == [3, 10])
        #expect(try traced.doubles() == noGrad { try network.architecture.forward(x).doubles() }, "tracing changes the result")
        for theta in recording.thetas { #expect(theta.shape.first == 3) }

        try network.parameters.setTraining(true)
        try network.architecture.forward(images(8, shape)).crossEntropy(Tensor((0..<8).map { Int64($0) }, [8])).backward()
        for entry in network.parameters.entries where entry.role == .parameter {
            #expect(try entry.tensor.grad?.allFinite() == true, "no finite gradient reaches \(entry.name)")
        }
    }
}

/// A component that is being checked, by its name.
struct Subject: CustomTestStringConvertible, Sendable {
    let component: ComponentInfo
    var testDescription: String { "\(component.kind) \(component.id)" }

    /// Inputs to try: the first that a component accepts is used.
    private static let shapes = [ImageShape(1, 28, 28), ImageShape(1, 60, 60), ImageShape(3, 64, 64), ImageShape(1, 112, 112)]

    /// All of a kind that can be made without being told anything.
    static func all(_ kind: Kind) throws -> [Subject] {
        let made = try makeHost().components.filter { $0.kind == kind && $0.options.allSatisfy { $0.fallback != nil } }
        return try some(made.map(Subject.init), "components that are \(kind)s")
    }

    /// With default settings, for the first shape that it takes.
    func make(outputs: Int) throws -> (part: ForeignPart, shape: ImageShape) {
        let host = try makeHost()
        var failures: [String] = []
        for shape in Self.shapes {
            try EngineControl.seed(1)
            do { return (try host.part(component, input: shape, outputs: outputs), shape) } catch let error as ZooError {
                failures.append("\(shape): \(error)")
            }
        }
        throw ZooError("\(testDescription) accepts none of the shapes: \(failures.joined(separator: "; "))")
    }
}

@Suite struct PartLaws {
    @Test(arguments: try Subject.all(.extractor)) func everyParameterOfAnExtractorIsTrained(_ subject: Subject) throws {
        let (part, shape) = try subject.make(outputs: 10)
        let extractor = try ForeignExtractor(part)
        try extractor.parameters.setTraining(true)
        try extractor.logits(images(8, shape)).sum().backward()
        for entry in extractor.parameters.entries where entry.role == .parameter {
            #expect(try entry.tensor.grad != nil, "no gradient reaches \(entry.name)")
        }
        // How many classes there are changes nothing about the features.
        #expect(try ForeignExtractor(subject.make(outputs: 0).part).stages == extractor.stages)
    }

    @Test(arguments: try Subject.all(.transformer)) func aFamilyKnowsItsSizes(_ subject: Subject) throws {
        let (part, shape) = try subject.make(outputs: 0)
        let family = try ForeignTransformer(part)
        #expect(family.parameterCount == family.identity.count && family.parameterCount > 0)
        let x = try images(3, shape)
        let size = family.outputSize(height: shape.height, width: shape.width)
        let identity = try family.transformation(offset: Tensor.zeros([3, family.parameterCount]))
        #expect(try family.warp(x, identity).shape == [3, shape.channels, size.height, size.width])
        #expect(try family.warp(x, identity, height: 9, width: 11).shape == [3, shape.channels, 9, 11])
    }
}
