import Testing
import ZooReport

@Suite struct TextTableTests {
    private var table: TextTable {
        var table = TextTable([.init("entry"), .init("plugin"), .init("error %", .decimal), .init("parameters", .right)])
        table.append(["cnn", "libBaselineCNN.so", "0.84 ± 0.05", "312,202"])
        table.append(["stn-c0", "libSTNInput.so, libWarps.so", "10.6", "320,208"])
        return table
    }

    @Test func linesUp() {
        #expect(
            table.rendered() == """
                entry   plugin                            error %  parameters
                cnn     libBaselineCNN.so             0.84 ± 0.05     312,202
                stn-c0  libSTNInput.so, libWarps.so  10.6             320,208

                """)
    }

    @Test func cutsTextNeverNumbers() {
        let narrow = table.rendered(for: Terminal(isTerminal: true, width: 50, usesColor: false))
        for line in narrow.split(separator: "\n") { #expect(line.count <= 50) }
        #expect(narrow.contains("libSTNInput.so,…") && narrow.contains("0.84 ± 0.05") && narrow.contains("320,208"))
        let tiny = table.rendered(for: Terminal(isTerminal: true, width: 12, usesColor: false))
        for line in tiny.split(separator: "\n") { #expect(line.count <= 12) }
    }

    @Test func neverCutsWhatGoesToAFile() {
        #expect(table.rendered(for: Terminal(isTerminal: false, width: 20, usesColor: false)) == table.rendered())
    }

    @Test func boldTitlesOnlyInColor() {
        #expect(table.rendered(for: Terminal(isTerminal: true, width: 200, usesColor: true)).hasPrefix("\u{1b}[1mentry"))
        #expect(!table.rendered(for: Terminal(isTerminal: true, width: 200, usesColor: false)).contains("\u{1b}"))
    }

    @Test func wideLettersCountTwice() {
        var table = TextTable([.init("name"), .init("n", .right)])
        table.append(["日本", "1"])
        table.append(["e\u{301}🙂", "2"])
        #expect(table.rendered() == "name  n\n日本  1\ne\u{301}🙂   2\n")
    }

    @Test func raggedAndHostileRows() {
        var table = TextTable([.init("a"), .init("b", .decimal)])
        table.append([])
        table.append(["1", "x", "more"])
        table.append(["two\nlines", "\u{1b}[31m"])
        let lines = table.rendered().split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 5)
        #expect(!table.rendered().contains("\u{1b}"))
        #expect(TextTable([]).rendered() == "")
    }
}
