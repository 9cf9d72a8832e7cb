import ZooKit

/// Pooling of class scores over scale channels, `N×K×classes` to `N×classes`.
///
/// In training, channels may be left out at random, so that each learns to decide without the others ("scale-channel
/// dropout" [Perzanowski and Lindeberg 2024, arXiv:2409.11140]).
struct ScalePooling {
    enum Kind: String, CaseIterable { case max, mean }

    let kind: Kind
    let scales: Int
    /// The probability that a channel of an image is left out.
    let dropout: Double
    /// The network's parameters, whose training mode the pooling follows.
    let parameters: Parameters

    /// Lower than any score, and finite: an image may lose all its channels.
    private static let nothing = -1e9

    func callAsFunction(_ scores: Tensor) throws(ZooError) -> Tensor {
        guard dropout > 0, parameters.isTraining else { return try pooled(scores) }
        // 0 where a channel is left out, 1 / (1 - p) elsewhere.
        let ones = try Tensor.ones([scores.size(0), scales, 1]).to(device: scores.device, dtype: scores.dtype)
        let kept = try Dropout(p: dropout, in: parameters.root)(ones)
        if kind == .mean { return try pooled(scores * kept) }
        return try pooled(scores + kept.eq(Tensor.zerosLike(kept)).to(dtype: scores.dtype) * Self.nothing)
    }

    private func pooled(_ scores: Tensor) throws(ZooError) -> Tensor {
        try kind == .max ? scores.amax(dim: [1]) : scores.mean(dim: [1])
    }
}
