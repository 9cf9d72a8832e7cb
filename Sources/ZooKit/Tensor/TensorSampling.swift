import Glibc

// MARK: Sampling images

extension Tensor {
    /// Samples images bilinearly at the places that θ names: `N×C×H×W` to `N×C×height×width`.
    ///
    /// Coordinates are [-1, 1] from edge to edge of the image (`align_corners = false`), x to the right and y down; θ
    /// maps output to input coordinates [JSZK15, arXiv:1506.02025, section 3.3]. One pass over the output, no grid in
    /// memory, differentiable in both.
    ///
    /// - Parameters:
    ///   - theta: `N×2×3`, or `N×3×3` for homographies.
    ///   - height: Of the output, in pixels.
    ///   - width: Of the output, in pixels.
    ///   - paddingMode: The values outside the image.
    /// - Throws: `ZooError` if the numbers of images and matrices differ, or a shape or size is not one of these.
    public func warp(_ theta: Tensor, height: Int, width: Int, paddingMode: PaddingMode) throws(ZooError) -> Tensor {
        try Op.warp(self, theta, [height, width], paddingMode.rawValue)
    }

    /// The images `N×C×H×W` turned anticlockwise about their centre.
    ///
    /// Half turns, and quarter turns of square images, only move pixels; the angles between them are sampled bilinearly in the first
    /// quadrant and moved from there, so that turning a turned image by a quarter is exact for all angles.
    ///
    /// - Parameters:
    ///   - degrees: The angle.
    ///   - paddingMode: The values outside the image.
    public func rotated(degrees: Double, paddingMode: PaddingMode) throws(ZooError) -> Tensor {
        let (height, width) = (try size(-2), try size(-1))
        let unit = height == width ? 90.0 : 180
        let turns = (degrees / unit).rounded(.down)
        let rest = degrees - turns * unit
        var image = self
        if rest != 0 {
            let angle = rest * Double.pi / 180
            // In coordinates of [-1, 1] a pixel is as long as the side is short, and the two sides may differ.
            let aspect = Double(height) / Double(width)
            let theta = [Glibc.cos(angle), -Glibc.sin(angle) * aspect, 0, Glibc.sin(angle) / aspect, Glibc.cos(angle), 0]
            let matrix = try Tensor(theta, [1, 2, 3]).to(device: device, dtype: dtype).expand([size(0), 2, 3]).contiguous()
            image = try warp(matrix, height: height, width: width, paddingMode: paddingMode)
        }
        let quarters = ((Int(turns) * Int(unit / 90)) % 4 + 4) % 4
        return quarters == 0 ? image : try image.rot90(quarters)
    }

    /// Samples a batch from a data set of bytes, `M×C×H×W` uint8, that stays in memory: image index[n] at the places
    /// that θ[n] names.
    ///
    /// - Parameters:
    ///   - index: `N`, int64.
    ///   - theta: `N×2×3`, or `N×3×3` for homographies, as in ``warp(_:height:width:paddingMode:)``.
    ///   - height: Of the output, in pixels.
    ///   - width: Of the output, in pixels.
    ///   - paddingMode: The values outside the image; `zeros` is a pixel of value 0, before it is normalised.
    ///   - mean: Of a pixel divided by 255.
    ///   - std: Standard deviation of a pixel divided by 255.
    /// - Returns: (value / 255 - mean) / std, `N×C×height×width`, float32, without gradients.
    public func warpBytes(
        index: Tensor, theta: Tensor, height: Int, width: Int, paddingMode: PaddingMode, mean: Double, std: Double
    ) throws(ZooError) -> Tensor {
        try Op.warpBytes(self, index, theta, [height, width], paddingMode.rawValue, mean, std)
    }

    /// Samples `N×C×H×W` bilinearly at a grid of places, `N×h×w×2` in [-1, 1], x before y, with `align_corners =
    /// false`: `N×C×h×w`. Differentiable in both.
    public func gridSample(_ grid: Tensor, paddingMode: PaddingMode = .zeros) throws(ZooError) -> Tensor {
        try Op.sample(self, grid, paddingMode.rawValue)
    }

    /// The grid `N×H×W×2` at which θ, `N×2×3`, samples for an output of `size`, [N, C, H, W]; with `align_corners =
    /// false`.
    public static func affineGrid(_ theta: Tensor, size: [Int]) throws(ZooError) -> Tensor { try Op.affineGrid(theta, size, false) }

    /// Sampling matrices as `N×3×3`: `N×2×3` with the row (0, 0, 1) below, `N×3×3` as they are.
    public func homogeneous() throws(ZooError) -> Tensor {
        guard shape.count == 3, shape[1] == 2 else { return self }
        let row = try Tensor([0, 0, 1] as [Double], [1, 1, 3]).to(device: device, dtype: dtype).expand([shape[0], 1, 3])
        return try Tensor.cat([self, row], dim: 1)
    }
}
