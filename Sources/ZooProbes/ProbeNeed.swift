import ZooData
import ZooKit

/// What a probe needs of the network or the data set that it measures.
public enum ProbeNeed: String, Codable, Sendable, CaseIterable {
    /// A data set that transforms its images.
    case transformedSet
    /// A spatial transformer: the network records θ in its trace.
    case transformer
    /// An extractor, whose stages can be run one by one.
    case stages

    /// - Throws: `NotApplicable` where a subject does not have it.
    func check(_ subject: ProbeSubject) throws {
        switch self {
        case .transformedSet:
            guard subject.dataSet.upright != subject.dataSet else {
                throw NotApplicable("\(subject.dataSet.name) does not transform its images")
            }
        case .transformer:
            let recording = Recording()
            let loader = try subject.network.testLoader(subject.images, of: subject.dataSet, batch: 1)
            _ = try subject.logits(loader.batch(of: [0]), trace: recording.trace)
            guard !recording.thetas.isEmpty else { throw NotApplicable("the entry has no spatial transformer: its trace has no θ") }
        case .stages:
            guard try subject.hasExtractor else { throw NotApplicable("the entry has no slot that an extractor fills") }
        }
    }
}
