import ZooCore
import ZooHost
import ZooKit

/// How fast convolutions in bfloat16 are on this processor, against those in float32: measured, as instructions alone do not say it.
struct PrecisionTiming {
    /// Times the speed of float32, forward and for a whole training step, on a layer of 256 channels; least times, which other processes change least.
    let forward, training: Double

    /// "bf16 is 1.52× as fast as fp32 forward and 1.08× in training".
    var text: String {
        func times(_ ratio: Double) -> String { "\(fixed(ratio, 2))×" }
        let speed = "\(times(forward)) as fast as fp32 forward and \(times(training)) in training, on 256 channels"
        return max(forward, training) < 1.1 ? "bf16 gains nothing: \(speed)" : "bf16 is \(speed)"
    }

    /// Takes some hundred milliseconds, and leaves the precision as it was.
    ///
    /// - Throws: `HostError` or `ZooError` if the engine cannot compute.
    static func measured() throws -> PrecisionTiming {
        let before = EngineControl.precision
        defer { try? EngineControl.choose(before) }
        let parameters = Parameters()
        let layer = Sequential([
            try Conv2d(inChannels: 256, outChannels: 256, kernelSize: 7, in: parameters["conv"]), MaxPool2d(kernelSize: 2), ReLU(),
        ])
        let x = try Tensor.ones([16, 256, 10, 10]).requiresGrad_()
        let bodies: [() throws -> Void] = [
            { _ = try noGrad { try layer(x) } },
            { try layer(x).mean().backward() },
        ]
        var times = [Precision: [[Double]]]()
        let clock = ContinuousClock()
        // In turns, so that what slows the machine down slows both.
        for _ in 0..<5 {
            for precision in Precision.allCases {
                try EngineControl.choose(precision)
                for (index, body) in bodies.enumerated() {
                    let duration = try clock.measure(body)
                    times[precision, default: [[], []]][index].append(duration / .milliseconds(1))
                }
            }
        }
        func ratio(_ body: Int) -> Double {
            func least(_ precision: Precision) -> Double { (times[precision]?[body] ?? []).min() ?? .nan }
            return least(.fp32) / least(.bf16)
        }
        return PrecisionTiming(forward: ratio(0), training: ratio(1))
    }
}
