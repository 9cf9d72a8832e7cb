import Foundation
import Testing
import ZooReport

@Suite struct ScriptTextTests {
    @Test(arguments: [
        "", "<", "</script><b>", "a\u{2028}b\u{2029}c", "\u{2027}\u{202A}â€¨", "<!--", "\\u003c", "é😀<é", "\u{E2}<", "\u{2028}",
    ])
    func jsonSaysTheSameAndEndsNoElement(_ text: String) throws {
        let json = try ScriptText.json([text: [text, "x"]])
        #expect(try JSONDecoder().decode([String: [String]].self, from: Data(json.utf8)) == [text: [text, "x"]])
        #expect(!json.contains("<") && !json.unicodeScalars.contains { $0 == "\u{2028}" || $0 == "\u{2029}" })
    }

    @Test(arguments: [
        ("a</script>b", "a<\\/script>b"), ("</SCRIPT </Script", "<\\/SCRIPT <\\/Script"),
        ("<script </ script </scrip", "<script </ script </scrip"),
        ("<", "<"), ("1 < 2 é", "1 < 2 é"), ("</script", "<\\/script"),
    ])
    func aScriptEndsNoElement(_ script: String, _ expected: String) { #expect(ScriptText.embedded(script) == expected) }
}
