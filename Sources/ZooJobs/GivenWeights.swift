import ZooCore
import ZooData
import ZooManifest
import ZooModelFiles
import ZooTraining

/// What a file of weights says of itself, and where that differs from what the user says or asks for.
struct GivenWeights {
    let checksum: String
    /// The data set of the training: the file's own word, else the user's; "unknown" if neither says it.
    let trainedOn: String
    /// nil where the file does not say it.
    let seed: UInt64?
    let trainingData: String
    /// One line each, for the result's warnings.
    private(set) var remarks: [String] = []

    static let unknown = "unknown"

    /// - Throws: `usage` where the user contradicts the file, else as `SafetensorsFile`.
    init(
        _ path: String, for entry: Entry, on dataSet: DataSet, of catalogue: DataSetCatalogue, trainedOn: String?, seed: UInt64?
    ) throws {
        let contents = try FileBytes.read(path)
        checksum = try Checksum.sha256(of: contents)
        let metadata = try SafetensorsFile(contents: contents, path: path).metadata
        let said = try trainedOn.map { try catalogue.named($0).name }
        let own = metadata["dataset"].map(catalogue.canonical)
        if let said, let own, said != own {
            throw HostError(
                .usage, file: path, field: "data set that it was trained on", expected: "\(said), as the command says", found: own)
        }
        let ownSeed = metadata["seed"].flatMap { UInt64($0) }
        if let seed, let ownSeed, seed != ownSeed {
            throw HostError(.usage, file: path, field: "seed", expected: "\(seed), as the command says", found: "\(ownSeed)")
        }
        self.trainedOn = own ?? said ?? Self.unknown
        self.seed = ownSeed ?? seed
        let run = metadata["run"].flatMap { RunIdentity(text: $0) }
        trainingData = run?.data ?? ""
        if let trained = metadata["entry"] {
            if trained != entry.id {
                remarks.append("\(path): its metadata say that it holds weights of the entry '\(trained)', not '\(entry.id)'")
            } else if let run, run.definition != entry.definition {
                remarks.append("\(path): was trained when the entry '\(entry.id)' had other parts or settings")
            }
        } else {
            remarks.append("\(path): its metadata do not say of which entry its weights are")
        }
        if own == nil {
            remarks.append(
                said == nil
                    ? "\(path): its metadata do not say on what it was trained, and the command does not either"
                    : "\(path): its metadata do not say on what it was trained: filed under what the command says")
        } else if self.trainedOn != dataSet.name, said == nil {
            remarks.append("\(path): its metadata say that it was trained on \(self.trainedOn), not on \(dataSet.name)")
        }
    }
}
