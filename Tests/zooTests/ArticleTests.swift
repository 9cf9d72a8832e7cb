import Foundation
import Testing

/// The examples in ZooKit's reference are code that is compiled somewhere.
@Suite struct ArticleTests {
    /// A text without white space, so that it may be broken into other lines.
    private func words(_ text: some StringProtocol) -> String { String(text.filter { !$0.isWhitespace }) }

    private func source(_ path: String) throws -> String {
        try String(contentsOf: ZooProcess.root.appendingPathComponent(path), encoding: .utf8)
    }

    @Test func theArticlesCodeIsThatOfPlugins() throws {
        let article = try source("Sources/ZooKit/ZooKit.docc/NewArchitecture.md")
        let compiled = try [
            "Plugins/STNInput/STNInput.swift", "Templates/Plugin/swift/architecture.swift", "Plugins/BaselineCNN/BaselineCNN.swift",
            "Plugins/Warps/Translation.swift",
        ].map { words(try source($0)) }
        let blocks = article.matches(of: /(?s)```swift\n(.*?)```/).map { String($0.output.1) }
        #expect(blocks.count >= 5)
        for block in blocks { #expect(compiled.contains { $0.contains(words(block)) }, "not in any of them:\n\(block)") }
        for command in article.matches(of: /`(zoo [^`]+)`/) {
            let path = command.output.1.split(separator: " ").dropFirst().prefix { !$0.hasPrefix("-") && !$0.contains("/") }
            let help = try ZooProcess.run(Array(path.prefix(path.first == "plugin" ? 2 : 1)).map(String.init) + ["--help"])
            #expect(help.status == 0, "\(command.output.0): \(help.errors)")
            for option in command.output.1.split(separator: " ") where option.hasPrefix("--") {
                #expect(help.output.contains(option), "\(command.output.0): no option \(option)")
            }
        }
    }
}
