/// Rotations by multiples of 360°/N about a point, with `mirror` also reflections: C_N or D_N, the part of p4 and p4m
/// [CW16, arXiv:1602.07576, section 4] that is not translation.
///
/// Element k + N·e stands for a left-right mirroring if e = 1, followed by k steps anticlockwise.
struct PointGroup {
    let rotations: Int
    let mirror: Bool

    var order: Int { mirror ? 2 * rotations : rotations }

    /// The element of that many steps, of any sign.
    func element(rotation: Int, mirror: Bool) -> Int {
        let steps = rotation % rotations
        return (steps < 0 ? steps + rotations : steps) + (mirror ? rotations : 0)
    }

    func rotation(of element: Int) -> Int { element % rotations }
    func isMirrored(_ element: Int) -> Bool { element >= rotations }

    /// First `second`, then `first`. Mirroring turns the sense of a rotation round: m·r = r⁻¹·m.
    func product(_ first: Int, _ second: Int) -> Int {
        let steps = rotation(of: second)
        return element(
            rotation: rotation(of: first) + (isMirrored(first) ? -steps : steps), mirror: isMirrored(first) != isMirrored(second))
    }

    func inverse(_ element: Int) -> Int {
        isMirrored(element) ? element : self.element(rotation: -rotation(of: element), mirror: false)
    }

    /// For a map with channels (o, g), g fastest: the channel that (o, g) of the image transformed by `u` takes its
    /// values from.
    func permutation(channels: Int, by u: Int) -> [Int] {
        let back = inverse(u)
        return (0..<channels).map { $0 / order * order + product(back, $0 % order) }
    }
}
