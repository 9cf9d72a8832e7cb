/// A text as one word of a shell's command line, so that a suggested command can be pasted (see `CommandText`): the
/// only such function of the zoo.
public func shellWord(_ text: String) -> String {
    let isPlain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./+:=,@%".contains($0)) }
    return isPlain && !text.isEmpty ? text : "'" + text.replacing("'", with: "'\\''") + "'"
}
