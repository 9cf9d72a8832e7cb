import Foundation
import ZooKit

extension Check {
    /// What the kinds promise.
    static let laws = [
        Check("gradients", "gradients are the slopes: central differences in float64 along random directions") { bench in
            for model in try bench.models() { try bench.checkGradients(of: model) }
        },
        Check(
            "identity",
            "at first nothing is transformed, unless the traits say so: offsets are zero, and the identity leaves images as they are"
        ) { bench in
            for model in try bench.models([.localization, .transformer, .architecture]) {
                try model.parameters.setTraining(false)
                let x = try bench.images(3, model.shape)
                switch model.module {
                case let net as ForeignLocalization:
                    let offset = try noGrad { try net.forward(x) }
                    bench.expect(offset.shape == [3, Bench.familyParameters], "\(model.name): offsets of shape \(offset.shape)")
                    bench.expect(
                        try net.traits.isPosedAtFirst || offset.doubles().allSatisfy { $0 == 0 },
                        "\(model.name): its offset is not zero at first")
                case let family as ForeignTransformer:
                    let identity = try family.transformation(offset: Tensor.zeros([3, family.parameterCount]))
                    let same = try family.warp(x, identity, height: model.shape.height, width: model.shape.width)
                    // Places are computed in float32: 1e-7 of a coordinate is 1e-6 of a pixel.
                    let gap = Bench.difference(try x.doubles(), try same.doubles())
                    bench.expect(gap < 1e-4, "\(model.name): its identity changes an image by \(gap)")
                case let net as ForeignArchitecture:
                    let recording = Recording()
                    let traced = try noGrad { try net.forward(x, trace: recording.trace) }
                    bench.expect(try traced.doubles() == model.values(x), "\(model.name): tracing changes the result")
                    guard !net.traits.isPosedAtFirst else { break }
                    for (index, theta) in recording.thetas.enumerated() where theta.shape == [3, 2, 3] {
                        let rows = try theta.detach().doubles()
                        let one: [Double] = [1, 0, 0, 0, 1, 0]
                        let gap = rows.enumerated().reduce(0) { max($0, abs($1.element - one[$1.offset % 6])) }
                        bench.expect(gap < 1e-6, "\(model.name): theta.\(index + 1) is \(gap) away from the identity at first")
                    }
                default: break
                }
            }
        },
        Check("invariance", "logits do not change under the group that the traits name, or no more than they say") { bench in
            let models = try bench.models([.architecture]).filter { $0.module.traits.invariance != .translations }
            guard !models.isEmpty else { throw Check.Skip(reason: "its traits name no group") }
            for model in models { try bench.checkInvariance(of: model) }
        },
        Check("group-laws", "families that compose and invert do it as groups do") { bench in
            for model in try bench.models([.transformer]) {
                // On a wide image, too: there a pixel is not as wide as it is high in the coordinates of the images.
                let shape = model.shape
                let wide = ImageShape(shape.channels, shape.height, shape.width * 3 / 2)
                let others = [try? bench.model(model.component, shape: wide, settings: nil)].compactMap { $0 }
                for model in [model] + others { try bench.checkGroupLaws(of: model) }
            }
        },
        Check("symmetry", "stages have the shapes and the symmetry that they declare, under quarter turns and mirroring") { bench in
            for model in try bench.models([.extractor]) {
                guard let net = model.module as? ForeignExtractor else { continue }
                try net.parameters.setTraining(false)
                let x = try bench.images(2, model.shape)
                for (index, stage) in net.stages.enumerated() {
                    let upright = try noGrad { try net.forward(x, stages: 0..<index + 1) }
                    let what = "\(model.name), stage '\(stage.name)'"
                    bench.expect(
                        upright.shape == [2, stage.channels, stage.height, stage.width],
                        "\(what): declared \(stage.channels)×\(stage.height)×\(stage.width), gives \(upright.shape)")
                    guard model.shape.height == model.shape.width else { continue }
                    for mirror in stage.symmetry.mirror ? [false, true] : [false] {
                        for quarters in 0..<4 where stage.symmetry.rotations * quarters % 4 == 0 {
                            // Permutations that are none are the matter of the check 'answers'.
                            let rotation = stage.symmetry.rotations * quarters / 4
                            guard let channels = try? net.permutation(stage: index, rotation: rotation, mirror: mirror) else { continue }
                            let order = try Tensor(channels.map(Int64.init), [channels.count])
                            let moved = try noGrad { try net.forward(x.moved(quarters, mirror), stages: 0..<index + 1) }
                            let expected = try upright.moved(quarters, mirror).indexSelect(dim: 1, index: order)
                            let gap = Bench.difference(try expected.doubles(), try moved.doubles())
                            bench.expect(
                                gap < 1e-4, "\(what): off by \(gap) for \(quarters) quarter turns\(mirror ? " of the mirror image" : "")")
                        }
                    }
                }
                let all = try noGrad { try net.forward(x, stages: 0..<net.stages.count) }
                var features = x
                for index in net.stages.indices { features = try noGrad { try net.forward(features, stages: index..<index + 1) } }
                bench.expect(try all.doubles() == features.doubles(), "\(model.name): its stages one by one are not its stages at once")
                bench.expect(
                    try noGrad { try net.forward(x, stages: 0..<0).doubles() } == x.doubles(),
                    "\(model.name): no stage at all changes the input")
            }
        },
    ]
}

