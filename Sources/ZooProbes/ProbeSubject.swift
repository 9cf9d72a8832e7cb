public import ZooData
public import ZooHost
import ZooKit

/// A network with its weights, and the images to probe it with.
public struct ProbeSubject {
    public let host: HostRuntime
    /// The network, in evaluation mode.
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

    /// The logits of a batch; see `Network.logits`.
    ///
    /// - Parameter own: images instead of the batch's.
    func logits(_ batch: Batch, images own: Tensor? = nil, trace: Trace? = nil) throws -> Tensor {
        try network.logits(batch, heads: images.heads, of: dataSet, images: own, trace: trace)
    }
}
