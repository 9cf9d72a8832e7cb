import TestSupport
import Testing
import ZooKit

/// A shape of `zoo::warp` or `zoo::sample` with its numbers, drawn from a seed.
struct SamplingCase: CustomStringConvertible {
    enum Places: CaseIterable { case affine, homography, grid }

    var images, channels, height, width, outHeight, outWidth: Int
    var places: Places
    var padding: PaddingMode
    var last: Bool
    let seed: UInt64

    init(seed: UInt64) throws {
        self.seed = seed
        var draw = SplitMix(seed: seed)
        images = draw.one([1, 2, 3, 7])
        channels = draw.one([1, 1, 2, 3, 5, 8, 9, 16, 20, 33])
        (height, width) = (draw.one([1, 2, 5, 9, 28]), draw.one([1, 3, 8, 17]))
        // Strips are of 64 pixels.
        (outHeight, outWidth) = (draw.one([1, 4, 9, 17]), draw.one([1, 5, 8, 64, 70]))
        places = draw.one(Places.allCases)
        padding = draw.one(PaddingMode.allCases)
        last = draw.one([true, false])
    }

    /// The same with as many images as two threads share.
    var shared: Self {
        var copy = self
        (copy.height, copy.width, copy.outHeight, copy.outWidth) = (17, 15, 12, 13)
        copy.images = Sharing.images(channels * copy.outHeight * copy.outWidth, inAll: 50_000)
        return copy
    }

    var description: String {
        "\(images)×\(channels)×\(height)×\(width) to \(outHeight)×\(outWidth), \(places), \(padding), "
            + "\(last ? "channels last" : "contiguous")"
    }

    /// The image and where to sample it, both with a gradient; some places lie outside.
    func leaves(_ dtype: DType) throws -> [Tensor] {
        let random = try Generator(seed: seed)
        let image = try Tensor.randn([images, channels, height, width], generator: random)
        let position: Tensor
        switch places {
        case .grid:
            position = try Tensor.randn([images, outHeight, outWidth, 2], generator: random) * 0.8
        case .affine:
            position =
                try Tensor.eye(3).narrow(dim: 0, start: 0, length: 2).unsqueeze(dim: 0) + Tensor.randn([images, 2, 3], generator: random)
                * 0.4
        case .homography:
            // The last row stays positive over the whole output, so that no place is infinite.
            let size = try Tensor([0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.1, 0.1, 0] as [Float], [1, 3, 3])
            let bounded = try Tensor.randn([images, 3, 3], generator: random).tanh() * 2
            position = try Tensor.eye(3).unsqueeze(dim: 0) + bounded * size
        }
        return try [image.contiguous(last ? .channelsLast : .contiguous), position].map {
            try $0.to(dtype: dtype).detach().requiresGrad_()
        }
    }

    private func sampled(_ image: Tensor, _ position: Tensor, _ instructions: String) throws -> Tensor {
        places == .grid
            ? try SamplingTests.sample(image, position, padding.rawValue, instructions)
            : try SamplingTests.warp(image, position, [outHeight, outWidth], padding.rawValue, instructions)
    }

    /// The places, between -1 and 1 on the image, N×h×w×2 in float64.
    private func grid() throws -> Tensor {
        let position = try leaves(.float64)[1].detach()
        if places == .grid { return position }
        let identity = try Tensor.eye(3, dtype: .float64).narrow(dim: 0, start: 0, length: 2).unsqueeze(dim: 0)
        let base = try Tensor.affineGrid(identity, size: [1, 1, outHeight, outWidth]).reshape([1, outHeight * outWidth, 2])
        let ones = try Tensor.ones([1, outHeight * outWidth, 1], dtype: .float64)
        let mapped = try Tensor.cat([base, ones], dim: 2).matmul(position.transpose())
        let plane = try mapped.narrow(dim: 2, start: 0, length: 2)
        let found = places == .affine ? plane : try plane / mapped.narrow(dim: 2, start: 2, length: 1)
        return try found.reshape([images, outHeight, outWidth, 2])
    }

    /// A wave in the output's shape, zero where a place is within rounding of float64 of a pixel's row or column: there the bilinear
    /// kernel has a kink, and the gradient of places jumps.
    private func cotangent() throws -> Tensor {
        let grid = try grid().doubles()
        let slack = Rounding.tolerance(terms: 8, .float64) * (try reach())
        let decided = Swift.stride(from: 0, to: grid.count, by: 2).map { i in
            let pixels = [((grid[i] + 1) * Double(width) - 1) / 2, ((grid[i + 1] + 1) * Double(height) - 1) / 2]
            return pixels.allSatisfy { abs($0 - $0.rounded()) > slack } ? 1.0 : 0
        }
        let shape = [images, channels, outHeight, outWidth]
        return try wave(shape) * Tensor(decided, [images, 1, outHeight, outWidth])
    }

    /// The largest coordinate of a place, in pixels: the terms that add up to one are of that size.
    private func reach() throws -> Double { (1 + (try grid().abs().amax().item())) * Double(Swift.max(height, width)) }

    /// What the output and both gradients may be off. The weights of a place's four pixels are off by what its coordinates are.
    func tolerances(_ dtype: DType) throws -> [Tensor] {
        let leaves = try leaves(.float64)
        let (cotangent, reach) = (try cotangent().abs(), try reach())
        let (pixel, most) = (try leaves[0].detach().abs().amax().item(), try cotangent.amax().item())
        let coordinates = Rounding.tolerance(terms: 8, dtype) * reach
        // One pixel may get a share of every place, and a matrix of every place's pixels in every channel.
        let image = try leaves[0].detach().requiresGrad_()
        try (sampled(image, leaves[1].detach(), "off") * cotangent).sum().backward()
        let shares = try #require(try image.grad).abs().amax().item() + most
        let pixels = outHeight * outWidth
        let terms = 4 * channels * (places == .grid ? 1 : pixels)
        let places = Rounding.tolerance(terms: terms + 8, dtype) * Double(terms) * most * pixel * reach * reach
        return try [2 * pixel * coordinates, Rounding.tolerance(terms: pixels + 8, dtype) * shares * reach, places].map {
            try Tensor([$0], [1])
        }
    }

    /// The output, and the gradients of Σ output · cotangent with respect to the image and to the places.
    func run(_ instructions: String, _ dtype: DType = .float64) throws -> [Tensor] {
        let leaves = try leaves(dtype)
        let output = try sampled(leaves[0], leaves[1], instructions)
        try (output * cotangent().to(dtype: dtype)).sum().backward()
        return try [output.detach()] + leaves.map { try #require(try $0.grad) }
    }
}
