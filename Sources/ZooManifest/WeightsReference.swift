import ZooCore

/// Trained weights of an entry.
public struct WeightsReference: Sendable, Equatable {
    /// The data set they were trained on.
    public let dataset: String
    public let seed: UInt64
    /// The file as the manifest names it, relative to the manifest's folder.
    public let file: String
    /// Lower-case hex.
    public let sha256: String
    /// The path of the manifest that names it, which may be one that another includes.
    public let manifest: String
    /// Where the file is.
    public let path: String
}

extension WeightsReference {
    init(_ place: JSONPlace, manifest: String, folder: String) throws(HostError) {
        let names = ["dataset", "seed", "file", "sha256"]
        let fields = try place.object(names, required: names)
        dataset = try fields["dataset"]?.string() ?? ""
        seed = UInt64(try fields["seed"]?.int(in: 0...Int.max) ?? 0)
        file = try fields["file"]?.string() ?? ""
        sha256 = try fields["sha256"]?.digest() ?? ""
        self.manifest = manifest
        path = Manifest.resolve(file, in: folder)
    }
}
