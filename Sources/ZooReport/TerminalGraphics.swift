import Glibc
import ZooCore

/// How a terminal takes pictures.
public enum TerminalGraphics: String, Sendable, CaseIterable {
    /// https://sw.kovidgoyal.net/kitty/graphics-protocol
    case kitty
    /// https://iterm2.com/documentation-images.html
    case iterm2
    /// DEC's sixels, six rows of pixels at a time.
    case sixel

    /// What a terminal says of itself in the environment; nil where that says nothing.
    public init?(environment: (String) -> String?) {
        func value(_ name: String) -> String { environment(name) ?? "" }
        let (term, program) = (value("TERM"), value("TERM_PROGRAM"))
        guard !Self.isMultiplexed(environment) else { return nil }
        if ["xterm-kitty", "xterm-ghostty"].contains(term) || program == "ghostty" {
            self = .kitty
        } else if ["iTerm.app", "WezTerm"].contains(program) || value("LC_TERMINAL") == "iTerm2" {
            self = .iterm2
        } else if ["foot", "mlterm", "contour", "yaft"].contains(where: term.hasPrefix) {
            self = .sixel
        } else {
            return nil
        }
    }

    /// What the terminal of this process takes. Where the environment does not say, the terminal is asked whether it knows sixels; it has
    /// 0.2 s to answer. nil where there is no terminal.
    public static func detected() -> TerminalGraphics? {
        detected(input: STDIN_FILENO, output: StandardOutput.descriptor) { getenv($0).map { String(cString: $0) } }
    }

    package static func detected(input: Int32, output: Int32, environment: (String) -> String?) -> TerminalGraphics? {
        guard isatty(output) == 1 else { return nil }
        if let known = TerminalGraphics(environment: environment) { return known }
        guard !isMultiplexed(environment), !["", "dumb"].contains(environment("TERM") ?? "") else { return nil }
        return attributes(input, output).contains("4") ? .sixel : nil
    }

    /// Inside tmux and screen: they pass pictures on only where they are told to.
    private static func isMultiplexed(_ environment: (String) -> String?) -> Bool {
        let term = environment("TERM") ?? ""
        return environment("TMUX").map { !$0.isEmpty } ?? false || term.hasPrefix("screen") || term.hasPrefix("tmux")
    }

    /// The terminal's answer to a request for its primary device attributes, without the class; 4 is for sixels. None if it does not answer.
    private static func attributes(_ descriptor: Int32, _ output: Int32) -> [String] {
        var before = termios()
        guard isatty(descriptor) == 1, tcgetattr(descriptor, &before) == 0 else { return [] }
        var raw = before
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
        guard tcsetattr(descriptor, TCSANOW, &raw) == 0 else { return [] }
        defer { tcsetattr(descriptor, TCSANOW, &before) }
        let request = Array("\u{1b}[c".utf8)
        guard write(output, request, request.count) == request.count else { return [] }
        var answer: [UInt8] = []
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while answer.count < 64, answer.last != UInt8(ascii: "c"), poll(&watched, 1, 200) == 1 {
            var byte: UInt8 = 0
            guard read(descriptor, &byte, 1) == 1 else { break }
            answer.append(byte)
        }
        guard answer.starts(with: Array("\u{1b}[?".utf8)), answer.last == UInt8(ascii: "c") else { return [] }
        return String(decoding: answer.dropFirst(3).dropLast(), as: UTF8.self).split(separator: ";").dropFirst().map(String.init)
    }
}
