import ZooKit

/// Builds an extractor stage by stage, keeping count of sizes and of the resamplings that an architecture announced.
struct StageChain {
    let id: String
    private let resamplings: [Resampling]
    private(set) var channels: Int
    private(set) var height, width: Int
    private(set) var stages: [Stage] = []
    private(set) var layers: [Sequential] = []
    private var stride = 1.0

    init(_ build: Build, id: String) {
        self.id = id
        resamplings = build.resamplings
        channels = build.input.channels
        (height, width) = (build.input.height, build.input.width)
        resample()
    }

    private mutating func resample() {
        for resize in resamplings where resize.stage == stages.count { (height, width) = (resize.height, resize.width) }
    }

    /// Adds a stage of a convolution, with what follows it, and then at most one pooling.
    ///
    /// - Parameter pool: side and stride of the window; the map's side becomes (side - window) / stride + 1, rounded down.
    /// - Parameter make: the layers, from the number of channels that come in.
    mutating func add(
        _ outputs: Int, kernel: Int, stride step: Int = 1, padding: Int = 0, pool: (window: Int, stride: Int, padding: Int)? = nil,
        _ make: (Int) throws -> [any Layer]
    ) throws {
        let number = stages.count + 1
        func side(_ side: Int) throws -> Int {
            let (room, place) = (side + 2 * padding - kernel, "\(id): stage \(number) gets \(height)×\(width), too small for")
            guard room >= 0 else { throw ZooError("\(place) a \(kernel)×\(kernel) convolution", .badArgument) }
            let convolved = room / step + 1
            guard let pool else { return convolved }
            guard convolved + 2 * pool.padding >= pool.window else {
                throw ZooError("\(place) a \(kernel)×\(kernel) convolution and pooling by \(pool.window)", .badArgument)
            }
            return (convolved + 2 * pool.padding - pool.window) / pool.stride + 1
        }
        let (newHeight, newWidth) = (try side(height), try side(width))
        layers.append(Sequential(try make(channels)))
        (height, width) = (newHeight, newWidth)
        channels = outputs
        stride *= Double(step * (pool?.stride ?? 1))
        stages.append(Stage("conv\(number)", channels: outputs, height: height, width: width, stride: stride))
        resample()
    }

    /// Number of values in one sample's last map.
    var features: Int { channels * height * width }
}

/// What the extractors here share: a chain of stages and layers on the flattened last map.
class ChainedExtractor: FeatureExtractor {
    let parameters: Parameters
    let stages: [Stage]
    private let id: String
    private let layers: [Sequential]
    private let classifier: Sequential?

    init(_ chain: StageChain, _ parameters: Parameters, classifier: [any Layer]?) {
        self.parameters = parameters
        id = chain.id
        stages = chain.stages
        layers = chain.layers
        self.classifier = classifier.map { Sequential([Flatten()] + $0) }
    }

    func forward(_ x: Tensor, stages range: Range<Int>) throws -> Tensor {
        var y = x
        for layer in layers[range] { y = try layer(y) }
        return y
    }

    func classify(_ features: Tensor) throws -> Tensor {
        guard let classifier else { throw ZooError("\(id) was built for features only", .unsupported) }
        return try classifier(features)
    }
}

extension Build {
    /// An option that is a list of exactly `count` numbers.
    func ints(_ name: String, count: Int, of id: String) throws -> [Int] {
        let list = try ints(name)
        guard list.count == count else { throw ZooError("\(id): '\(name)' needs \(count) numbers, found \(list.count)", .badArgument) }
        return list
    }
}
