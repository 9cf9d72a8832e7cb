/// Scales the channels of `N×C×H×W` by what a small network makes of their means. The size stays.
private struct SqueezeExcite: Layer {
    private let squeeze, excite: Linear
    private let channels: Int

    init(_ channels: Int, reduction: Int, in scope: Scope) throws {
        let squeezed = max(1, channels / reduction)
        squeeze = try Linear(inFeatures: channels, outFeatures: squeezed, in: scope["squeeze"])
        excite = try Linear(inFeatures: squeezed, outFeatures: channels, in: scope["excite"])
        self.channels = channels
    }

    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        let gate = try excite(squeeze(x.mean(dim: [2, 3])).relu()).sigmoid()
        return try x * gate.reshape([-1, channels, 1, 1])
    }
}
