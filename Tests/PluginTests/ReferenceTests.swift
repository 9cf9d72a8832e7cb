import TestSupport
import Testing
import ZooCore
import ZooHost
import ZooKit
import ZooModelFiles

/// Every variant against PyTorch: transformations, logits and all gradients, with a localization net that does say something.
@Suite struct ReferenceTests {
    static let variants: [(name: String, variant: Variant)] =
        ["translation", "rotation", "similarity", "affine", "homography"].map {
            ("c0-\($0)", Variant(architecture: "stn-input", family: $0))
        }
        + [
            ("c0-x3", Variant(architecture: "stn-input", config: #"{"iterations": 3}"#)),
            ("c1", Variant(architecture: "stn-featuremap", config: #"{"depth": 1}"#)),
            ("c2", Variant(architecture: "stn-featuremap", config: #"{"depth": 2}"#, family: "similarity")),
            ("multi", Variant(architecture: "stn-featuremap", config: #"{"placements": [0, 1, 2]}"#)),
            ("dl1", Variant(architecture: "stn-deep", config: #"{"depth": 1}"#)),
            ("dl2-x2", Variant(architecture: "stn-deep", config: #"{"depth": 2, "iterations": 2}"#)),
            ("sl1", Variant(architecture: "stn-shared", config: #"{"depth": 1}"#)),
            ("sl2-x2", Variant(architecture: "stn-shared", config: #"{"depth": 2, "iterations": 2}"#)),
            ("ic-affine", Variant(architecture: "ic-stn", config: #"{"iterations": 4}"#)),
            ("ic-homography", Variant(architecture: "ic-stn", config: #"{"iterations": 3}"#, family: "homography")),
        ]

    /// Both sides compute in float64 from the same float32 weights; the reference is stored as float32, good to 6e-8.
    @Test(arguments: variants)
    func agreesWithPyTorch(_ name: String, _ variant: Variant) throws {
        let file = try fixture("variants")
        let network = try variant.network(makeHost())
        let parameters = network.parameters
        for entry in parameters.entries {
            try entry.tensor.copy_(file.tensor(entry.name.hasPrefix("extractor.") ? entry.name : "\(name)/\(entry.name)"))
        }
        // The same names on both sides: nothing is trained twice, nothing is left over.
        let expected = file.entries.map(\.name).filter { $0.hasPrefix("\(name)/gradient.") && $0 != "\(name)/gradient.input" }
        #expect(Set(parameters.entries.map { "\(name)/gradient.\($0.name)" }) == Set(expected))

        try parameters.convert(dtype: .float64)
        let x = try file.tensor("input").to(dtype: .float64).requiresGrad_()
        let recording = Recording()
        let logits = try network.architecture.forward(x, trace: recording.trace)
        try logits.crossEntropy(file.tensor("labels")).backward()

        #expect(try relativeDifference(logits, file.tensor("\(name)/logits")) < 1e-6)
        let thetas = recording.thetas
        #expect(thetas.count == file.entries.filter { $0.name.hasPrefix("\(name)/theta.") }.count)
        for (index, theta) in thetas.enumerated() {
            #expect(try relativeDifference(theta, file.tensor("\(name)/theta.\(index + 1)")) < 1e-6, "theta.\(index + 1)")
        }
        #expect(try relativeDifference(#require(try x.grad), file.tensor("\(name)/gradient.input")) < 1e-6)
        for entry in parameters.entries {
            let gradient = try #require(try entry.tensor.grad, "\(entry.name)")
            #expect(try relativeDifference(gradient, file.tensor("\(name)/gradient.\(entry.name)")) < 1e-6, "\(entry.name)")
        }
    }

    /// The reference solves Bookstein's system itself, from control points on a grid of 3×4.
    @Test func splineAgreesWithAnIndependentSolution() throws {
        let file = try fixture("variants")
        let spline = try family("tps", makeHost(), config: ["grid": .array([.int(3), .int(4)])], height: 9, width: 7)
        let parameters = try file.tensor("tps/parameters").to(dtype: .float64).requiresGrad_()
        let image = try file.tensor("tps/image").to(dtype: .float64).requiresGrad_()
        let output = try spline.warp(image, spline.transformation(offset: parameters), height: 6, width: 8)
        try (output * file.tensor("tps/cotangent").to(dtype: .float64)).sum().backward()
        #expect(try relativeDifference(output, file.tensor("tps/output")) < 1e-6)
        #expect(try relativeDifference(#require(try parameters.grad), file.tensor("tps/gradient.parameters")) < 1e-6)
        #expect(try relativeDifference(#require(try image.grad), file.tensor("tps/gradient.image")) < 1e-6)
    }
}
