public import ZooHost
public import ZooKit
import ZooStore

/// `zoo export`: an entry with its weights as a module for PyTorch.
public enum EntryExport {
    /// - Parameters:
    ///   - weights: a file, "initial" for untrained ones, nil for those that the manifest names for `dataset`, seed 0.
    ///   - check: a file for random images and the logits that the zoo gives for them, to compare with.
    /// - Returns: the files that were written.
    /// - Throws: `noInput` if there are no weights, `data` if they do not fit, `unavailable` if the entry cannot be recorded.
    public static func run(
        _ entry: Entry, manifest: Manifest, host: HostRuntime, input: ImageShape, classes: Int, weights: String?, dataset: String,
        to directory: String, check: String? = nil
    ) throws -> [String] {
        let network = try host.network(entry, input: input, classes: classes, seed: 0)
        if weights != "initial" {
            try SafetensorsFile(path: weights ?? shipped(entry, manifest, dataset)).load(into: network.parameters)
        }
        let files = try PythonModule(network).write(as: entry.id, to: directory)
        guard let check else { return files }
        // Another number of images than any that was recorded.
        let images = try Tensor.rand([7, input.channels, input.height, input.width], Generator(seed: 11))
        let logits = try withoutGradients { try network.architecture.forward(images) }
        try SafetensorsFile.write(
            tensors: [("input", images), ("logits", logits)], metadata: ["entry": entry.id], to: check)
        return files + [check]
    }

    private static func shipped(_ entry: Entry, _ manifest: Manifest, _ dataset: String) throws -> String {
        guard let found = entry.weights.first(where: { $0.dataset == dataset }) else {
            throw HostError(
                .noInput,
                "entry '\(entry.id)' comes without weights for \(dataset): name a file with --weights, or 'initial' for untrained ones")
        }
        let path = manifest.resolve(found.file)
        guard try Checksum.sha256(ofFile: path) == found.sha256 else {
            throw HostError(.data, "\(path): its checksum is not the one in \(manifest.path): the file was changed or cut")
        }
        return path
    }
}
