import ZooKit

/// The rectangle of a square canvas in which images were recorded, before they are smoothed: what has to stay on the canvas.
struct RecordedFrame {
    /// The corners between the rows and columns of pixels, from -1 to 1 on the canvas.
    private let corners: [(x: Double, y: Double)]

    /// - Parameters:
    ///   - left: pixels between the canvas's edge and the frame; `top` likewise.
    ///   - side: the side of the canvas, in pixels.
    init(left: Int, top: Int, width: Int, height: Int, side: Int) {
        func place(_ pixel: Int) -> Double { 2 * Double(pixel) / Double(side) - 1 }
        corners = [left, left + width].flatMap { x in [top, top + height].map { (place(x), place($0)) } }
    }

    /// The images with 0 outside the frame, less a pixel all round: without what smoothing has spread beyond it, and background at the
    /// edge of the canvas if the frame is enlarged to that.
    func cut(_ images: Tensor) throws -> Tensor {
        let side = try images.size(-1)
        let pixel = 2 / Double(side)
        let places = (0..<side).map { (Double($0) + 0.5) * pixel - 1 }
        let (left, right) = (corners.map(\.x).min() ?? -1, corners.map(\.x).max() ?? 1)
        let (top, bottom) = (corners.map(\.y).min() ?? -1, corners.map(\.y).max() ?? 1)
        let (across, down) = (left + pixel...right - pixel, top + pixel...bottom - pixel)
        let mask = places.flatMap { y in places.map { x in across.contains(x) && down.contains(y) ? 1.0 : 0 } }
        return try images * Tensor(mask, [side, side]).to(device: images.device, dtype: images.dtype)
    }

    /// Whether the transformed frame lies on the canvas; what lies on its edge does.
    func stays(under transformation: Transformation) -> Bool {
        let s = transformation.inverse
        return corners.allSatisfy { corner in
            let x = s[0] * corner.x + s[1] * corner.y + s[2]
            let y = s[3] * corner.x + s[4] * corner.y + s[5]
            return max(abs(x), abs(y)) <= 1 + 1e-9
        }
    }
}
