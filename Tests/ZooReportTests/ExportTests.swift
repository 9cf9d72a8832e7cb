import Foundation
import Testing
import ZooCore
import ZooReport

@Suite struct ExportTests {
    private var table: DataTable {
        var table = DataTable([
            .text("entry", "entry"), .estimate("error", "error %", scale: 100, decimals: 2), .integer("parameters", "parameters"),
            .probability("p", "p"), .flag("best", "best"), .number("loss", "loss", decimals: 3),
        ])
        table.append([
            .text("cnn"), .estimate(0.0278, low: 0.0235, high: 0.0327), .integer(208_586), .number(0.03214), .flag(true), .number(0.1),
        ])
        table.append([
            .text("a, \"b\"\nθ_1 & 50 %"), .estimate(0.5, low: 0.4, high: 0.6), .missing, .number(1e-9), .flag(false), .number(.nan),
        ])
        table.append([.text("tta"), .number(0.01), .integer(-12)])
        return table
    }

    @Test func text() {
        #expect(
            table.textTable.rendered() == """
                entry                         error %  parameters        p  best     loss
                cnn                 2.78 [2.35, 3.27]     208,586   0.032   yes     0.100
                a, "b" θ_1 & 50 %  50.00 ± 10.00                   <0.0001  no    nan
                tta                 1.00                      -12

                """, "\n\(table.textTable.rendered())")
    }

    @Test func csv() {
        #expect(
            table.csv == """
                entry,error,error_low,error_high,parameters,p,best,loss
                cnn,0.0278,0.0235,0.0327,208586,0.03214,true,0.1
                "a, ""b""
                θ_1 & 50 %",0.5,0.4,0.6,,1e-09,false,NaN
                tta,0.01,,,-12,,,

                """, "\n\(table.csv)")
    }

    @Test func records() {
        #expect(table.records[2] == ["entry": .string("tta"), "error": .double(0.01), "parameters": .int(-12)])
        #expect(table.records[0]["error"] == .object(["value": .double(0.0278), "low": .double(0.0235), "high": .double(0.0327)]))
    }

    /// No two columns of a CSV file have one name, whatever their titles are; an estimate has three.
    @Test func namesOfColumnsAreUnique() {
        var table = DataTable([
            .text("seconds", "seconds"), .number("seconds", "seconds of training", decimals: 1), .number("a_low", "a.low", decimals: 1),
            .estimate("a", "a", decimals: 1), .number("seconds_2", "seconds-2", decimals: 1), .number("seconds", "again", decimals: 1),
        ])
        table.append([.text("x"), .number(1), .number(2), .estimate(3, low: 2, high: 4), .number(5), .number(6)])
        let names = table.csv.split(separator: "\n")[0].split(separator: ",")
        #expect(Set(names).count == 8 && names.count == 8 && names[0] == "seconds", "\(names)")
        #expect(table.records[0].count == 6)
        #expect(table.textTable.columns.map(\.title).prefix(2) == ["seconds", "seconds of training"])
    }

    @Test func latex() {
        let text = table.latex(caption: "Errors of 50 % & more", label: "tab:errors}")
        #expect(text.contains("\\caption{Errors of 50 \\% \\& more}\n\\label{tab:errors}"))
        #expect(text.contains("\\begin{tabular}{lrrrlr}"))
        #expect(text.contains("cnn & $2.78 [2.35,\\ 3.27]$ & $208{,}586$ & $0.032$ & yes & $0.100$ \\\\"), "\(text)")
        #expect(text.contains("a, ''b'' $\\theta$\\_1 \\& 50 \\% & $50.00 \\pm 10.00$ &  & $<0.0001$ & no & nan \\\\"), "\(text)")
    }

    @Test func emptyColumnsGo() {
        var table = DataTable([.text("a", "a"), .integer("b", "b"), .text("c", "c")])
        table.append([.text("x"), .missing, .text("y"), .text("beyond the last column")])
        #expect(table.withoutEmptyColumns.columns.map(\.name) == ["a", "c"])
        #expect(table.withoutEmptyColumns.rows == [[.text("x"), .text("y")]])
    }

    /// Where TeX is installed, what we write compiles, whatever the data hold.
    @Test(.enabled(if: Programs.finds("pdflatex"), "needs pdflatex"))
    func latexCompiles() throws {
        var table = table
        table.append([
            .text("\\ ~ ^ < > | \" ± × ° − ≤ ≥ ≠ ≈ ∞ ² … – — · → { } $ # _ & % α Δ é"), .estimate(-1e9, low: -.infinity, high: 3),
        ])
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("zoo-latex-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let document = """
            \\documentclass{article}
            \\usepackage{booktabs}
            \\begin{document}
            \(table.latex(caption: "θ & co", label: "t"))\(table.latex())
            \\end{document}
            """
        try document.write(to: folder.appendingPathComponent("t.tex"), atomically: true, encoding: .utf8)
        let (status, output) = try Programs.run("pdflatex", ["-interaction=nonstopmode", "-halt-on-error", "t.tex"], in: folder)
        #expect(status == 0, "\(output)")
        #expect(FileManager.default.fileExists(atPath: folder.appendingPathComponent("t.pdf").path))
    }

    /// Where pandas is installed, it reads typed columns.
    @Test(.enabled(if: Programs.hasPandas, "needs pandas"))
    func pandasReadsTypes() throws {
        var table = table
        table.append([.text("polar"), .estimate(0.2, low: 0.1, high: .infinity), .integer(7), .number(0.5), .flag(true), .number(1 / 3)])
        let script = """
            import io, sys, pandas
            t = pandas.read_csv(io.StringIO(sys.argv[1]))
            assert list(t.dtypes.astype(str)[["error", "error_low", "p", "loss"]]) == ["float64"] * 4, t.dtypes
            assert t["entry"][1].endswith("50 %") and t["error_high"][3] == float("inf") and t["loss"][3] == 1 / 3
            whole = pandas.read_csv(io.StringIO(sys.argv[2]))
            assert list(whole.dtypes.astype(str)[["n", "yes"]]) == ["int64", "bool"], whole.dtypes
            """
        var whole = DataTable([.integer("n", "n"), .flag("yes", "yes")])
        whole.append([.integer(1 << 60), .flag(true)])
        whole.append([.integer(-2), .flag(false)])
        let (status, output) = try Programs.run(
            "python3", ["-c", script, table.csv, whole.csv], in: FileManager.default.temporaryDirectory)
        #expect(status == 0, "\(output)")
    }
}

/// Programs that help with a test where they are there.
private enum Programs {
    static func finds(_ program: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
        }
    }

    static var hasPandas: Bool {
        finds("python3") && (try? run("python3", ["-c", "import pandas"], in: FileManager.default.temporaryDirectory).status) == 0
    }

    static func run(_ program: String, _ arguments: [String], in folder: URL) throws -> (status: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
