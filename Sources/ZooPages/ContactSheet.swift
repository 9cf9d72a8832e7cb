import ZooData

/// Pictures in rows and columns, each enlarged to the same square without smoothing, on one picture in colour.
struct ContactSheet {
    struct Cell {
        let picture: Picture?
        /// Quadrilaterals to draw on it, x and y of each corner in [-1, 1]; the last one is bright, its first corner a dot.
        var corners: [[(x: Double, y: Double)]] = []
    }

    /// Side of a cell, and the gap around each, in pixels.
    private static let (side, gap) = (112, 4)
    private static let ground: [UInt8] = [38, 40, 46]
    private static let (bright, faint): ([UInt8], [UInt8]) = ([255, 150, 40], [150, 96, 40])

    private let width, height: Int
    private var pixels: [UInt8]

    static func picture(_ rows: [[Cell]]) -> Picture {
        var sheet = ContactSheet(columns: rows.map(\.count).max() ?? 0, rows: rows.count)
        for (row, cells) in rows.enumerated() {
            // Quadrilaterals reach beyond the edge: then the whole row is drawn smaller.
            let farthest = cells.flatMap(\.corners).flatMap(\.self).map { max(abs($0.x), abs($0.y)) }.filter(\.isFinite).max() ?? 1
            let reach = min(max(farthest + 0.05, 1), 1.8)
            for (column, cell) in cells.enumerated() {
                sheet.draw(cell, reach: reach, left: gap + column * (side + gap), top: gap + row * (side + gap))
            }
        }
        return Picture(width: sheet.width, height: sheet.height, channels: 3, pixels: sheet.pixels)
    }

    private init(columns: Int, rows: Int) {
        width = Self.gap + columns * (Self.side + Self.gap)
        height = Self.gap + rows * (Self.side + Self.gap)
        pixels = (0..<width * height).flatMap { _ in Self.ground }
    }

    private mutating func draw(_ cell: Cell, reach: Double, left: Int, top: Int) {
        guard let picture = cell.picture else { return }
        func place(_ value: Double) -> Double { (value / reach + 1) / 2 * Double(Self.side) }
        for y in 0..<Self.side {
            for x in 0..<Self.side {
                // The middle of the pixel in the picture's own coordinates.
                func own(_ pixel: Int, _ size: Int) -> Int {
                    let coordinate = ((Double(pixel) + 0.5) / Double(Self.side) * 2 - 1) * reach
                    return Int(((coordinate + 1) / 2 * Double(size)).rounded(.down))
                }
                let (column, row) = (own(x, picture.width), own(y, picture.height))
                guard (0..<picture.width).contains(column), (0..<picture.height).contains(row) else { continue }
                let start = (row * picture.width + column) * picture.channels
                set(left + x, top + y, (0..<3).map { picture.pixels[start + min($0, picture.channels - 1)] })
            }
        }
        for (index, corners) in cell.corners.enumerated() where corners.allSatisfy({ $0.x.isFinite && $0.y.isFinite }) {
            let isLast = index == cell.corners.count - 1
            let points = corners.map { (x: place($0.x), y: place($0.y)) }
            for (from, to) in zip(points, points.dropFirst() + points.prefix(1)) {
                line(from, to, isLast ? Self.bright : Self.faint, left: left, top: top)
            }
            if isLast, let first = points.first { dot(first, left: left, top: top) }
        }
    }

    private mutating func line(
        _ from: (x: Double, y: Double), _ to: (x: Double, y: Double), _ color: [UInt8], left: Int, top: Int
    ) {
        // A θ far from the identity gives corners far away: the cell holds no more steps than this.
        let steps = Int(min(4 * max(abs(to.x - from.x), abs(to.y - from.y)), 1e5)) + 1
        for step in 0...steps {
            let part = Double(step) / Double(steps)
            plot(from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part, 1, color, left: left, top: top)
        }
    }

    private mutating func dot(_ point: (x: Double, y: Double), left: Int, top: Int) {
        plot(point.x, point.y, 3, Self.bright, left: left, top: top)
    }

    /// A square about a place of a cell, cut at the cell's edge.
    private mutating func plot(_ x: Double, _ y: Double, _ radius: Double, _ color: [UInt8], left: Int, top: Int) {
        let inside = 0...Double(Self.side - 1)
        guard inside.contains(x), inside.contains(y) else { return }
        for row in Int(max(0, y - radius))...Int(min(inside.upperBound, y + radius)) {
            for column in Int(max(0, x - radius))...Int(min(inside.upperBound, x + radius)) { set(left + column, top + row, color) }
        }
    }

    private mutating func set(_ x: Int, _ y: Int, _ color: [UInt8]) {
        let start = (y * width + x) * 3
        for channel in 0..<3 { pixels[start + channel] = color[channel] }
    }
}
