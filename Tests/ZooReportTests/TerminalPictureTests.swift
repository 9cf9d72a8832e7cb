import Foundation
import Glibc
import TestSupport
import Testing
import ZooData
import ZooReport

/// Pictures in terminals: what is sent is taken apart again by the rules of each protocol.
@Suite struct TerminalPictureTests {
    /// Every pixel another colour, and neither side a multiple of a sixel's six rows.
    private static let picture: Picture = {
        var pixels: [UInt8] = []
        for row in 0..<20 {
            for column in 0..<47 { pixels += [UInt8(column * 5), UInt8(row * 12), UInt8((row * 47 + column) * 7 % 256)] }
        }
        return Picture(width: 47, height: 20, channels: 3, pixels: pixels)
    }()

    @Test func whatTerminalsSayOfThemselves() {
        func found(_ variables: [String: String]) -> TerminalGraphics? { TerminalGraphics { variables[$0] } }
        #expect(found(["TERM": "xterm-kitty"]) == .kitty && found(["TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"]) == .kitty)
        #expect(found(["TERM_PROGRAM": "iTerm.app"]) == .iterm2 && found(["LC_TERMINAL": "iTerm2"]) == .iterm2)
        #expect(found(["TERM": "foot"]) == .sixel && found(["TERM": "foot-extra"]) == .sixel)
        #expect(found(["TERM": "xterm-256color"]) == nil && found([:]) == nil)
        #expect(found(["TERM": "xterm-kitty", "TMUX": "/tmp/tmux-0/default,1,0"]) == nil, "tmux passes no pictures on")
    }

    @Test func kittyGetsTheFileInPieces() throws {
        // Noise, so that the file needs several pieces.
        var value: UInt32 = 1
        let pixels = (0..<60 * 60 * 3).map { _ -> UInt8 in
            value = value &* 1_664_525 &+ 1_013_904_223
            return UInt8(value >> 24)
        }
        let noise = Picture(width: 60, height: 60, channels: 3, pixels: pixels)
        let picture = try TerminalPicture(noise)
        let pieces = picture.sequence(for: .kitty).matches(of: /\u{1b}_G([^;]*);([^\u{1b}]*)\u{1b}\\/).map { (String($0.1), String($0.2)) }
        #expect(pieces.count > 1 && pieces[0].0 == "a=T,f=100,m=1" && pieces.last?.0 == "m=0")
        #expect(pieces.dropFirst().dropLast().allSatisfy { $0.0 == "m=1" } && pieces.allSatisfy { $0.1.count <= 4096 })
        #expect(Data(base64Encoded: pieces.map(\.1).joined()) == picture.png)
    }

    @Test func iTermGetsTheFileWithItsSize() throws {
        let picture = try TerminalPicture(Self.picture)
        let match = try #require(picture.sequence(for: .iterm2).firstMatch(of: /\u{1b}\]1337;File=inline=1;size=([0-9]+):([^\u{7}]+)\u{7}/))
        #expect(Int(match.1) == picture.png.count && Data(base64Encoded: String(match.2)) == picture.png)
    }

    /// Levels are a fifth apart, so that no value is off by more than a tenth, and the rounding of percent.
    @Test func sixelsAreThePicture() throws {
        let decoded = try #require(Sixels(TerminalPicture(Self.picture).sequence(for: .sixel)))
        #expect(decoded.width == 47 && decoded.height == 20 && decoded.pixels.count == 47 * 20)
        for pixel in 0..<47 * 20 {
            let found = try #require(decoded.pixels[pixel])
            for channel in 0..<3 { #expect(abs(found[channel] - Double(Self.picture.pixels[pixel * 3 + channel]) / 255) <= 0.1 + 1e-9) }
        }
    }

    @Test(.enabled(if: PseudoTerminal.isThere, "needs a pseudo-terminal"), arguments: [("62;4;22", true), ("62;22", false)])
    func terminalsAreAskedForSixels(_ answer: String, _ knows: Bool) throws {
        let terminal = try #require(PseudoTerminal())
        defer {
            close(terminal.leader)
            close(terminal.follower)
        }
        let asked = Thread {
            var bytes: [UInt8] = []
            while !bytes.ends(with: Array("\u{1b}[c".utf8)) {
                var byte: UInt8 = 0
                guard read(terminal.leader, &byte, 1) == 1 else { return }
                bytes.append(byte)
            }
            let reply = Array("\u{1b}[?\(answer)c".utf8)
            _ = write(terminal.leader, reply, reply.count)
        }
        asked.start()
        let found = TerminalGraphics.detected(input: terminal.follower, output: terminal.follower) { ["TERM": "xterm"][$0] }
        #expect(found == (knows ? .sixel : nil))
        #expect(
            TerminalGraphics.detected(input: terminal.follower, output: terminal.follower) { _ in nil } == nil, "a dumb one is not asked")
    }
}

extension Array where Element: Equatable {
    fileprivate func ends(with other: [Element]) -> Bool { count >= other.count && Array(suffix(other.count)) == other }
}

/// A reader of sixels, written from their definition: the values of red, green and blue, 0 to 1, of each pixel that is set.
private struct Sixels {
    private(set) var width = 0
    private(set) var height = 0
    private(set) var pixels: [[Double]?] = []

    init?(_ sequence: String) {
        guard let body = sequence.firstMatch(of: /\u{1b}Pq"1;1;([0-9]+);([0-9]+)([^\u{1b}]*)\u{1b}\\/) else { return nil }
        (width, height) = (Int(body.1) ?? 0, Int(body.2) ?? 0)
        pixels = Array(repeating: nil, count: width * height)
        var colors: [Int: [Double]] = [:]
        var (color, column, top) = (0, 0, 0)
        for token in String(body.3).matches(of: /#([0-9]+)(;2;([0-9]+);([0-9]+);([0-9]+))?|!([0-9]+)([?-~])|([?-~])|(\$)|(-)/) {
            let (_, register, definition, red, green, blue, count, repeated, single, isReturn, isNewline) = token.output
            if let register, let number = Int(register) {
                color = number
                if definition != nil { colors[number] = [red, green, blue].map { (Double($0 ?? "") ?? .nan) / 100 } }
            } else if isReturn != nil {
                column = 0
            } else if isNewline != nil {
                (column, top) = (0, top + 6)
            } else if let byte = (repeated ?? single)?.utf8.first {
                for _ in 0..<(count.flatMap { Int($0) } ?? 1) {
                    for row in 0..<6 where (byte - 63) >> row & 1 == 1 {
                        guard column < width, top + row < height else { return nil }
                        pixels[(top + row) * width + column] = colors[color]
                    }
                    column += 1
                }
            }
        }
    }
}
