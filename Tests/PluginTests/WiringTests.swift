import TestSupport
import Testing
import ZooCore
import ZooHost
import ZooKit

/// What the definitions of the variants promise, whatever the numbers.
@Suite struct WiringTests {
    static let all: [Variant] =
        ["translation", "rotation", "similarity", "affine", "homography", "tps"].map { Variant(architecture: "stn-input", family: $0) }
        + [
            Variant(architecture: "stn-input", config: #"{"iterations": 3}"#),
            Variant(architecture: "stn-featuremap", config: #"{"depth": 1}"#),
            Variant(architecture: "stn-featuremap", config: #"{"depth": 2}"#, family: "tps"),
            Variant(architecture: "stn-featuremap", config: #"{"placements": [0, 1, 2]}"#, family: "similarity"),
            Variant(architecture: "stn-deep"),
            Variant(architecture: "stn-deep", config: #"{"depth": 2, "iterations": 2}"#, family: "rotation"),
            Variant(architecture: "stn-shared"),
            Variant(architecture: "stn-shared", config: #"{"depth": 2, "iterations": 2}"#, family: "homography"),
            Variant(architecture: "ic-stn"),
            Variant(architecture: "ic-stn", family: "homography"),
        ]

    /// At initialisation every STN is its CNN. float32; each resampling by the identity may round.
    @Test(arguments: all)
    func startsAsItsCNN(_ variant: Variant) throws {
        let host = try makeHost()
        let plain = try Variant(architecture: "cnn").network(host, seed: 1)
        let network = try variant.network(host, seed: 2)
        try network.parameters.copy("extractor.", from: plain.parameters)
        let x = try wave([3, 1, 24, 24], dtype: .float32)
        let recording = Recording()
        let logits = try network.architecture.forward(x, trace: recording.trace)
        #expect(try relativeDifference(logits, plain.architecture.forward(x)) < 2e-5)
        #expect(recording["warped"] != nil)
        #expect(recording["stage.2"] != nil)
        #expect(try relativeDifference(network.architecture.forward(x), logits) == 0, "a trace changes nothing")
    }

    /// Gradients of conv1 through the classifier alone come from a network that is told the same θ.
    @Test func sharedStagesLearnFromBothPathsAndUnsharedOnesDoNot() throws {
        let host = try makeHost()
        let x = try wave([1, 1, 24, 24], phase: 0.3)
        let label = try Tensor([2] as [Int64], [1])
        func gradients(_ network: Network, theta: Tensor?) throws -> (conv1: Tensor, theta: Tensor) {
            try network.parameters.convert(dtype: .float64)
            let last = try #require(network.parameters[tensor: "localization.theta.weight"])
            let bias = try #require(network.parameters[tensor: "localization.theta.bias"])
            if let theta {
                try bias.copy_(theta.reshape([-1]) - Tensor([1, 0, 0, 0, 1, 0] as [Double], [6]))
            } else {
                try last.copy_(wave(last.shape) * 0.2)
                try bias.copy_(wave(bias.shape) * 0.05)
            }
            let recording = Recording()
            try network.architecture.forward(x, trace: recording.trace).crossEntropy(label).backward()
            let conv1 = try #require(network.parameters[tensor: "extractor.conv1.weight"])
            return try (#require(try conv1.grad), #require(recording.thetas.last).detach())
        }
        let shared = try Variant(architecture: "stn-shared").network(host, seed: 1)
        let names = shared.parameters.entries.map(\.name)
        #expect(names.count { $0.hasSuffix("conv1.weight") } == 1, "one set of parameters")
        #expect(shared.parameters.count == (648 + 8) + (3136 + 8) + (8 * 5 + 5) + (512 * 8 + 8) + (8 * 6 + 6))

        let both = try gradients(shared, theta: nil)
        let told = try Variant(architecture: "stn-input").network(host, seed: 2)
        try told.parameters.copy("extractor.", from: shared.parameters)
        let classifierOnly = try gradients(told, theta: both.theta)
        #expect(try relativeDifference(classifierOnly.theta, both.theta) < 1e-12)
        #expect(try relativeDifference(both.conv1, classifierOnly.conv1) > 1e-3)

        let deep = try Variant(architecture: "stn-deep").network(host, seed: 1)
        #expect(
            deep.parameters.entries.map(\.name).filter { $0.hasPrefix("localization.features.") } == [
                "localization.features.conv1.weight", "localization.features.conv1.bias",
            ])
        let unshared = try gradients(deep, theta: nil)
        let toldAgain = try Variant(architecture: "stn-input").network(host, seed: 3)
        try toldAgain.parameters.copy("extractor.", from: deep.parameters)
        #expect(try relativeDifference(unshared.conv1, gradients(toldAgain, theta: unshared.theta).conv1) < 1e-12)
        let copy = try #require(try deep.parameters[tensor: "localization.features.conv1.weight"]?.grad)
        #expect(try copy.abs().amax().item() > 0)
        let (own, theirs) = try (
            #require(deep.parameters[tensor: "localization.features.conv1.weight"]),
            #require(deep.parameters[tensor: "extractor.conv1.weight"])
        )
        #expect(try relativeDifference(own, theirs) > 0.1, "initial weights of its own")
    }

    @Test(arguments: ["stn-input", "stn-deep", "stn-shared", "ic-stn"])
    func manyIterationsOfTheIdentityAreOne(_ architecture: String) throws {
        let host = try makeHost()
        let one = try Variant(architecture: architecture, config: #"{"iterations": 1}"#).network(host, seed: 4)
        let five = try Variant(architecture: architecture, config: #"{"iterations": 5}"#).network(host, seed: 5)
        try five.parameters.copy("", from: one.parameters)
        #expect(five.parameters.count == one.parameters.count, "recurrent weights")
        let x = try wave([2, 1, 24, 24], dtype: .float32)
        let recording = Recording()
        #expect(try relativeDifference(five.architecture.forward(x, trace: recording.trace), one.architecture.forward(x)) < 1e-6)
        #expect(recording.thetas.count == 5)
    }

    /// Composition step by step: what one look says of the image warped so far, multiplied in plain arithmetic.
    @Test(arguments: ["translation", "rotation", "similarity", "affine", "homography"], ["ic-stn", "stn-input"])
    func iterationsAreMatrixProducts(_ family: String, _ architecture: String) throws {
        let host = try makeHost()
        let network = try Variant(architecture: architecture, config: #"{"iterations": 4}"#, family: family).network(host)
        let look = try Variant(architecture: "stn-input", family: family).network(host)
        let last = try #require(network.parameters[tensor: "localization.theta.weight"])
        try last.copy_(wave(last.shape) * 0.2)
        try look.parameters.copy("", from: network.parameters)
        for each in [network, look] { try each.parameters.convert(dtype: .float64) }

        let x = try wave([1, 1, 24, 24], phase: 2)
        let recording = Recording()
        _ = try network.architecture.forward(x, trace: recording.trace)
        var product: [Double] = [1, 0, 0, 0, 1, 0, 0, 0, 1]
        for theta in recording.thetas {
            let matrix = try Tensor(family == "homography" ? product : Array(product.prefix(6)), [1, family == "homography" ? 3 : 2, 3])
            let once = Recording()
            _ = try look.architecture.forward(x.warp(matrix, height: 24, width: 24, paddingMode: .zeros), trace: once.trace)
            let update = try square(#require(once.thetas.first))
            #expect(
                try relativeDifference(Tensor(update, [9]), Tensor([1, 0, 0, 0, 1, 0, 0, 0, 1] as [Double], [9])) > 1e-4,
                "a look that says nothing")
            product = architecture == "ic-stn" ? times(update, product) : times(product, update)
            product = product.map { $0 / product[8] }
            #expect(try relativeDifference(Tensor(square(theta), [9]), Tensor(product, [9])) < 1e-12)
        }
        let warped = try x.warp(#require(recording.thetas.last), height: 24, width: 24, paddingMode: .zeros)
        #expect(try relativeDifference(#require(recording["warped"]), warped) < 1e-12, "the original image is resampled, once")
    }

    /// Half the side: only the last resampling shrinks, and localization always sees the whole size.
    @Test(arguments: ["stn-input", "stn-deep", "stn-shared", "ic-stn"])
    func resizingTransformersFeedASmallerClassifier(_ architecture: String) throws {
        let variant = Variant(architecture: architecture, config: #"{"iterations": 2}"#, sampling: #"{"scale": 0.5}"#)
        let network = try variant.network(makeHost(), side: 48)
        let recording = Recording()
        let logits = try network.architecture.forward(wave([2, 1, 48, 48], dtype: .float32), trace: recording.trace)
        #expect(logits.shape == [2, 5])
        #expect(try #require(recording["warped"]).shape == [2, 1, 24, 24])
    }

    /// A resized feature map changes what comes after it, which the extractor is told beforehand.
    @Test func resizedFeatureMapsAreAnnounced() throws {
        let variant = Variant(architecture: "stn-featuremap", config: #"{"placements": [0, 2]}"#, sampling: #"{"scale": 0.5}"#)
        let network = try variant.network(makeHost(), side: 56)
        let recording = Recording()
        let logits = try network.architecture.forward(wave([2, 1, 56, 56], dtype: .float32), trace: recording.trace)
        #expect(logits.shape == [2, 5])
        #expect(try #require(recording["stage.1"]).shape == [2, 8, 10, 10])
        #expect(try #require(recording["warped"]).shape == [2, 8, 1, 1])
        #expect(network.parameters[tensor: "localization.1.theta.weight"] != nil)
        #expect(network.parameters[tensor: "localization.2.theta.weight"] != nil)
    }

    @Test(arguments: [
        (Variant(architecture: "stn-input", config: #"{"iterations": 2}"#, family: "tps"), "do not compose"),
        (Variant(architecture: "ic-stn", family: "tps"), "do not compose"),
        (Variant(architecture: "stn-shared", config: #"{"depth": 3}"#), "'depth' is 3, but the extractor has 2 stages"),
        (Variant(architecture: "stn-deep", config: #"{"depth": 3}"#), "'depth' is 3, but the extractor has 2 stages"),
        (Variant(architecture: "stn-featuremap", config: #"{"depth": 3}"#), "'depth' is 3, but the extractor has 2 stages"),
        (Variant(architecture: "stn-featuremap", config: #"{"placements": [1, 1]}"#), "ascending"),
        (Variant(architecture: "stn-featuremap", config: #"{"placements": [0, 9]}"#), "'placements' is 9"),
        (Variant(architecture: "stn-input", family: "tps", sampling: #"{"grid": [4]}"#), "'grid' is rows and columns"),
    ])
    func whatCannotBeIsSaid(_ variant: Variant, _ text: String) throws {
        let host = try makeHost()
        let error = #expect(throws: HostError.self) { try variant.network(host) }
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "")")
    }
}
