import TestSupport
import Testing
import ZooHost
import ZooKit
import ZooModelFiles

@Suite struct LayerTests {
    init() throws { try EngineControl.start() }

    /// The same seed and order of creation give PyTorch's initial weights, bit for bit.
    @Test func initialWeightsArePyTorchs() throws {
        let file = try fixture("initialisation")
        try EngineControl.seed(7)
        let parameters = Parameters()
        _ = try Conv2d(inChannels: 1, outChannels: 64, kernelSize: 9, in: parameters["conv1"])
        _ = try Conv2d(inChannels: 64, outChannels: 64, kernelSize: 7, in: parameters["conv2"])
        _ = try Linear(inFeatures: 256, outFeatures: 10, in: parameters["classifier"])
        #expect(parameters.entries.count == 6)
        for entry in parameters.entries {
            let values = try entry.tensor.detach().floats()
            #expect(Array(values.prefix(8)) == (try file.tensor("\(entry.name).head").floats()), "\(entry.name)")
            #expect(Array(values.suffix(8)) == (try file.tensor("\(entry.name).tail").floats()), "\(entry.name)")
            let sum = values.reduce(0.0) { $0 + Double($1) }
            #expect(abs(sum - (try file.tensor("\(entry.name).sum").item())) < 1e-9, "\(entry.name)")
        }
    }

    @Test func namesAreUnique() throws {
        let parameters = Parameters()
        _ = try Linear(inFeatures: 2, outFeatures: 2, in: parameters["fc"])
        #expect(throws: ZooError.self) { try Linear(inFeatures: 2, outFeatures: 2, in: parameters["fc"]) }
        #expect(throws: ZooError.self) { try parameters.register("", Tensor.zeros([1]), .buffer) }
        #expect(parameters.entries.map(\.name) == ["fc.weight", "fc.bias"])
        #expect(parameters.count == 6)
    }

    @Test func dropoutWorksInTrainingOnly() throws {
        let parameters = Parameters()
        let dropout = Dropout(p: 0.5, in: parameters.root)
        let x = try Tensor.ones([1000])
        try EngineControl.seed(1)
        let kept = try dropout(x).floats()
        #expect(kept.contains(0) && kept.contains(2))
        try parameters.setTraining(false)
        #expect(try dropout(x).floats() == x.floats())
    }

    /// One step in training mode, then evaluation, by hand: mean 2.5, variance 5/3 (unbiased) for the running estimate.
    @Test func batchNormKeepsRunningStatistics() throws {
        let parameters = Parameters()
        let norm = try BatchNorm1d(numFeatures: 1, in: parameters["bn"])
        let x = try Tensor([1, 2, 3, 4] as [Float], [4, 1])
        let y = try norm(x).floats()
        #expect(abs(y.reduce(0, +)) < 1e-5)
        #expect(abs(try #require(parameters[tensor: "bn.running_mean"]).item() - 0.25) < 1e-6)
        #expect(abs(try #require(parameters[tensor: "bn.running_var"]).item() - (0.9 + 0.1 * 5 / 3)) < 1e-6)
        #expect(try #require(parameters[tensor: "bn.num_batches_tracked"]).item() == 1)
        try parameters.setTraining(false)
        let before = try norm(x).floats()
        #expect(try norm(x).floats() == before)
        #expect(throws: ZooError.self) { try BatchNorm2d(numFeatures: 1, in: parameters["bn2"])(x) }
    }

    @Test func sequentialRunsInOrder() throws {
        let x = try Tensor([-1, 2, -3, 4] as [Float], [1, 1, 2, 2])
        #expect(try Sequential([ReLU(), MaxPool2d(kernelSize: 2), Flatten()])(x).floats() == [4])
        #expect(try Sequential([AvgPool2d(kernelSize: 2)])(x).floats() == [0.5])
        #expect(try LeakyReLU(negativeSlope: 0.1)(x).floats() == [-0.1, 2, -0.3, 4])
    }
}
