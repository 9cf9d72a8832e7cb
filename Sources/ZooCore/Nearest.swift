/// The candidate most like `name`, for "did you mean …?", or `nil` if none is like it.
///
/// Likeness is the Damerau–Levenshtein distance in its restricted form (insertions, deletions, substitutions, swaps of
/// neighbours), upper and lower case being the same letter. A candidate counts as alike if no more than a third of the
/// longer name has changed, or if one name begins with the other. The first of equally near candidates wins.
///
/// Cost: O(|name| · |candidate|) for every candidate.
public func nearest(to name: String, in candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased())
    guard !wanted.isEmpty else { return nil }
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
        let letters = Array(candidate.lowercased())
        guard !letters.isEmpty else { continue }
        let distance = editDistance(wanted, letters)
        let isPrefix = min(wanted.count, letters.count) >= 3 && (letters.starts(with: wanted) || wanted.starts(with: letters))
        guard distance <= max(1, max(wanted.count, letters.count) / 3) || isPrefix else { continue }
        if distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.candidate
}

/// How many single-letter edits, or swaps of neighbours, turn `a` into `b`.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1]
        row.reserveCapacity(b.count + 1)
        for j in b.indices {
            var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
            row.append(cost)
        }
        (beforeLast, last) = (last, row)
    }
    return last[b.count]
}
