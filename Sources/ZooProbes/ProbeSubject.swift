public import ZooData
public import ZooHost

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
