import ZooHost
import ZooKit
import ZooPlugins

extension Check {
    /// Inputs of all shapes, and answers of the right length.
    static let inputs = [
        Check("answers", "what it counts, names and writes is as much as it was asked for, and no more") { bench in
            for component in try bench.plugin().components where component.kind != .architecture {
                let outputs = component.kind == .localization ? Bench.familyParameters : Bench.classes
                let part = Bench.shapes.lazy.compactMap { try? bench.host().part(component, input: $0, outputs: outputs) }.first
                guard let part else { continue }
                let name = "\(component.kind) '\(component.id)'"
                do {
                    switch component.kind {
                    case .extractor: try bench.checkPermutations(of: ForeignExtractor(part), name)
                    case .transformer: _ = try ForeignTransformer(part)
                    case .localization: _ = try ForeignLocalization(part)
                    case .architecture: break
                    }
                } catch { bench.complain("\(name): \(error)") }
            }
        },
        Check("wrong-input", "wrong ranks and channels are errors, other element types errors or results; nothing crashes") { bench in
            for model in try bench.models() {
                try model.parameters.setTraining(false)
                let shape = model.shape
                bench.expectError("\(model.name): an input of one dimension") { _ = try model.evaluate(Tensor.zeros([2])) }
                if model.component.kind != .transformer {
                    bench.expectError("\(model.name): \(shape.channels + 1) channels instead of \(shape.channels)") {
                        _ = try model.evaluate(Tensor.zeros([2, shape.channels + 1, shape.height, shape.width]))
                    }
                }
                for dtype in [DType.uint8, .int64, .float16, .bool] {
                    _ = try? model.evaluate(Tensor.zeros([2, shape.channels, shape.height, shape.width], dtype: dtype))
                }
                switch model.module {
                case let family as ForeignTransformer:
                    bench.expectError("\(model.name): one parameter too many") {
                        _ = try family.transformation(Tensor.zeros([2, family.parameterCount + 1]))
                    }
                case let net as ForeignExtractor: try bench.checkRefusals(of: net, model)
                default: break
                }
            }
        },
        Check("batch", "a batch of one gives what it gives among others; an empty one an error or an empty result") { bench in
            for model in try bench.models() {
                try model.parameters.setTraining(false)
                let x = try bench.images(4, model.shape)
                let whole = try model.evaluate(x)
                let rows = try whole.doubles().count / 4
                bench.expect(whole.shape.first == 4, "\(model.name): a batch of 4 gives \(whole.shape)")
                for index in 0..<4 {
                    let alone = try model.evaluate(x.narrow(dim: 0, start: index, length: 1))
                    let part = try Array(whole.doubles()[index * rows..<(index + 1) * rows])
                    // Kernels may sum in another order for another batch size.
                    let gap = Bench.difference(part, try alone.doubles())
                    bench.expect(gap < 1e-4, "\(model.name): image \(index) alone differs by \(gap) from the same image in a batch")
                }
                let none = try Tensor.zeros([0, model.shape.channels, model.shape.height, model.shape.width])
                if let empty = try? model.evaluate(none) {
                    bench.expect(empty.shape.first == 0, "\(model.name): an empty batch gives \(empty.shape)")
                }
            }
        },
        Check("layout", "the order of the input in memory makes no difference") { bench in
            for model in try bench.models() {
                try model.parameters.setTraining(false)
                let x = try bench.images(3, model.shape)
                let expected = try model.values(x)
                let wide = try Tensor.cat([x, x], dim: 3)
                let layouts = [
                    ("channels last", try x.contiguous(.channelsLast)),
                    ("a part of a larger tensor", try wide.narrow(dim: 3, start: 0, length: model.shape.width)),
                    ("a transposed one", try x.transpose().contiguous().transpose()),
                ]
                for (what, same) in layouts {
                    let gap = Bench.difference(expected, try model.values(same))
                    bench.expect(gap < 1e-4, "\(model.name): the input as \(what) changes the result by \(gap)")
                }
            }
        },
    ]

