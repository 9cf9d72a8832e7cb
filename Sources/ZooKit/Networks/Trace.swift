/// Where an architecture reports tensors that it computed on the way, by name.
public struct Trace {
    private let sink: (String, Tensor) -> Void

    /// Makes a trace that hands every name and tensor to `sink`.
    public init(_ sink: @escaping (String, Tensor) -> Void) { self.sink = sink }

    /// Reports a tensor.
    public func record(_ name: String, _ tensor: Tensor) { sink(name, tensor) }
    /// Reports θ of an iteration or placement, counted from 1, as "theta.1".
    public func theta(_ index: Int, _ theta: Tensor) { record("theta.\(index)", theta) }
    /// Reports the images that the classifier saw, or the last warped feature map, as "warped".
    public func warped(_ images: Tensor) { record("warped", images) }
    /// Reports the value of a loss that the architecture declares, a tensor of one value with its gradient, as "loss.NAME".
    public func loss(_ name: String, _ value: Tensor) { record("loss.\(name)", value) }
    /// Reports the output of a stage, counted from 1, as "stage.1".
    public func stage(_ index: Int, _ features: Tensor) { record("stage.\(index)", features) }
}
