/// The initial values of PyTorch's layers, bit for bit from the same seed and order.
enum Initialisation {
    /// Weights as `torch.nn.init.kaiming_uniform_(a=math.sqrt(5))` draws them.
    static func kaimingUniform(_ shape: [Int], fanIn: Int) throws(ZooError) -> Tensor {
        // Gain √(2 / (1 + a²)), bound √3 · gain / √fan_in, rounded in PyTorch's order.
        let gain = (2.0 / (1 + 5.0.squareRoot() * 5.0.squareRoot())).squareRoot()
        let bound = 3.0.squareRoot() * (gain / Double(fanIn).squareRoot())
        let tensor = try Tensor.zeros(shape)
        try tensor.uniform_(-bound, bound)
        return tensor
    }

    /// Biases, uniform within 1/√fan_in.
    static func bias(_ count: Int, fanIn: Int) throws(ZooError) -> Tensor {
        let bound = 1 / Double(fanIn).squareRoot()
        let tensor = try Tensor.zeros([count])
        try tensor.uniform_(-bound, bound)
        return tensor
    }
}
