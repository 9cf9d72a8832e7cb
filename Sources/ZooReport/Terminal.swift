import Glibc
import ZooCore

/// What is known about where text goes: whether people look at it, how wide it is, and whether it shows colours.
public struct Terminal: Sendable, Hashable {
    public let isTerminal: Bool
    /// In columns; `nil` if unknown or if there is no limit, as in a file.
    public let width: Int?
    /// Whether bold and colours may be used: on a terminal that is not `dumb`, unless `NO_COLOR` is set (no-color.org).
    public let usesColor: Bool
    /// Whether block elements may be used: on a terminal whose locale is UTF-8.
    public let showsUnicode: Bool

    public init(isTerminal: Bool, width: Int?, usesColor: Bool, showsUnicode: Bool = false) {
        self.isTerminal = isTerminal
        self.width = width
        self.usesColor = usesColor
        self.showsUnicode = showsUnicode
    }

    /// A file or a pipe: no limits, no colours.
    public static let plain = Terminal(isTerminal: false, width: nil, usesColor: false)

    /// What standard output is right now.
    public static var standardOutput: Terminal { Terminal(descriptor: StandardOutput.descriptor) }

    /// What standard error is right now.
    public static var standardError: Terminal { Terminal(descriptor: STDERR_FILENO) }

    /// What an open file descriptor is right now.
    public init(descriptor: Int32) {
        guard isatty(descriptor) == 1 else {
            self = .plain
            return
        }
        var size = winsize()
        let known = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        let isDumb = ["", "dumb"].contains(Self.variable("TERM") ?? "")
        let refusesColor = Self.variable("NO_COLOR").map { !$0.isEmpty } ?? false
        self.init(
            isTerminal: true, width: known ? Int(size.ws_col) : nil, usesColor: !isDumb && !refusesColor,
            showsUnicode: !isDumb && Self.localeIsUTF8)
    }

    /// `text` in bold, where that is possible.
    public func bold(_ text: String) -> String { usesColor ? "\u{1b}[1m\(text)\u{1b}[0m" : text }

    private static var localeIsUTF8: Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { variable($0) }.first { !$0.isEmpty } ?? ""
        return ["utf-8", "utf8"].contains(where: locale.lowercased().contains)
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

/// How many columns of a terminal a text takes: none for combining marks, two for East Asian wide letters and pictures.
///
/// The ranges are the broad ones of Unicode's East Asian Width (UAX #11); letters of ambiguous width count as one.
func displayWidth(_ text: some StringProtocol) -> Int { text.reduce(0) { $0 + displayWidth($1) } }

func displayWidth(_ character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first else { return 0 }
    let value = scalar.value
    if value >= 0x20, value < 0x7f { return 1 }
    switch scalar.properties.generalCategory {
    case .control, .format, .nonspacingMark, .enclosingMark: return 0
    default: break
    }
    let isPicture = scalar.properties.isEmojiPresentation || character.unicodeScalars.contains { $0.value == 0xfe0f }
    let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
        0xff00...0xff60, 0xffe0...0xffe6, 0x20000...0x3fffd,
    ]
    return isPicture || wide.contains { $0.contains(value) } ? 2 : 1
}

/// The beginning of `text` that fits into `width` columns, ending with … if something was cut off.
func truncated(_ text: String, to width: Int) -> String {
    guard displayWidth(text) > width else { return text }
    guard width > 0 else { return "" }
    var room = width - 1
    let kept = text.prefix { character in
        room -= displayWidth(character)
        return room >= 0
    }
    return kept + "…"
}

/// `text` on one line, without control characters: it may come from a file of unknown origin, and a terminal obeys them.
public func singleLine(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
    return String(
        String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
}
