/// A change of size between an extractor's stages, which an architecture announces when it asks for the extractor.
public struct Resampling: Equatable, Sendable {
    /// The number of stages before it; 0 is the input.
    public var stage: Int
    /// The new size in pixels.
    public var height, width: Int

    /// Makes it of the number of stages before it and the new size in pixels.
    public init(after stage: Int, height: Int, width: Int) {
        self.stage = stage
        self.height = height
        self.width = width
    }
}
