import Glibc
import ZooKit

/// A plain CNN asked about several rotated copies of the image; the answer is the mean of the probabilities.
///
/// In evaluation the logits are the logarithm of the mean softmax over the copies, N×classes or N×heads×classes. In
/// training the network sees the image as it is: its parameters are those of architecture `cnn`, and weights fit both.
/// Quarter turns of square images are exact, other angles are interpolated bilinearly.
final class TestTimeAugmentation: Architecture, Component {
    static let id = "tta"
    static let summary = "Test-time augmentation: the plain CNN's probabilities averaged over rotated copies of the image"
    static let slots = [Slot("extractor", .extractor, "the classification network")]
    static let wiring: Wiring? = Wiring(
        .input,
        """
        x ──→ transformed copies of x ──→ {extractor}, each ──→ mean of the probabilities
        """)
    static let options = [
        Option.int("count", default: 8, in: 1...360, "number of copies, evenly spaced over 'range'"),
        Option.double("range", default: 180, in: 0...180, "largest angle in degrees, both ways; 180 is the whole circle"),
        Option.doubles("angles", default: [], in: -360...360, "angles in degrees, anticlockwise, instead of 'count' and 'range'"),
        Option.bool("mirror", default: false, "also the mirror image of every copy"),
        PaddingMode.option(default: .border),
    ]

    private static let logSumExp = Operator("aten::logsumexp")

    let parameters = Parameters()
    private let extractor: any FeatureExtractor
    private let angles: [Double]
    private let mirrors: Bool
    private let paddingMode: PaddingMode

    init(_ build: Build) throws {
        let listed = try build.doubles("angles")
        angles = listed.isEmpty ? Self.angles(count: try build.int("count"), range: try build.double("range")) : listed
        mirrors = try build.bool("mirror")
        paddingMode = try PaddingMode(build)
        extractor = try build.extractor("extractor", input: build.input, classes: build.outputs)
        try parameters["extractor"].adopt(extractor)
    }

    /// The whole circle starts at 0 and leaves 360 out; a part of it has both ends.
    private static func angles(count: Int, range: Double) -> [Double] {
        if range == 180 { return (0..<count).map { 360 * Double($0) / Double(count) } }
        if count == 1 { return [0] }
        return (0..<count).map { range * (2 * Double($0) / Double(count - 1) - 1) }
    }

    /// Logits; the trace gets the stages of the image as it is.
    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor {
        if parameters.isTraining { return try extractor.logits(x, trace: trace) }
        if trace != nil { _ = try extractor.logits(x, trace: trace) }
        var votes: [Tensor] = []
        for angle in angles {
            let copy = try x.rotated(degrees: angle, paddingMode: paddingMode)
            votes.append(try extractor.logits(copy).logSoftmax(dim: -1))
            if mirrors { votes.append(try extractor.logits(copy.flip(dims: [-1])).logSoftmax(dim: -1)) }
        }
        return try Self.logSumExp(Tensor.stack(votes), [0]) + -log(Double(votes.count))
    }
}

private let plugin = Plugin(
    """
    ZOO-PLUGIN-DESCRIPTOR 1.0
    id: TestTimeAugmentation
    version: 1.0.0
    licence: Apache-2.0
    summary: Averages a network over transformed copies of the image
    authors: The STN Zoo authors
    """, [TestTimeAugmentation.self])

@c(libTestTimeAugmentation_LTX_zoo_plugin_v1)
public func zooPlugin(_ host: UnsafeRawPointer?) -> UnsafeRawPointer? { plugin.attach(host) }
