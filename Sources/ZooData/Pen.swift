import Foundation
import ZooCore

/// Draws one digit: from a skeleton to points on a page, to pixels. Keeps its memory between digits.
struct Pen {
    private typealias Point = SIMD2<Double>

    /// A point of the line, and whether the pen moved there on the paper.
    private struct Mark {
        var place: Point
        var radius: Double
        let isDrawn: Bool
    }

    private var marks: [Mark] = []
    private var control: [Point] = []
    private var page = [Float](repeating: 0, count: StrokeDigits.side * StrokeDigits.side)

    /// Points per span of a spline. A span is about 5 pixels long, so the chords stay within 0.1 pixel of the curve.
    private static let pointsPerSpan = 5
    /// The side of the box that a digit is fitted into, as in MNIST.
    private static let box = 20.0

    /// Jitters the control points of a style, joins them by splines, and bends the whole.
    mutating func write(_ style: StrokeSkeleton, with random: inout RandomStream.Sequence) {
        marks.removeAll(keepingCapacity: true)
        let unrest = random.uniform(0.015, 0.05)
        for stroke in style.strokes {
            let shift = Point(random.normal(), random.normal()) * unrest
            control.removeAll(keepingCapacity: true)
            var isFirst = true
            var previous = Point(.infinity, .infinity)
            for point in stroke {
                if point == previous {
                    // A corner: one spline ends here and the next begins.
                    let corner = control.last ?? point
                    join(isFirst: &isFirst)
                    control.append(corner)
                } else {
                    control.append(point + shift + Point(random.normal(), random.normal()) * unrest)
                }
                previous = point
            }
            join(isFirst: &isFirst)
        }
        bend(with: &random)
    }

    /// Turns the collected control points into marks (Catmull–Rom, end points doubled) and forgets them.
    private mutating func join(isFirst: inout Bool) {
        guard let start = control.first else { return }
        if isFirst { marks.append(Mark(place: start, radius: 0, isDrawn: false)) }
        isFirst = false
        for span in 0..<control.count - 1 {
            let a = control[span]
            let b = control[span + 1]
            let into = (b - control[max(0, span - 1)]) * 0.5
            let out = (control[min(control.count - 1, span + 2)] - a) * 0.5
            for step in 1...Self.pointsPerSpan {
                let t = Double(step) / Double(Self.pointsPerSpan)
                let s = 1 - t
                // Hermite basis.
                let place = a * (s * s * (1 + 2 * t)) + b * (t * t * (3 - 2 * t)) + into * (s * s * t) - out * (t * t * s)
                marks.append(Mark(place: place, radius: 0, isDrawn: true))
            }
        }
        control.removeAll(keepingCapacity: true)
    }

    /// Moves the points along a smooth random field: three plane waves, at most one and a quarter periods across the digit.
    private mutating func bend(with random: inout RandomStream.Sequence) {
        for _ in 0..<3 {
            let wave = Point(random.uniform(-1.25, 1.25), random.uniform(-1.25, 1.25)) * (2 * .pi)
            let push = Point(random.normal(), random.normal()) * 0.028
            let phase = random.uniform(0, 2 * .pi)
            for index in marks.indices { marks[index].place += push * sin((marks[index].place * wave).sum() + phase) }
        }
    }

