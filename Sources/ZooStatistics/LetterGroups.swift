/// Letters that show what an order is worth.
public enum LetterGroups {
    /// The first entry gets "a", and so does everything that does not differ from it; the best that is left leads the next letter, for
    /// itself and everything below it that does not differ from it. So an entry shares a letter with the first that has it
    /// exactly if the two do not differ. (Letters for *all* pairs at once are known too, but with twenty entries nobody can read them:
    /// "does not differ from" is not transitive.)
    ///
    /// - Parameter differ: symmetric; called for indices below `count`, which are in order.
    public static func letters(count: Int, differ: (Int, Int) -> Bool) -> [String] {
        var letters = [String](repeating: "", count: max(0, count))
        var groups = 0
        for leader in letters.indices where letters[leader].isEmpty {
            for member in leader..<letters.count where member == leader || !differ(leader, member) { letters[member] += name(groups) }
            groups += 1
        }
        return letters
    }

    /// a … z, then a1 … z1 and so on.
    private static func name(_ index: Int) -> String {
        let letter = String(UnicodeScalar(UInt8(ascii: "a") + UInt8(index % 26)))
        return index < 26 ? letter : "\(letter)\(index / 26)"
    }
}
