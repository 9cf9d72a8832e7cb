/// One stage of a feature extractor: a convolution with its nonlinearity, pooling and normalisation.
public struct Stage: Equatable, Sendable {
    public var name: String
    /// Of one output, C×H×W.
    public var channels, height, width: Int
    /// Input pixels per output pixel, cumulative, not counting resampling by an architecture.
    public var stride: Double
    /// The group under which the output is equivariant. A plain convolution has translations only.
    public var symmetry: Symmetry

    /// Rotations by steps of 360°/`rotations`, with `mirror` also reflections.
    public struct Symmetry: Equatable, Sendable {
        public var rotations: Int
        public var mirror: Bool
        public init(rotations: Int, mirror: Bool) {
            self.rotations = rotations
            self.mirror = mirror
        }
        public static let translations = Symmetry(rotations: 1, mirror: false)
    }

    public init(_ name: String, channels: Int, height: Int, width: Int, stride: Double, symmetry: Symmetry = .translations) {
        self.name = name
        self.channels = channels
        self.height = height
        self.width = width
        self.stride = stride
        self.symmetry = symmetry
    }
}

/// A classification network as a chain of stages and a classifier on the last one.
///
/// f₁..X of [FJL20, arXiv:2004.11678] is `forward(x, stages: 0..<X)`.
public protocol FeatureExtractor: Module {
    var stages: [Stage] { get }

    /// Runs some of the stages on N×C×H×W; an empty range gives `x` back.
    func forward(_ x: Tensor, stages range: Range<Int>) throws -> Tensor

    /// The last stage's output to logits: N×classes, or N×heads×classes where several things are read at once.
    ///
    /// - Throws: `unsupported` if built with `outputs` = 0, features only.
    func classify(_ features: Tensor) throws -> Tensor

    /// How a rotation by `rotation` steps anticlockwise, after a left-right mirroring if `mirror`, moves the channels of a
    /// stage: channel c of the transformed image's features holds, transformed spatially, what was in channel result[c].
    func permutation(stage: Int, rotation: Int, mirror: Bool) throws -> [Int]
}

extension FeatureExtractor {
    public func permutation(stage: Int, rotation: Int, mirror: Bool) throws -> [Int] {
        guard stages.indices.contains(stage) else { throw ZooError("no stage \(stage); there are \(stages.count)", .notFound) }
        return Array(0..<stages[stage].channels)
    }

    /// All stages and the classifier: the plain CNN.
    public func logits(_ x: Tensor) throws -> Tensor { try classify(forward(x, stages: 0..<stages.count)) }
}

/// A family of spatial transformations: from K parameters to a transformation θ, and the warp that applies it.
///
/// Coordinates are [-1, 1] from edge to edge of the image, x to the right, y down, align_corners = false. θ maps output
/// to input coordinates; it is N×2×3 for affine families and below, N×3×3 for projective ones, and whatever the family's
/// own `warp` takes where no matrix can say it.
public protocol SpatialTransformer: Module {
    /// K.
    var parameterCount: Int { get }
    /// The K parameters of the identity.
    var identity: [Double] { get }
    /// Whether `compose` works: the transformations are matrices.
    var composes: Bool { get }
    /// Whether `invert` works.
    var inverts: Bool { get }
    /// The size of a warped image.
    func outputSize(height: Int, width: Int) -> (height: Int, width: Int)
    /// Parameters N×K to θ.
    func transformation(_ parameters: Tensor) throws -> Tensor
    /// The matrix product first · second: sampling with it is sampling with `second`, then looking those places up through `first`.
    func compose(_ first: Tensor, _ second: Tensor) throws -> Tensor
    func invert(_ theta: Tensor) throws -> Tensor
    /// Samples images N×C×H×W bilinearly; N×C×height×width. Differentiable in both.
    func warp(_ images: Tensor, _ theta: Tensor, height: Int, width: Int) throws -> Tensor
}

extension SpatialTransformer {
    public func outputSize(height: Int, width: Int) -> (height: Int, width: Int) { (height, width) }
    public func compose(_ first: Tensor, _ second: Tensor) throws -> Tensor { throw ZooError("this family does not compose", .unsupported) }
    public func invert(_ theta: Tensor) throws -> Tensor { throw ZooError("this family has no inverse", .unsupported) }

    /// θ of parameters = identity + offset, where `offset` N×K is what a localization net says.
    public func transformation(offset: Tensor) throws -> Tensor {
        let start = try Tensor(identity, [1, parameterCount]).to(device: offset.device, dtype: offset.dtype)
        return try transformation(offset + start)
    }

    /// Warps to `outputSize`.
    public func warp(_ images: Tensor, _ theta: Tensor) throws -> Tensor {
        let size = try outputSize(height: images.size(-2), width: images.size(-1))
        return try warp(images, theta, height: size.height, width: size.width)
    }
}

/// From an image or features to the parameters of a transformation, as an offset from its family's identity.
///
/// The last layer's weight and bias start at zero, so that the offset is zero at initialisation and every spatial
/// transformer starts as the plain network.
public protocol LocalizationNet: Module {
    /// N×C×H×W to N×K.
    func forward(_ x: Tensor) throws -> Tensor
}

/// A whole classifier, wired from parts.
public protocol Architecture: Module {
    /// N×C×H×W to logits, N×classes or N×heads×classes. What happens on the way goes into `trace`, if there is one.
    func forward(_ x: Tensor, trace: Trace?) throws -> Tensor
}

extension Architecture {
    public func forward(_ x: Tensor) throws -> Tensor { try forward(x, trace: nil) }
}

/// Where an architecture says what happened on the way.
public struct Trace {
    private let sink: (String, Tensor) -> Void
    public init(_ sink: @escaping (String, Tensor) -> Void) { self.sink = sink }

    public func record(_ name: String, _ tensor: Tensor) { sink(name, tensor) }
    /// θ of an iteration or placement, counted from 1.
    public func theta(_ index: Int, _ theta: Tensor) { record("theta.\(index)", theta) }
    /// What the classifier saw, or the last warped features.
    public func warped(_ images: Tensor) { record("warped", images) }
    /// The output of a stage, counted from 1.
    public func stage(_ index: Int, _ features: Tensor) { record("stage.\(index)", features) }
}

/// A trace kept in memory.
public final class Recording {
    public private(set) var tensors: [(name: String, tensor: Tensor)] = []
    public init() {}
    public var trace: Trace { Trace { self.tensors.append(($0, $1)) } }
    /// The last tensor of that name.
    public subscript(name: String) -> Tensor? { tensors.last { $0.name == name }?.tensor }
    /// θ of all iterations or placements, in order.
    public var thetas: [Tensor] { tensors.filter { $0.name.hasPrefix("theta.") }.map(\.tensor) }
}
