import ZooKit

/// The image at several scales, each cropped to a square field about its centre: `N×C×H×W` to `N×(K·C)×F×F`, the scale
/// slowest among the channels.
///
/// Rescaling is separable: along each axis it is a product with a constant matrix, computed in float64.
struct Rescaling: Layer {
    let field: Int
    private let input: ImageShape
    private let axes: [(rows: Axis, columns: Axis)]

    /// - Parameters:
    ///   - input: The shape of one image.
    ///   - factors: What the image is enlarged by in each channel.
    ///   - field: The side of the crop in pixels.
    ///   - padding: What lies outside the image.
    init(of input: ImageShape, by factors: [Double], field: Int, interpolation: Interpolation, padding: PaddingMode) throws {
        self.input = input
        self.field = field
        axes = try factors.map { factor in
            func axis(_ side: Int) throws -> Axis {
                try Axis(of: side, by: factor, field: field, interpolation: interpolation, padding: padding)
            }
            let columns = try axis(input.width)
            return (input.height == input.width ? columns : try axis(input.height), columns)
        }
    }

    func outputShape(of input: ImageShape) -> ImageShape { ImageShape(axes.count * input.channels, field, field) }

    func callAsFunction(_ x: Tensor) throws(ZooError) -> Tensor {
        let shape = x.shape
        guard shape.count == 4, shape[1...] == [input.channels, input.height, input.width] else {
            throw ZooError("scale channels of \(input) images get shape \(shape)", .badArgument)
        }
        var channels: [Tensor] = []
        for (rows, columns) in axes {
            let seen = try x.narrow(dim: 2, start: rows.start, length: rows.length)
                .narrow(dim: 3, start: columns.start, length: columns.length)
            let wide = try seen.matmul(columns.matrix.to(device: x.device, dtype: x.dtype).transpose())
            channels.append(try rows.matrix.to(device: x.device, dtype: x.dtype).matmul(wide))
        }
        return try .cat(channels, dim: 1)
    }
}

/// Rescaling and cropping along one axis.
private struct Axis {
    /// `field×length`: what each pixel of the crop takes from the pixels that are seen.
    let matrix: Tensor
    /// The pixels that are seen.
    let start, length: Int

    init(of side: Int, by factor: Double, field: Int, interpolation: Interpolation, padding: PaddingMode) throws {
        let width = 1 / factor
        var rows: [[Double]] = []
        for pixel in 0..<field {
            let lower = (Double(pixel) - Double(field) / 2) * width + Double(side) / 2
            let weights = interpolation.weights(lower: lower, width: width)
            var row = [Double](repeating: 0, count: side)
            for (offset, value) in weights.values.enumerated() {
                let place = weights.first + offset
                if padding == .border || (0..<side).contains(place) { row[min(max(place, 0), side - 1)] += value }
            }
            rows.append(row)
        }
        let seen = (0..<side).filter { place in rows.contains { $0[place] != 0 } }
        start = seen.first ?? 0
        length = (seen.last ?? 0) - start + 1
        let window = start..<start + length
        matrix = try Tensor(rows.flatMap { $0[window] }, [field, length])
    }
}
