/// The simplex method of Nelder and Mead, *The Computer Journal* 7(4), 1965: a local minimum without derivatives.
enum NelderMead {
    /// - Parameters:
    ///   - step: how far the other corners of the first simplex are from `start`, along each coordinate.
    ///   - evaluations: about how often the function may be called.
    ///   - tolerance: stops once the corners' values differ by no more than that.
    static func minimise(
        from start: [Double], step: Double, evaluations: Int, tolerance: Double = 1e-12, _ function: ([Double]) -> Double
    ) -> (point: [Double], value: Double) {
        var corners = [(point: start, value: function(start))]
        for index in start.indices {
            var point = start
            point[index] += step
            corners.append((point, function(point)))
        }
        var left = evaluations - corners.count
        while left > 0 {
            corners.sort { $0.value < $1.value }
            let (best, worst) = (corners[0], corners[corners.count - 1])
            if worst.value - best.value <= tolerance { break }
            let centre = start.indices.map { index in
                corners.dropLast().reduce(0) { $0 + $1.point[index] } / Double(corners.count - 1)
            }
            func along(_ factor: Double) -> (point: [Double], value: Double) {
                let point = start.indices.map { centre[$0] + factor * (worst.point[$0] - centre[$0]) }
                left -= 1
                return (point, function(point))
            }
            let reflected = along(-1)
            if reflected.value < best.value {
                let expanded = along(-2)
                corners[corners.count - 1] = expanded.value < reflected.value ? expanded : reflected
            } else if reflected.value < corners[corners.count - 2].value {
                corners[corners.count - 1] = reflected
            } else {
                let contracted = along(reflected.value < worst.value ? -0.5 : 0.5)
                if contracted.value < min(worst.value, reflected.value) {
                    corners[corners.count - 1] = contracted
                } else {
                    for index in 1..<corners.count {
                        let point = start.indices.map { (corners[index].point[$0] + best.point[$0]) / 2 }
                        corners[index] = (point, function(point))
                        left -= 1
                    }
                }
            }
        }
        return corners.min { $0.value < $1.value } ?? (start, function(start))
    }
}
