import ZooKit

extension PointGroup {
    /// The rotations alone. A regular field of D_N, its elements in order, is two regular fields of C_N side by side.
    var withoutMirror: PointGroup { PointGroup(rotations: rotations, mirror: false) }

    /// The angle of an element's rotation, anticlockwise, in radians.
    func angle(of element: Int) -> Double { 2 * .pi * Double(rotation(of: element)) / Double(rotations) }

    /// g⁻¹h: first h, then the inverse of g.
    func quotient(_ g: Int, _ h: Int) -> Int { product(inverse(g), h) }
}
