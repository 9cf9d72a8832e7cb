/// What all entries share about the test images.
public enum TestImages {
    /// Seed of their transformations: one for all, so that every entry, trained from any seed, sees the same images.
    public static let seed: UInt64 = 0
}
