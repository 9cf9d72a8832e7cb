"""What the checks of all pages share."""

AXE = """axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}).then(r => r.violations.map(v =>
  v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + " " + (n.any[0]?.message ?? "")).join(" | ")))"""


class Checks:
    def __init__(self):
        self.failed = self.passed = 0

    def expect(self, what, holds, found=""):
        print(("ok     " if holds else "FAILED ") + what + ("" if holds else f": {found}"), flush=True)
        self.passed += bool(holds)
        self.failed += not holds

    def end(self):
        """Prints the count, and gives the exit status."""
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


def near(a, b):
    return abs(a - b) <= 1e-9 * max(1, abs(a), abs(b))


def check_access(browser, checks, what, axe):
    """Whether readers with disabilities can use the page, as far as a program can tell."""
    browser.run(axe + "; true")
    violations = browser.run(AXE)
    checks.expect(f"axe finds no violation of WCAG AA, {what}", violations == [], "\n       ".join(violations))


def check_width(browser, checks, what):
    """Whether anything is wider than the window, or scrolls sideways."""
    width, wide = browser.run("""(() => { const wide = [...document.querySelectorAll("main *, header *, nav *")].filter(e =>
        e.scrollWidth > e.clientWidth + 1 && ["auto", "scroll"].includes(getComputedStyle(e).overflowX) && e.clientWidth > 0).map(e => e.className || e.tagName);
        return [document.documentElement.scrollWidth, wide]; })()""")
    checks.expect(f"at 400 pixels nothing scrolls sideways, {what}", width <= 400 and not wide, f"{width} {wide}")
