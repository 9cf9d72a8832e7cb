import Foundation
import Testing
import ZooHost
import ZooKit

/// A lack of memory has a status of its own, from the allocator on and through whatever it is wrapped in.
@Suite(.serialized) struct OutOfMemoryTests {
    init() throws { try EngineControl.start() }

    private func expectShortage(_ body: () throws -> Void, at place: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: ZooError.self, sourceLocation: place) { try body() }
        #expect(error?.kind == .outOfMemory, "\(String(describing: error))", sourceLocation: place)
        #expect(error?.message.hasPrefix("not enough memory") == true, "\(String(describing: error))", sourceLocation: place)
    }

    /// More than a processor can address, so that no setting of the system makes it succeed.
    private func tooLarge() throws -> Tensor { try Tensor.zeros([1, 1, 28, 28]).expand([1 << 40, 1, 28, 28]) }

    @Test func operatorsSaySo() throws {
        expectShortage { _ = try Tensor.zeros([1 << 46]) }
        expectShortage { _ = try tooLarge() + 1 }
        // What fits still succeeds, on the same thread, and other failures are what they are.
        #expect(try Tensor.zeros([2]).shape == [2])
        let other = #expect(throws: ZooError.self) { try Tensor.zeros([2]) + Tensor.zeros([3]) }
        #expect(other?.kind == .error)
    }

    /// TorchScript's interpreter passes every error on as a plain one.
    @Test func interpretersSaySo() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path + "/Fixtures/torchscript.pt"
        let script = try TorchScript(path: path)
        try script.parameters.setTraining(false)
        expectShortage { _ = try noGrad { try script(tooLarge()) } }
        #expect(try noGrad { try script(Tensor.zeros([2, 1, 28, 28])) }.shape.first == 2)
    }
}