    /// Squeezes, slants and turns the digit, fits it into its box, gives the line its width, and centres it by mass.
    mutating func fit(with random: inout RandomStream.Sequence) {
        let aspect = random.uniform(0.56, 1)
        let slant = min(0.55, max(-0.35, 0.12 + 0.2 * random.normal()))
        let angle = random.uniform(-1, 1) * random.uniform() * 12 * .pi / 180
        let (cosine, sine) = (cos(angle), sin(angle))
        var low = Point(.infinity, .infinity)
        var high = -low
        for index in marks.indices {
            var place = marks[index].place - 0.5
            place.x = place.x * aspect - place.y * slant
            place = Point(place.x * cosine - place.y * sine, place.x * sine + place.y * cosine)
            marks[index].place = place
            low = pointwiseMin(low, place)
            high = pointwiseMax(high, place)
        }

        let radius = min(1.9, max(0.75, 1.3 + 0.3 * random.normal()))
        let extent = max(0.2, (high - low).max())
        let scale = (Self.box * random.uniform(0.84, 1.02) - 2 * radius) / extent
        let pressure = random.uniform(0, 0.25)
        let rhythm = random.uniform(0.5, 2) * 2 * .pi
        let phase = random.uniform(0, 2 * .pi)
        for index in marks.indices {
            marks[index].place *= scale
            let along = Double(index) / Double(max(1, marks.count - 1))
            marks[index].radius = radius * (1 + pressure * sin(rhythm * along + phase))
        }

        var mass = 1e-9
        var moment = Point(0, 0)
        for (from, to) in zip(marks, marks.dropFirst()) where to.isDrawn {
            let step = to.place - from.place
            let weight = (step * step).sum().squareRoot() * (from.radius + to.radius)
            mass += weight
            moment += (from.place + to.place) * (0.5 * weight)
        }
        let jitter = Point(min(1.5, max(-1.5, random.normal() * 0.6)), min(1.5, max(-1.5, random.normal() * 0.6)))
        let move = Point(repeating: Double(StrokeDigits.side) / 2) + jitter - moment / mass
        for index in marks.indices { marks[index].place += move }
    }

    /// Fills the pixels, 28×28 bytes: 255 on the stroke, falling to 0 across its soft edge.
    mutating func ink(into pixels: UnsafeMutableBufferPointer<UInt8>, with random: inout RandomStream.Sequence) {
        let softness = Float(random.uniform(0.9, 1.5))
        let brightness = Float(255 * min(1, random.uniform(0.9, 1.06)))
        let side = StrokeDigits.side
        page.withUnsafeMutableBufferPointer { page in
            page.update(repeating: 0)
            for (from, to) in zip(marks, marks.dropFirst()) where to.isDrawn {
                Self.stroke(page, from, to, softness)
            }
            for index in 0..<min(pixels.count, side * side) { pixels[index] = UInt8((page[index] * brightness).rounded()) }
        }
    }

    /// Adds one straight piece: every pixel near it takes the larger of what it has and what the piece gives it.
    private static func stroke(_ page: UnsafeMutableBufferPointer<Float>, _ from: Mark, _ to: Mark, _ softness: Float) {
        let side = StrokeDigits.side
        let reach = max(from.radius, to.radius) + Double(softness) / 2
        // Pixel i covers i ... i + 1, its centre is at i + 0.5.
        let low = pointwiseMin(from.place, to.place) - (reach + 0.5)
        let high = pointwiseMax(from.place, to.place) + (reach - 0.5)
        let limit = Double(side - 1)
        let columns = stride(from: Int(max(0, min(limit + 1, low.x.rounded(.up)))), through: Int(max(-1, min(limit, high.x))), by: 1)
        let rows = stride(from: Int(max(0, min(limit + 1, low.y.rounded(.up)))), through: Int(max(-1, min(limit, high.y))), by: 1)
        let start = SIMD2<Float>(from.place)
        let line = SIMD2<Float>(to.place) - start
        let inverse = 1 / max((line * line).sum(), 1e-12)
        let radius = Float(from.radius)
        let growth = Float(to.radius) - radius
        for y in rows {
            for x in columns {
                let offset = SIMD2<Float>(Float(x) + 0.5, Float(y) + 0.5) - start
                let t = min(1, max(0, (offset * line).sum() * inverse))
                let gap = offset - line * t
                let distance = (gap * gap).sum().squareRoot()
                let ink = min(1, (radius + growth * t - distance) / softness + 0.5)
                page[y * side + x] = max(page[y * side + x], ink)
            }
        }
    }
}
