import TestSupport
import Testing
import ZooCore
import ZooKit

/// The features of every stage for g·x, transformed back in space and channels, are those for x, for every quarter turn
/// and mirroring of the symmetry that the stage declares. Sums run in another order; `tolerance` is for their rounding.
func expectEquivariantStages(
    _ net: ForeignExtractor, _ x: Tensor, within tolerance: Double, at place: SourceLocation = #_sourceLocation
) throws {
    for (index, stage) in net.stages.enumerated() {
        #expect(stage.symmetry.rotations % 4 == 0, sourceLocation: place)
        let upright = try net.forward(x, stages: 0..<index + 1)
        #expect(upright.shape == [try x.size(0), stage.channels, stage.height, stage.width], sourceLocation: place)
        for mirror in stage.symmetry.mirror ? [false, true] : [false] {
            for quarters in 0..<4 {
                let found = try net.forward(x.moved(quarters: quarters, mirror: mirror), stages: 0..<index + 1)
                let expected = try upright.moved(quarters: quarters, mirror: mirror)
                    .permuted(by: net.permutation(stage: index, rotation: quarters * stage.symmetry.rotations / 4, mirror: mirror))
                #expect(
                    try relativeDifference(found, expected) < tolerance, "stage \(stage.name), \(quarters) quarters, mirror \(mirror)",
                    sourceLocation: place)
            }
        }
    }
}

/// Batch statistics are shared over the group, so a batch turned as a whole gives the same logits in training and leaves the same
/// running statistics, but for rounding. A mean near zero is a sum of values that cancel: it errs by their size, which the deviation says, and
/// not by its own. Of that 1e-6 is sixteen times float32's rounding.
///
/// - Returns: the network that has seen the upright batch, and the batch.
@discardableResult
func expectEquivariantBatchNorm(
    _ id: String, _ config: [String: JSON], at place: SourceLocation = #_sourceLocation
) throws -> (net: ForeignExtractor, batch: Tensor) {
    let (upright, turned) = (try extractor(id, config), try extractor(id, config))
    try turned.parameters.copyValues(of: upright.parameters)
    try upright.parameters.setTraining(true)
    try turned.parameters.setTraining(true)
    let x = try wave([4, 1, 28, 28])
    #expect(try relativeDifference(turned.logits(x.rot90()), upright.logits(x)) < 1e-4, sourceLocation: place)
    func statistics(_ net: ForeignExtractor, _ kind: String) throws -> [Double] {
        try net.parameters.entries.filter { $0.name.hasSuffix(kind) }.flatMap { try $0.tensor.detach().doubles() }
    }
    let variances = try statistics(upright, "running_var")
    for kind in ["running_mean", "running_var"] {
        let (one, other) = (try statistics(upright, kind), try statistics(turned, kind))
        #expect(one.count == other.count && one.count == variances.count && !one.isEmpty, sourceLocation: place)
        for (index, variance) in variances.enumerated() {
            let size = kind == "running_var" ? variance : max(variance.squareRoot(), abs(one[index]))
            #expect(abs(other[index] - one[index]) < 1e-6 * size, "\(kind) \(index)", sourceLocation: place)
        }
    }
    return (upright, x)
}

extension Tensor {
    /// The channels of N×C×H×W in another order.
    func permuted(by channels: [Int]) throws -> Tensor {
        try indexSelect(dim: 1, index: Tensor(channels.map(Int64.init), [channels.count]))
    }
}
