/// What is the same about the test images for everybody.
public enum TestImages {
    /// Seed of their transformations: one for all, so that every entry, trained from any seed, sees the same images.
    public static let seed: UInt64 = 0
}
