import Foundation

/// Ids that can be typed on any keyboard and stand in a file's name.
enum EntryName {
    private static let longest = 64

    static func isTypable(_ id: String) -> Bool {
        !id.isEmpty && id.allSatisfy { isPlain($0) || "-_.+".contains($0) } && (id.first.map(isPlain) ?? false)
    }

    private static func isPlain(_ character: Character) -> Bool { character.isASCII && (character.isLetter || character.isNumber) }

    /// An id from any text: itself if it can be one; else in Latin letters without accents, what has none becomes a hyphen; "model" if
    /// nothing is left.
    static func make(from text: String) -> String {
        if isTypable(text) { return text }
        let latin = text.applyingTransform(StringTransform("Any-Latin; Latin-ASCII"), reverse: false) ?? text
        var id = ""
        for character in latin where character != "'" && character != "`" {
            let isAllowed = isPlain(character) || "-_.+".contains(character)
            if isAllowed { id.append(character) } else if id.last != "-" { id.append("-") }
        }
        func isEdge(_ character: Character) -> Bool { "-_.+".contains(character) }
        id = String(id.drop(while: isEdge).prefix(longest))
        while let last = id.last, isEdge(last) { id.removeLast() }
        return id.isEmpty ? "model" : id
    }
}
