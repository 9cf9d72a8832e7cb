extension DataTable {
    /// The table as a LaTeX `table` for the package booktabs, ready for `\input`.
    ///
    /// Numbers stand in math mode and line up on the right, text on the left. Every character of the data is escaped;
    /// Greek letters and the signs that the zoo uses are set as commands, so that pdfLaTeX needs no further package.
    ///
    /// - Parameters:
    ///   - caption: plain text; without one there is no float around the `tabular`.
    ///   - label: of the float: letters, digits, ':' and '-'; anything else in it is dropped.
    public func latex(caption: String? = nil, label: String? = nil) -> String {
        let alignment = columns.map { $0.kind == .text || $0.kind == .flag ? "l" : "r" }.joined()
        var lines = ["\\begin{tabular}{\(alignment)}", "\\toprule", line(columns.map { LaTeX.escaped($0.title) }), "\\midrule"]
        for row in rows {
            lines.append(
                line(
                    zip(columns, row).map { column, cell in
                        let shown = Self.shown(cell, as: column.kind)
                        if case .text = cell { return LaTeX.escaped(shown) }
                        if case .flag = cell { return shown }
                        return LaTeX.number(shown)
                    }))
        }
        lines += ["\\bottomrule", "\\end{tabular}"]
        if let caption {
            let name = (label ?? "").unicodeScalars.filter {
                $0.isASCII && ($0.properties.isAlphabetic || ":-0123456789".unicodeScalars.contains($0))
            }
            lines.insert(contentsOf: ["\\begin{table}", "\\centering", "\\caption{\(LaTeX.escaped(caption))}"], at: 0)
            if !name.isEmpty { lines.insert("\\label{\(String(String.UnicodeScalarView(name)))}", at: 3) }
            lines.append("\\end{table}")
        }
        return "% Needs \\usepackage{booktabs}.\n" + lines.joined(separator: "\n") + "\n"
    }

    private func line(_ cells: [String]) -> String { cells.joined(separator: " & ") + " \\\\" }
}

/// Text and numbers as LaTeX wants them.
enum LaTeX {
    /// Plain text in text mode; control characters become blanks.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in singleLine(text).unicodeScalars {
            if let command = commands[scalar] { result += command } else { result.unicodeScalars.append(scalar) }
        }
        return result
    }

    /// A number as the tables show it, in math mode: `0.84 ± 0.05`, `-1.2 [-1.9, -0.6]`, `208,586`, `<0.0001`.
    static func number(_ shown: String) -> String {
        guard !shown.isEmpty else { return "" }
        // No word (nan, inf) may be set as a product of variables, and a comma within a number is no punctuation.
        guard !shown.contains(where: \.isLetter) else { return escaped(shown) }
        let withCommas = shown.replacing(", ", with: "\u{0}").replacing(",", with: "{,}").replacing("\u{0}", with: ",\\ ")
        return "$" + withCommas.replacing("±", with: "\\pm").replacing("%", with: "\\%") + "$"
    }

    private static let commands: [Unicode.Scalar: String] = {
        var table: [Unicode.Scalar: String] = [
            "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "$<$", ">": "$>$", "|": "$|$",
            "\"": "''", "±": "$\\pm$", "×": "$\\times$", "°": "$^\\circ$", "−": "$-$", "≤": "$\\leq$", "≥": "$\\geq$",
            "≠": "$\\neq$", "≈": "$\\approx$", "∞": "$\\infty$", "²": "$^2$", "³": "$^3$", "…": "\\dots{}", "–": "--", "—": "---",
            "·": "$\\cdot$", "→": "$\\rightarrow$", "√": "$\\surd$",
        ]
        for special in "&%$#_{}".unicodeScalars { table[special] = "\\\(special)" }
        let greek: [(Unicode.Scalar, String)] = [
            ("α", "alpha"), ("β", "beta"), ("γ", "gamma"), ("δ", "delta"), ("ε", "varepsilon"), ("ζ", "zeta"), ("η", "eta"),
            ("θ", "theta"), ("κ", "kappa"), ("λ", "lambda"), ("μ", "mu"), ("ν", "nu"), ("π", "pi"), ("ρ", "rho"), ("σ", "sigma"),
            ("τ", "tau"), ("φ", "varphi"), ("χ", "chi"), ("ψ", "psi"), ("ω", "omega"), ("Γ", "Gamma"), ("Δ", "Delta"),
            ("Θ", "Theta"), ("Λ", "Lambda"), ("Π", "Pi"), ("Σ", "Sigma"), ("Φ", "Phi"), ("Ψ", "Psi"), ("Ω", "Omega"),
        ]
        for (letter, name) in greek { table[letter] = "$\\\(name)$" }
        return table
    }()
}
