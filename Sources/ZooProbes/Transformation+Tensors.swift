package import ZooKit

extension Transformation {
    private static let pad = Operator("aten::constant_pad_nd")

    /// T_g⁻¹.
    package var inverted: Transformation {
        let opposite: Exact? =
            switch exact {
            case .quarters(let turns): .quarters(-turns)
            case .mirror: .mirror
            case .shift(let x, let y): .shift(-x, -y)
            case .enlarged(let factor): .reduced(factor)
            case .reduced(let factor): .enlarged(factor)
            case nil: nil
            }
        return Transformation(name: name, sampling: inverse, exact: opposite)
    }

    /// The angle of a rotation; nil for anything else.
    var degrees: Double? {
        let s = sampling
        guard s[2] == 0, s[5] == 0, abs(s[0] - s[4]) < 1e-9, abs(s[1] + s[3]) < 1e-9, abs(s[0] * s[4] - s[1] * s[3] - 1) < 1e-9 else {
            return nil
        }
        return Pose(sampling: s, height: 2, width: 2)?.rotation
    }

    /// How large it makes the picture; nil for anything but a scaling about the centre.
    var factor: Double? {
        let s = sampling
        guard s[1] == 0, s[2] == 0, s[3] == 0, s[5] == 0, s[0] == s[4], s[0] > 0 else { return nil }
        return 1 / s[0]
    }

    /// T_g of N×C×H×W, without interpolation where that is possible.
    package func applied(to x: Tensor, padding: PaddingMode) throws -> Tensor {
        switch exact {
        case .quarters(let turns): return try x.rot90(turns)
        case .mirror: return try x.flip(dims: [-1])
        case .shift(let right, let down): return try Self.pad(x, [right, -right, down, -down], 0.0)
        case .enlarged(let factor), .reduced(let factor):
            let isLarger = exact == .enlarged(factor)
            return try [-2, -1].reduce(x) { image, dim in
                let side = try image.size(dim)
                let margin = side * (factor - 1) / 2
                let sources = (0..<side).map { isLarger ? ($0 + margin) / factor : $0 * factor - margin }
                let index = try Tensor(sources.map { Int64(min(max(0, $0), side - 1)) }, [side]).to(device: x.device)
                let picked = try image.indexSelect(dim: dim, index: index)
                if isLarger { return picked }
                // What the square of a pixel beyond the edge would be is the background.
                let inside = try Tensor(sources.map { (0..<side).contains($0) ? 1.0 : 0 }, dim == -1 ? [side] : [side, 1])
                return try picked * inside.to(device: x.device, dtype: x.dtype)
            }
        case nil:
            let count = try x.size(0)
            let theta = try Tensor(sampling, [1, 2, 3]).to(device: x.device, dtype: x.dtype).expand([count, 2, 3]).contiguous()
            return try x.warp(theta, height: x.size(-2), width: x.size(-1), paddingMode: padding)
        }
    }

    /// The same transformation of a stage's map, in that map's own coordinates: about the same centre, a shift in the map's pixels.
    func onMap(of stage: Stage, like map: Tensor, side: Int) throws -> Transformation {
        let (height, width) = (Double(try map.size(-2)), Double(try map.size(-1)))
        var s = sampling
        s[1] *= height / width
        s[3] *= width / height
        s[2] *= Double(side) / (stage.stride * width)
        s[5] *= Double(side) / (stage.stride * height)
        var exact = exact
        switch exact {
        case .shift(let x, let y):
            let (across, down) = (Double(x) / stage.stride, Double(y) / stage.stride)
            exact = across == across.rounded() && down == down.rounded() ? .shift(Int(across), Int(down)) : nil
        case .quarters(let turns) where turns % 2 != 0 && height != width: exact = nil
        case .enlarged, .reduced: exact = nil
        default: break
        }
        return Transformation(name: name, sampling: s, exact: exact)
    }

    /// The places u of a map whose S·u lies on it, between pixels that all are `defined`; as the map lies, H×W.
    func region(_ defined: [Bool], like map: Tensor) -> [Bool] {
        let shape = map.shape
        let (height, width) = (shape[shape.count - 2], shape[shape.count - 1])
        let (h, w) = (Double(height), Double(width))
        return (0..<height * width).map { place in
            let x = (2 * Double(place % width) + 1) / w - 1
            let y = (2 * Double(place / width) + 1) / h - 1
            let px = ((sampling[0] * x + sampling[1] * y + sampling[2]) * w + w - 1) / 2
            let py = ((sampling[3] * x + sampling[4] * y + sampling[5]) * h + h - 1) / 2
            // A place that is a pixel up to rounding needs that pixel alone.
            func taps(_ p: Double) -> ClosedRange<Double> {
                abs(p - p.rounded()) < 1e-6 ? p.rounded()...p.rounded() : p.rounded(.down)...p.rounded(.up)
            }
            guard defined[place], px.isFinite, py.isFinite else { return false }
            let (columns, rows) = (taps(px), taps(py))
            guard columns.lowerBound >= 0, columns.upperBound <= w - 1, rows.lowerBound >= 0, rows.upperBound <= h - 1 else { return false }
            return [rows.lowerBound, rows.upperBound].allSatisfy { row in
                [columns.lowerBound, columns.upperBound].allSatisfy { defined[Int(row) * width + Int($0)] }
            }
        }
    }
}
