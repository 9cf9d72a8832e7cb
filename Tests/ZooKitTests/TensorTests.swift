import Testing
import ZooHost
import ZooKit

@Suite struct TensorTests {
    init() throws { try EngineControl.start() }

    @Test func valuesAndShapesComeBack() throws {
        let x = try Tensor([1, 2, 3, 4, 5, 6] as [Float], [2, 3])
        #expect(x.shape == [2, 3])
        #expect(x.ndim == 2)
        #expect(x.dtype == .float32)
        #expect(x.device == .cpu)
        #expect(try x.floats() == [1, 2, 3, 4, 5, 6])
        #expect(try x.transpose().floats() == [1, 4, 2, 5, 3, 6])
        #expect(try x.size(-1) == 3)
        #expect(try Tensor([] as [Float], [0, 3]).floats() == [])
        #expect(try Tensor([7] as [Int64], []).item() == 7)
    }

    @Test func everyTypeCrosses() throws {
        for dtype in DType.allCases where dtype != .bool {
            #expect(try Tensor.ones([3], dtype: dtype).doubles() == [1, 1, 1], "\(dtype)")
            #expect(try Tensor.ones([3], dtype: dtype).dtype == dtype)
        }
    }

    @Test func wrongCountsAndShapesAreErrors() throws {
        #expect(throws: ZooError.self) { try Tensor([1, 2] as [Float], [3]) }
        #expect(throws: ZooError.self) { try Tensor([] as [Float], [-1, 0]) }
        #expect(throws: ZooError.self) { try Tensor.ones([2]).size(1) }
        #expect(throws: ZooError.self) { try Tensor.ones([2]).item() }
        #expect(throws: ZooError.self) { try Tensor.ones([2, 3]).matmul(Tensor.ones([2, 3])) }
        let error = #expect(throws: ZooError.self) { try Operator("aten::relu")("text") }
        #expect(error?.kind == .badArgument)
        let missing = #expect(throws: ZooError.self) { try Operator("aten::no_such_operator")(Tensor.ones([1])) }
        #expect(missing?.kind == .notFound)
        #expect(missing?.message.contains("no_such_operator") == true)
    }

    @Test func everyKindOfArgumentArrives() throws {
        let x = try Tensor((0..<9).map(Float.init), [1, 1, 3, 3])
        #expect(try Operator("aten::gelu")(x, "tanh").floats() != Operator("aten::gelu")(x, "none").floats())
        #expect(try Operator("aten::sum", "dim_IntList")(x, [3], DefaultArgument(), DType.float64).dtype == .float64)
        #expect(try Tensor.stack(Tensor([1, 2, 3, 4] as [Float], [4]).split(2).reversed()).floats() == [3, 4, 1, 2])
        #expect(try Tensor.randn([5], generator: Generator(seed: 7)).floats() == Tensor.randn([5], generator: Generator(seed: 7)).floats())
        #expect(try Tensor.randn([5], generator: Generator(seed: 7)).floats() != Tensor.randn([5], generator: Generator(seed: 8)).floats())
        #expect(try x.contiguous(.channelsLast).floats() == x.floats())
        #expect(Engine.extension("zoo.nothing/9", as: Int.self) == nil)
    }

    @Test func gradientsFlowAndAreForgotten() throws {
        let x = try Tensor([1, -2, 3] as [Float], [3]).requiresGrad_()
        try (x * x).sum().backward()
        #expect(try x.grad?.floats() == [2, -4, 6])
        try x.sum().backward()
        #expect(try x.grad?.floats() == [3, -3, 7])
        try x.clearGrad()
        #expect(try x.grad == nil)
        #expect(try noGrad { try (x * x).requiresGrad } == false)
        #expect(isGradEnabled)
        struct Stop: Error {}
        #expect(throws: Stop.self) { try noGrad { throw Stop() } }
        #expect(isGradEnabled)
    }

    @Test func inPlaceReachesEveryReference() throws {
        let x = try Tensor.zeros([2])
        let same = x
        try x.copy_(Tensor([1, 2] as [Double], [2]))
        #expect(try same.floats() == [1, 2])
        try x.replaceContents(with: Tensor([5, 6, 7] as [Double], [3]))
        #expect(same.shape == [3])
        #expect(same.dtype == .float64)
    }

    @Test func crossEntropyOfEqualLogitsIsTheLogarithmOfTheirNumber() throws {
        let logits = try Tensor.zeros([2, 10], dtype: .float64)
        let loss = try logits.crossEntropy(Tensor([3, 4] as [Int64], [2])).item()
        #expect(abs(loss - 2.302585092994046) < 1e-15)
    }
}
