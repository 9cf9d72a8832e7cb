import ZooKit

/// The settings of a ``SteerableNet``, checked against each other.
struct SteerableSettings {
    static let options = [
        Option.int("rotations", default: 8, in: 4...64, "N, a multiple of 4"),
        Option.bool("mirror", default: false, "reflections too: regular fields of D_N instead of C_N"),
        Option.int("restrict", default: 0, in: 0...16, "the convolution behind which fields of D_N count as fields of C_N; 0: none"),
        Option.ints("widths", default: [4, 6, 6, 8], in: 1...128, "regular fields of each convolution"),
        Option.ints("kernels", default: [9, 5, 5, 5], in: 1...15, "sides of the kernels, odd, one per convolution"),
        Option.ints("paddings", default: [0, 2, 2, 0], in: 0...7, "zeros around the input of each convolution, in pixels"),
        Option.ints("pool_after", default: [2, 3], in: 1...16, "the convolutions behind which the map is halved"),
        Option.string(
            "pooling", default: Downsampling.max.rawValue, choices: Downsampling.allCases.map(\.rawValue),
            "how it is halved: by the maximum over 2×2, or by maxima smoothed before every second is taken"),
        Option.string(
            "activation", default: Activation.relu.rawValue, choices: Activation.allCases.map(\.rawValue), "behind each batch norm"),
        Option.ints("hidden", default: [], in: 1...1024, "widths of dense layers between the pooled features and the last linear layer"),
        Option.double("dropout", default: 0.3, in: 0...0.95, "probability of dropout before each dense layer"),
    ]
    /// With more, the filters of one convolution 9×9 and their gradients take several gigabytes.
    private static let mostChannels = 1536

    struct Convolution {
        let width, kernel, padding: Int
        let isPooled: Bool
    }
    let group: PointGroup
    let restrict: Int
    let layers: [Convolution]
    let pooling: Downsampling
    let activation: Activation
    let hidden: [Int]
    let dropout: Double

    init(_ build: Build) throws(ZooError) {
        func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(ZooError) {
            if !condition { throw ZooError("\(build.id): \(message())", .badArgument) }
        }
        let rotations = try build.int("rotations")
        try require(rotations % 4 == 0, "'rotations' must be a multiple of 4, so that quarter turns are exact; found \(rotations)")
        group = PointGroup(rotations: rotations, mirror: try build.bool("mirror"))
        let widths = try build.ints("widths")
        try require(!widths.isEmpty, "'widths' is empty; at least one convolution is needed")
        let (kernels, paddings) = (try build.ints("kernels"), try build.ints("paddings"))
        for (name, list) in [("kernels", kernels), ("paddings", paddings)] {
            try require(
                list.count == widths.count, "'\(name)' must have a number for each of the \(widths.count) 'widths'; found \(list.count)")
        }
        if let even = kernels.first(where: { $0 % 2 == 0 }) {
            try require(false, "'kernels' must be odd, so that a pixel is their centre; found \(even)")
        }
        restrict = try build.int("restrict")
        try require(restrict == 0 || group.mirror, "'restrict' is \(restrict), but without 'mirror' there are no reflections to give up")
        try require(restrict <= widths.count, "'restrict' is \(restrict), but there are \(widths.count) convolutions")
        let pooled = try build.ints("pool_after")
        if let beyond = pooled.first(where: { $0 > widths.count }) {
            try require(false, "'pool_after' names convolution \(beyond), but there are \(widths.count)")
        }
        for (index, width) in widths.enumerated() {
            // Behind the restriction a field has half the channels.
            let channels = width * (restrict > 0 && index >= restrict ? rotations : group.order)
            try require(
                channels <= Self.mostChannels,
                "'widths' gives convolution \(index + 1) \(width) fields, \(channels) channels; at most \(Self.mostChannels) are possible")
        }
        layers = widths.indices.map {
            Convolution(width: widths[$0], kernel: kernels[$0], padding: paddings[$0], isPooled: pooled.contains($0 + 1))
        }
        pooling = Downsampling(rawValue: try build.string("pooling")) ?? .max
        activation = Activation(rawValue: try build.string("activation")) ?? .relu
        hidden = try build.ints("hidden")
        dropout = try build.double("dropout")
    }
}