    /// The same again.
    static let repetition = [
        Check("determinism", "the same seed gives the same weights, the same input the same bits") { bench in
            let twins = try bench.models()
            for (model, twin) in zip(try bench.models(), twins) {
                bench.expect(
                    model.parameters.entries.map(\.name) == twin.parameters.entries.map(\.name),
                    "\(model.name): two instances have parameters of different names")
                for (a, b) in zip(model.parameters.entries, twin.parameters.entries) {
                    bench.expect(
                        try a.tensor.detach().doubles().elementsEqual(b.tensor.detach().doubles()),
                        "\(model.name): '\(a.name)' depends on more than the seed")
                }
                try model.parameters.setTraining(false)
                let x = try bench.images(3, model.shape)
                let first = try model.values(x)
                bench.expect(first.allSatisfy(\.isFinite), "\(model.name): its output contains NaN or infinity")
                for _ in 0..<3 { bench.expect(try model.values(x) == first, "\(model.name): two evaluations of one input differ") }
            }
        },
        Check("evaluation", "evaluating changes no state; training mode comes and goes without a trace") { bench in
            for model in try bench.models() {
                let x = try bench.images(3, model.shape)
                try model.parameters.setTraining(false)
                let before = try model.state()
                _ = try model.evaluate(x)
                bench.expect(try model.state() == before, "\(model.name): evaluating changes its state")
                let expected = try model.values(x)
                try model.parameters.setTraining(true)
                try model.parameters.setTraining(false)
                bench.expect(try model.values(x) == expected, "\(model.name): switching to training and back changes the result")
            }
        },
        Check("state", "state that is read and written back brings the result back, and other state changes it") { bench in
            for model in try bench.models() where !model.parameters.entries.isEmpty {
                try model.parameters.setTraining(false)
                let x = try bench.images(3, model.shape)
                let before = try model.state()
                let expected = try model.values(x)
                for entry in model.parameters.entries {
                    bench.expect(
                        entry.role == .buffer || entry.tensor.requiresGrad, "\(model.name): '\(entry.name)' records no gradient")
                    try entry.tensor.copy_(entry.tensor.detach() * 0.5 + 0.01)
                }
                bench.expect(try model.values(x) != expected, "\(model.name): other weights give the same result")
                for (entry, values) in zip(model.parameters.entries, before) {
                    try entry.tensor.copy_(Tensor(values, entry.tensor.shape))
                }
                bench.expect(try model.values(x) == expected, "\(model.name): its own state, written back, gives another result")
            }
        },
        Check("instances", "two instances share nothing") { bench in
            let twins = try bench.models()
            for (model, twin) in zip(try bench.models(), twins) where !model.parameters.entries.isEmpty {
                try model.parameters.setTraining(false)
                try twin.parameters.setTraining(false)
                let x = try bench.images(3, model.shape)
                let expected = try twin.values(x)
                let state = try twin.state()
                for entry in model.parameters.entries { try entry.tensor.copy_(entry.tensor.detach() * 0.5 + 0.01) }
                _ = try model.evaluate(x)
                bench.expect(try twin.state() == state, "\(model.name): writing into one instance's state changes the other's")
                bench.expect(try twin.values(x) == expected, "\(model.name): using one instance changes what another gives")
            }
        },
    ]
}

extension Bench {
    /// Every permutation that the stages' symmetries have.
    fileprivate func checkPermutations(of net: ForeignExtractor, _ name: String) throws {
        for (index, stage) in net.stages.enumerated() {
            for mirror in stage.symmetry.mirror ? [false, true] : [false] {
                for rotation in 0..<min(max(1, stage.symmetry.rotations), 360) {
                    do { _ = try net.permutation(stage: index, rotation: rotation, mirror: mirror) } catch {
                        return complain("\(name): \(error)")
                    }
                }
            }
        }
    }

    /// Stages that are not there, and a classifier that was not asked for.
    fileprivate func checkRefusals(of net: ForeignExtractor, _ model: Model) throws {
        let count = net.stages.count
        let x = try images(2, model.shape)
        expectError("\(model.name): \(count + 1) stages of \(count)") {
            _ = try noGrad { try net.forward(x, stages: 0..<count + 1) }
        }
        let features = try noGrad { try net.forward(x, stages: 0..<count) }
        let plain = try ForeignExtractor(host().part(model.component, input: model.shape, outputs: 0))
        try plain.parameters.setTraining(false)
        expectError("\(model.name): classes from an extractor that was made for features only") {
            _ = try noGrad { try plain.classify(features) }
        }
    }
}

extension Model {
    /// The values of all parameters and buffers.
    func state() throws -> [[Double]] { try parameters.entries.map { try $0.tensor.detach().doubles() } }
}
