/// MNIST, or any set under its files' names, from four IDX files, raw or gzipped.
///
/// Where they are looked for, and under which names, is `IDXFamily`'s. Paper: LeCun, Bottou, Bengio, Haffner, *Gradient-based learning
/// applied to document recognition*, 1998.
public enum MNIST {
    /// Over the 60,000 training images [FJL20, arXiv:2004.11678, the authors' code].
    public static let normalisation = Normalisation(mean: 0.1307, std: 0.3081)

    /// Reads one split. Content that is not MNIST's own gives a warning and `verified` false, no error.
    ///
    /// - Parameter directory: the environment's `ZOO_DATA` if nil.
    /// - Throws: `HostError` naming the file, the field, what was expected and what was found.
    public static func imageSet(_ split: Split, in directory: String? = nil) throws -> ImageSet {
        try IDXSource.mnist.imageSet(split, name: "mnist", in: directory)
    }

    /// SHA-256 of the four files, inflated.
    static let checksums = [
        "train-images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "test-images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "test-labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ]
}