extension Tensor {
    /// Mirrored left to right if asked for, then turned anticlockwise.
    fileprivate func moved(_ quarters: Int, _ mirror: Bool) throws -> Tensor {
        let image = mirror ? try flip(dims: [-1]) : self
        return quarters == 0 ? image : try image.rot90(quarters)
    }
}

extension Bench {
    /// Three transformations at once, none of which is a special case.
    fileprivate func checkGroupLaws(of model: Model) throws {
        guard let family = model.module as? ForeignTransformer else { return }
        let count = family.parameterCount
        func wave(_ phase: Double) throws -> Tensor {
            let values = (0..<3 * count).map { 0.15 * sin(Double($0) * 2.3 + phase) }
            return try family.transformation(offset: Tensor(values, [3, count]))
        }
        // float64; products and inverses of small well-conditioned matrices lose a few digits of sixteen.
        func same(_ a: Tensor, _ b: Tensor, _ law: String) throws {
            let gap = Bench.difference(try a.doubles(), try b.doubles())
            expect(gap < 1e-10, "\(model.name) on \(model.shape): \(law) is off by \(gap)")
        }
        let (a, b, c) = (try wave(0), try wave(1), try wave(2))
        let one = try family.transformation(offset: Tensor.zeros([3, count], dtype: .float64))
        if family.composes {
            try same(a, family.compose(a, one), "a · 1 = a")
            try same(a, family.compose(one, a), "1 · a = a")
            try same(family.compose(family.compose(a, b), c), family.compose(a, family.compose(b, c)), "(a·b)·c = a·(b·c)")
        } else {
            expectError("\(model.name): composes, though its flags deny it") { _ = try family.compose(a, b) }
        }
        if family.inverts {
            try same(one, family.compose(a, family.invert(a)), "a · a⁻¹ = 1")
            try same(one, family.compose(family.invert(a), a), "a⁻¹ · a = 1")
        } else {
            expectError("\(model.name): inverts, though its flags deny it") { _ = try family.invert(a) }
        }
    }

    /// Compares slopes along three random directions in weights and input. A direction may cross a kink (a maximum that changes hands, a
    /// pixel's border); a wrong gradient is wrong in all of them.
    fileprivate func checkGradients(of model: Model) throws {
        try model.parameters.convert(dtype: .float64)
        try model.parameters.setTraining(false)
        let generator = try Generator(seed: seed &+ 11)
        // Weights that start at zero would hide what lies before them.
        let weights = model.parameters.entries.filter { $0.role == .parameter && $0.tensor.dtype == .float64 }
        for entry in weights {
            try entry.tensor.copy_(entry.tensor.detach() + Tensor.randn(entry.tensor.shape, generator: generator, dtype: .float64) * 0.02)
        }
        let shape = model.shape
        let x = try Tensor.randn([2, shape.channels, shape.height, shape.width], generator: generator, dtype: .float64)
        let start = try x.clone().requiresGrad_()
        let isDetached = model.module.traits.isPoseDetached
        if isDetached, let net = model.module as? ForeignArchitecture {
            let recording = Recording()
            _ = try net.forward(start, trace: recording.trace)
            for (index, theta) in recording.thetas.enumerated() where theta.requiresGrad {
                complain("\(model.name): theta.\(index + 1) carries a gradient, though its traits deny it")
            }
        }
        let output = try model.run(start)
        let mix = try Tensor.randn(output.shape, generator: generator, dtype: .float64)
        try (output * mix).sum().backward()
        let zero: (Tensor) throws -> Tensor = { try Tensor.zeros($0.shape, dtype: .float64) }
        let inputSlope = try start.grad?.detach() ?? zero(start)
        let slopes = try weights.map { try $0.tensor.grad?.detach() ?? zero($0.tensor) }
        let origin = try weights.map { try $0.tensor.detach().clone() }
        if isDetached {
            let slope = try inputSlope.doubles()
            expect(
                slope.allSatisfy(\.isFinite) && slope.contains { $0 != 0 },
                "\(model.name): no finite gradient reaches the input through the aligned image")
        }
        // Without the pose's share the gradient of the input is no slope; that of weights which the pose does not depend on is one.
        for (what, isInput) in [("the input", true), ("the weights", false)] where isInput ? !isDetached : !weights.isEmpty {
            var disagreements: [(analytic: Double, numeric: Double)] = []
            for _ in 0..<3 {
                let inputDirection = try isInput ? Tensor.randn(x.shape, generator: generator, dtype: .float64) : zero(x)
                let directions = try weights.map {
                    try isInput ? zero($0.tensor) : Tensor.randn($0.tensor.shape, generator: generator, dtype: .float64)
                }
                var analytic = try (inputSlope * inputDirection).sum().item()
                for (slope, direction) in zip(slopes, directions) { analytic += try (slope * direction).sum().item() }
                func value(_ step: Double) throws -> Double {
                    for (index, entry) in weights.enumerated() { try entry.tensor.copy_(origin[index] + directions[index] * step) }
                    return try (model.evaluate(x + inputDirection * step) * mix).sum().item()
                }
                let step = 1e-7
                let numeric = (try value(step) - value(-step)) / (2 * step)
                // Rounding: 1e-16 of the value over the step. One direction that agrees is enough.
                if abs(numeric - analytic) <= 1e-3 * max(abs(numeric), abs(analytic)) + 1e-6 { break }
                disagreements.append((analytic, numeric))
            }
            if let first = disagreements.first, disagreements.count == 3 {
                complain("\(model.name): the gradient of \(what) says \(first.analytic), central differences say \(first.numeric)")
            }
        }
    }
}
