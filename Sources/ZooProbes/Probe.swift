public import ZooCore
public import ZooData
public import ZooHost
public import ZooStore

/// One thing that is measured of an entry, in the same way for every entry.
///
/// A probe is a pure function of the network, its weights, the test images and its own settings: the same job gives the
/// same bits on the same machine with the same number of threads, timings aside.
public protocol Probe: Sendable {
    /// As on the command line: "error", "invariance", "pose".
    var name: String { get }
    /// One line for a listing.
    var summary: String { get }
    /// All that can change the result, defaults included; a part of the job's identity.
    var settings: [String: JSON] { get }
    /// What a network must offer to be probed.
    var needs: Set<ProbeNeed> { get }
    /// Whether it takes times, and so wants the machine to itself: such jobs run one by one, after all others.
    var isTiming: Bool { get }

    /// - Throws: `Interrupted` if asked to stop; `NotApplicable` if the entry has not what the probe needs.
    func run(on subject: ProbeSubject, progress: any ProgressListener) throws -> Measurement
}

extension Probe {
    public var isTiming: Bool { false }
}

public enum ProbeNeed: String, Codable, Sendable, CaseIterable {
    /// θ in the trace: a spatial transformer.
    case transformer
    /// Stage outputs in the trace.
    case stages
    /// A data set that transforms its images.
    case transformedSet
}

/// The entry cannot be probed in this way: no failure, there is nothing to measure.
public struct NotApplicable: Error, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// A network with its weights, and the images to probe it with.
public struct ProbeSubject {
    public let host: HostRuntime
    /// In evaluation mode.
    public let network: Network
    public let dataSet: DataSet
    /// The test images as recorded.
    public let images: ImageSet
    /// Images per forward pass; no result depends on it beyond rounding.
    public var batch: Int

    public init(host: HostRuntime, network: Network, dataSet: DataSet, images: ImageSet, batch: Int = 256) {
        self.host = host
        self.network = network
        self.dataSet = dataSet
        self.images = images
        self.batch = batch
    }
}
