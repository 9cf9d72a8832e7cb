/// A stage of a feature extractor, usually a convolution with its nonlinearity, pooling and normalisation: its name and
/// what comes out.
public struct Stage: Equatable, Sendable {
    /// Its name, for users: "conv1".
    public var name: String
    /// The number of channels of its output.
    public var channels: Int
    /// The size of its output in pixels.
    public var height, width: Int
    /// Pixels of the extractor's input per pixel of the output, not counting resampling by an architecture.
    public var stride: Double
    /// The group under which the output is equivariant; translations alone for plain convolutions.
    public var symmetry: Symmetry

    /// A group of transformations of the plane, beside translations, and for scale channels a semigroup of scalings.
    public struct Symmetry: Equatable, Sendable {
        /// The number of rotations, by multiples of 360°/`rotations`.
        public var rotations: Int
        /// Whether reflections belong to it.
        public var mirror: Bool
        /// The ratio above 1 by whose powers the image may be scaled, the map staying where it is; 1: no scaling.
        public var scaleRatio: Double

        /// Makes it of the number of rotations, at least 1, of whether reflections belong to it, and of the ratio of
        /// scalings.
        public init(rotations: Int, mirror: Bool, scaleRatio: Double = 1) {
            self.rotations = rotations
            self.mirror = mirror
            self.scaleRatio = scaleRatio
        }

        /// No rotation, no reflection, no scaling.
        public static let translations = Symmetry(rotations: 1, mirror: false)

        /// Of the rotations by multiples of 360°/`rotations` those that only move the pixels of a square image: quarter
        /// turns, half turns or none.
        public static func movingPixels(among rotations: Int, mirror: Bool = false) -> Symmetry {
            Symmetry(rotations: rotations % 4 == 0 ? 4 : rotations % 2 == 0 ? 2 : 1, mirror: mirror)
        }
    }

    /// Makes it of its name and what comes out of it.
    public init(_ name: String, channels: Int, height: Int, width: Int, stride: Double, symmetry: Symmetry = .translations) {
        self.name = name
        self.channels = channels
        self.height = height
        self.width = width
        self.stride = stride
        self.symmetry = symmetry
    }
}
