/// The rotations by multiples of 360°/N about a point and, with `mirror`, the reflections: C_N or D_N, the part of p4 and
/// p4m [CW16, arXiv:1602.07576, section 4] that is not translation.
///
/// Element k + N·e is a left-right mirroring if e = 1, followed by k steps anticlockwise. Group convolutions keep one
/// channel for each element.
public struct PointGroup: Equatable, Sendable {
    /// N.
    public let rotations: Int
    /// Whether reflections belong to it.
    public let mirror: Bool

    /// Makes it of the number of rotations, at least 1, and whether reflections belong to it.
    public init(rotations: Int, mirror: Bool) {
        self.rotations = rotations
        self.mirror = mirror
    }

    /// The number of elements.
    public var order: Int { mirror ? 2 * rotations : rotations }

    /// The element of that many steps, of any sign.
    public func element(rotation: Int, mirror: Bool) -> Int {
        let steps = rotation % rotations
        return (steps < 0 ? steps + rotations : steps) + (mirror ? rotations : 0)
    }

    /// The steps that an element turns by.
    public func rotation(of element: Int) -> Int { element % rotations }
    /// Whether an element mirrors.
    public func isMirrored(_ element: Int) -> Bool { element >= rotations }

    /// First `second`, then `first`. Mirroring turns the sense of a rotation round: m·r = r⁻¹·m.
    public func product(_ first: Int, _ second: Int) -> Int {
        let steps = rotation(of: second)
        return element(
            rotation: rotation(of: first) + (isMirrored(first) ? -steps : steps), mirror: isMirrored(first) != isMirrored(second))
    }

    /// The element that undoes one.
    public func inverse(_ element: Int) -> Int {
        isMirrored(element) ? element : self.element(rotation: -rotation(of: element), mirror: false)
    }

    /// For a map with channels (o, g), g fastest: the channel that (o, g) of the image transformed by `u` takes its
    /// values from.
    public func permutation(channels: Int, by u: Int) -> [Int] {
        let back = inverse(u)
        return (0..<channels).map { $0 / order * order + product(back, $0 % order) }
    }
}
