public import Foundation
package import ZooData

/// A picture in colour, as a file and as what terminals take.
public struct TerminalPicture: Sendable {
    /// The bytes of a PNG file.
    public let png: Data
    private let picture: Picture

    /// - Parameter picture: of three channels.
    package init(_ picture: Picture) throws {
        self.picture = picture
        png = Data(try picture.png())
    }

    /// The control sequence that shows it, and a newline.
    public func sequence(for graphics: TerminalGraphics) -> String {
        switch graphics {
        case .kitty: kitty
        case .iterm2: "\u{1b}]1337;File=inline=1;size=\(png.count):\(png.base64EncodedString())\u{7}\n"
        case .sixel: sixel
        }
    }

    /// In pieces of 4,096 characters, of which only the first says what they are.
    private var kitty: String {
        let text = Array(png.base64EncodedString().utf8)
        var sequence = ""
        for start in stride(from: 0, to: text.count, by: 4096) {
            let end = min(start + 4096, text.count)
            let control = (start == 0 ? "a=T,f=100," : "") + "m=\(end < text.count ? 1 : 0)"
            sequence += "\u{1b}_G\(control);\(String(decoding: text[start..<end], as: UTF8.self))\u{1b}\\"
        }
        return sequence + "\n"
    }

    /// In the 216 colours with six levels of red, green and blue each.
    private var sixel: String {
        func level(_ value: UInt8) -> Int { (Int(value) * 5 + 127) / 255 }
        let colors = stride(from: 0, to: picture.pixels.count, by: 3).map { start -> Int in
            let (red, green, blue) = (level(picture.pixels[start]), level(picture.pixels[start + 1]), level(picture.pixels[start + 2]))
            return (red * 6 + green) * 6 + blue
        }
        var sequence = "\u{1b}Pq\"1;1;\(picture.width);\(picture.height)"
        for color in Set(colors).sorted() {
            sequence += "#\(color);2;\(color / 36 * 20);\(color / 6 % 6 * 20);\(color % 6 * 20)"
        }
        for top in stride(from: 0, to: picture.height, by: 6) {
            let rows = top..<min(top + 6, picture.height)
            let band = colors[rows.lowerBound * picture.width..<rows.upperBound * picture.width]
            for color in Set(band).sorted() {
                sequence += "#\(color)"
                var (run, last) = (0, 0)
                for column in 0..<picture.width {
                    var bits = 0
                    for row in rows where colors[row * picture.width + column] == color { bits |= 1 << (row - top) }
                    if bits != last {
                        sequence += Self.repeated(last, run)
                        (run, last) = (0, bits)
                    }
                    run += 1
                }
                sequence += Self.repeated(last, run) + "$"
            }
            sequence += "-"
        }
        return sequence + "\u{1b}\\\n"
    }

    private static func repeated(_ bits: Int, _ count: Int) -> String {
        let character = String(UnicodeScalar(UInt8(63 + bits)))
        return count > 3 ? "!\(count)\(character)" : String(repeating: character, count: count)
    }
}
