import Foundation
import ZooKit
import ZooManifest

/// Gradient descent over a network's parameters, localization nets at their own rate.
final class Optimizer {
    private static let sgd = Operator("aten::_fused_sgd_")
    private static let adam = Operator("aten::_fused_adam_")

    private struct Slot {
        let name: String
        let parameter: Tensor
        let isLocalization: Bool
        /// Momentum; for Adam the first and second moments.
        let moments: [Tensor]
        /// Adam's own count of updates, a scalar tensor because the fused operator advances nothing by itself.
        let count: Tensor
        /// The parameter and its moments as the operators are to see them.
        let views: [Tensor]
    }
    private let slots: [Slot]
    private let recipe: Recipe

    init(_ parameters: Parameters, _ recipe: Recipe) throws {
        self.recipe = recipe
        slots = try parameters.entries.filter { $0.role == .parameter }.map { entry in
            let moments = try (0..<(recipe.optimizer == .adam ? 2 : 1)).map { _ in try entry.tensor.detach().zerosLike() }
            return Slot(
                name: entry.name, parameter: entry.tensor, isLocalization: entry.name.hasPrefix("localization."), moments: moments,
                count: try Tensor.zeros([]).to(device: entry.tensor.device),
                views: try ([entry.tensor.detach()] + moments).map(Self.rowMajor))
        }
    }

    /// Filters as they lie on the CPU, channels last: the fused operators there copy a gradient that is not row-major, and use no copy.
    private static func rowMajor(_ tensor: Tensor) throws -> Tensor {
        tensor.ndim == 4 && tensor.device == .cpu ? try tensor.permute([0, 2, 3, 1]) : tensor
    }

    /// The state that a checkpoint keeps: the moments and counts, by name.
    var state: [(name: String, tensor: Tensor)] {
        slots.flatMap { slot in
            slot.moments.enumerated().map { ("optimizer.\($0).\(slot.name)", $1) } + [("optimizer.count.\(slot.name)", slot.count)]
        }
    }

    func clearGradients() throws { for slot in slots { try slot.parameter.clearGrad() } }

    /// One update from the gradients that are there; a parameter without one keeps its value.
    func step(learningRate: Double) throws {
        for localization in [false, true] {
            let rate = localization ? learningRate * recipe.localizationRate : learningRate
            var parameters: [Tensor] = []
            var gradients: [Tensor] = []
            var used: [Slot] = []
            for slot in slots where slot.isLocalization == localization {
                guard let gradient = try slot.parameter.grad else { continue }
                parameters.append(slot.views[0])
                gradients.append(try Self.rowMajor(gradient))
                used.append(slot)
            }
            guard !used.isEmpty else { continue }
            try noGrad {
                switch recipe.optimizer {
                case .sgd:
                    try Self.sgd.run(
                        parameters, gradients, used.map { $0.views[1] }, recipe.weightDecay, recipe.momentum, rate, 0.0,
                        recipe.nesterov && recipe.momentum > 0, false, false)
                case .adam:
                    for slot in used { try slot.count.add_(1) }
                    try Self.adam.run(
                        parameters, gradients, used.map { $0.views[1] }, used.map { $0.views[2] }, [Tensor](), used.map(\.count), rate,
                        0.9,
                        0.999, recipe.weightDecay, 1e-8, false, false)
                }
            }
        }
    }
}

extension Tensor {
    fileprivate func zerosLike() throws -> Tensor { try self * 0.0 }
}

extension Recipe {
    /// The learning rate of a step, from the progress of the whole run in 0 ..< 1.
    func rate(progress: Double) -> Double {
        switch schedule {
        case .constant: learningRate
        case .cosine: learningRate * 0.5 * (1 + cos(.pi * progress))
        case .step: learningRate * pow(0.1, Double(steps.filter { progress >= $0 }.count))
        }
    }
}
