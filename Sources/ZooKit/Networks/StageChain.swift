/// The stages of a feature extractor with their layers, built one after the other for the input of a ``Build``.
///
///     var chain = StageChain(build)
///     for (index, kernel) in [9, 7].enumerated() {
///         try chain.add([
///             Conv2d(
///                 inChannels: chain.shape.channels, outChannels: 64, kernelSize: kernel, in: parameters["conv\(index + 1)"]),
///             MaxPool2d(kernelSize: 2), ReLU(),
///         ])
///     }
///     let classifier = try chain.linearClassifier(build, in: parameters["classifier"])
///
/// Sizes and strides follow from the layers, and from the resamplings that the architecture has announced.
public struct StageChain {
    /// What comes out of each stage.
    public private(set) var stages: [Stage] = []
    /// The shape `C×H×W` of what comes next: the input of the next stage, or of the classifier.
    public private(set) var shape: ImageShape
    private(set) var layers: [Sequential] = []
    /// The id of the component, for messages.
    public let id: String
    private let resamplings: [Resampling]
    private var stride = 1.0

    /// Starts with the input, without a stage.
    public init(_ build: Build) {
        id = build.id
        resamplings = build.resamplings
        shape = build.input
        resample()
    }

    private mutating func resample() {
        for resize in resamplings where resize.stage == stages.count { (shape.height, shape.width) = (resize.height, resize.width) }
    }

    /// Adds a stage.
    ///
    /// - Parameters:
    ///   - layers: What the stage consists of, in order.
    ///   - name: Its name; "conv" and its number, from 1, unless given.
    ///   - symmetry: The group under which its output is equivariant.
    /// - Throws: `badArgument` that names the stage if its input is too small.
    public mutating func add(
        _ layers: [any Layer], name: String? = nil, symmetry: Stage.Symmetry = .translations
    ) throws(ZooError) {
        let number = stages.count + 1
        let stage = Sequential(layers)
        do { shape = try stage.outputShape(of: shape) } catch {
            throw ZooError("\(id): stage \(number) gets \(shape.height)×\(shape.width): \(error.message)", error.kind)
        }
        stride *= Double(stage.stride)
        stages.append(
            Stage(
                name ?? "conv\(number)", channels: shape.channels, height: shape.height, width: shape.width, stride: stride,
                symmetry: symmetry))
        self.layers.append(stage)
        resample()
    }

    /// The classifier of most extractors: what the last stage gives as one vector, and a linear layer with an output for each class.
    ///
    /// - Parameters:
    ///   - build: `outputs` is the number of classes.
    ///   - scope: Where the layer's weights are kept.
    /// - Returns: nil if `build.outputs` is 0: the extractor is built for features only.
    public func linearClassifier(_ build: Build, in scope: Scope) throws(ZooError) -> Sequential? {
        guard build.outputs > 0 else { return nil }
        return Sequential([Flatten(), try Linear(inFeatures: shape.count, outFeatures: build.outputs, in: scope)])
    }
}
