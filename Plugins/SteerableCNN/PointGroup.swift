/// The rotations by multiples of 360°/N about a point and, with `mirror`, the reflections: C_N or D_N.
///
/// Element k + N·e is a left-right mirroring if e = 1, followed by k steps anticlockwise.
struct PointGroup {
    let rotations: Int
    let mirror: Bool

    var order: Int { mirror ? 2 * rotations : rotations }

    /// The rotations alone. A regular field of D_N, its elements in order, is two regular fields of C_N side by side.
    var withoutMirror: PointGroup { PointGroup(rotations: rotations, mirror: false) }

    /// The angle of an element's rotation, anticlockwise, in radians.
    func angle(of element: Int) -> Double { 2 * .pi * Double(element % rotations) / Double(rotations) }

    func isMirrored(_ element: Int) -> Bool { element >= rotations }

    /// The element of that many steps, of any sign.
    func element(rotation: Int, mirror: Bool) -> Int {
        ((rotation % rotations) + rotations) % rotations + (mirror ? rotations : 0)
    }

    /// g⁻¹h: first h, then the inverse of g.
    func quotient(_ g: Int, _ h: Int) -> Int {
        // h = rᵇmᶠ and g = rᵃmᵉ, so g⁻¹h = mᵉrᵇ⁻ᵃmᶠ, and a mirroring turns the sense of the rotation that it passes.
        let steps = isMirrored(g) ? g - h : h - g
        return element(rotation: steps, mirror: isMirrored(g) != isMirrored(h))
    }

    /// For a map with channels (field, g), g fastest: the channel that (field, g) of the image transformed by `u`
    /// takes its values from.
    func permutation(channels: Int, by u: Int) -> [Int] {
        (0..<channels).map { $0 / order * order + quotient(u, $0 % order) }
    }
}
