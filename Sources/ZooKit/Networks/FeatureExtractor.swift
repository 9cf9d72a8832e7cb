/// A classification network as a chain of stages and a classifier on the last one.
///
/// f₁..X of [FJL20, arXiv:2004.11678, section 3] is `forward(x, stages: 0..<X)`. ``StagedExtractor`` writes it with
/// less code.
public protocol FeatureExtractor: Module {
    /// Its stages, at least one, with the sizes that they have for the input the extractor was built for.
    var stages: [Stage] { get }

    /// Runs some of the stages.
    ///
    /// - Parameters:
    ///   - x: `N×C×H×W`, the input of the range's first stage.
    ///   - range: Indices of stages, from 0; an empty range gives `x` back.
    /// - Returns: The output of the range's last stage, `N×C×H×W`.
    /// - Throws: ``ZooError`` if `x` has another shape.
    func forward(_ x: Tensor, stages range: Range<Int>) throws -> Tensor

    /// Classifies.
    ///
    /// - Parameter features: The output of the last stage, `N×C×H×W`.
    /// - Returns: Logits, `N×classes`, or `N×heads×classes` where several things are read at once.
    /// - Throws: `unsupported` if the extractor was built with no classes, for features only.
    func classify(_ features: Tensor) throws -> Tensor

    /// How the channels of a stage move when the image is transformed: channel c of the transformed image's features
    /// holds, transformed in the plane, what was in channel result[c].
    ///
    /// - Parameters:
    ///   - stage: Index of the stage, from 0.
    ///   - rotation: Anticlockwise, in steps of 360° divided by the stage's ``Stage/Symmetry/rotations``.
    ///   - mirror: Whether the image is mirrored left to right before it is rotated.
    /// - Returns: A permutation of the stage's channels; by default every channel stays.
    /// - Throws: `notFound` for a stage that is not there, `unsupported` for a transformation outside the stage's
    ///   symmetry.
    func permutation(stage: Int, rotation: Int, mirror: Bool) throws -> [Int]

    /// How the channels of a stage move when the image is enlarged: channel c of the enlarged image's features holds, at
    /// the same places, what was in channel result[c].
    ///
    /// - Parameters:
    ///   - stage: Index of the stage, from 0.
    ///   - steps: The enlargement, as a power of the stage's ``Stage/Symmetry/scaleRatio``; below 0 a reduction.
    /// - Returns: As many numbers as the stage has channels; -1 where nothing corresponds, at the ends of the scales.
    /// - Throws: `notFound` for a stage that is not there, `unsupported` for one without such a ratio, as all are by
    ///   default.
    func scaling(stage: Int, steps: Int) throws -> [Int]
}

extension FeatureExtractor {
    public func permutation(stage: Int, rotation: Int, mirror: Bool) throws -> [Int] {
        guard stages.indices.contains(stage) else { throw ZooError("no stage \(stage); there are \(stages.count)", .notFound) }
        return Array(0..<stages[stage].channels)
    }

    public func scaling(stage: Int, steps: Int) throws -> [Int] {
        guard stages.indices.contains(stage) else { throw ZooError("no stage \(stage); there are \(stages.count)", .notFound) }
        throw ZooError("stage '\(stages[stage].name)' is not equivariant under scaling", .unsupported)
    }

    /// The logits of all stages and the classifier, of images `N×C×H×W`: the plain CNN.
    public func logits(_ x: Tensor) throws -> Tensor { try classify(forward(x, stages: 0..<stages.count)) }
}

extension FeatureExtractor {
    /// Runs some of the stages and records the output of each as "stage.1", "stage.2", …, counted from the first of all
    /// stages.
    ///
    /// - Throws: What ``forward(_:stages:)`` throws.
    public func forward(_ x: Tensor, stages range: Range<Int>, trace: Trace?) throws -> Tensor {
        // One call for all of them, where nobody looks at what lies between.
        guard let trace else { return try forward(x, stages: range) }
        var features = x
        for stage in range {
            features = try forward(features, stages: stage..<stage + 1)
            trace.stage(stage + 1, features)
        }
        return features
    }

    /// The logits of all stages and the classifier; the output of every stage is recorded.
    ///
    /// - Throws: What ``forward(_:stages:)`` and ``classify(_:)`` throw.
    public func logits(_ x: Tensor, trace: Trace?) throws -> Tensor {
        try classify(forward(x, stages: 0..<stages.count, trace: trace))
    }

    /// The shape `C×H×W` of what the first stages give for one image.
    ///
    /// - Parameters:
    ///   - depth: The number of stages.
    ///   - input: The shape `C×H×W` of one image.
    ///   - name: The option that `depth` comes from, for the message.
    /// - Throws: `badArgument` if there are fewer stages.
    public func shape(after depth: Int, input: ImageShape, option name: String) throws(ZooError) -> ImageShape {
        guard depth >= 0, depth <= stages.count else {
            throw ZooError("'\(name)' is \(depth), but the extractor has \(stages.count) stages", .badArgument)
        }
        guard depth > 0 else { return input }
        let stage = stages[depth - 1]
        return ImageShape(stage.channels, stage.height, stage.width)
    }
}
