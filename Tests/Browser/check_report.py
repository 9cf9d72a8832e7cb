#!/usr/bin/env python3
"""Opens a page that `zoo report` has written in headless Chromium, and looks at it as a reader would.

usage: check_report.py PAGE.html MODEL.json AXE.js [SCREENSHOTS]

MODEL.json is what `zoo report --json` says of the same store. Prints a line for each check; ends with 1 if one has failed.
"""

import json
import os
import sys

from checks import Checks, check_access, check_width, near
from chromium import Browser, Failure, find

def check_values(browser, checks, model):
    for number, board in enumerate(model["boards"], 1):
        shown = browser.run(f"""[...document.querySelectorAll("#board-{number} .leader tbody tr")].map(row =>
            [row.cells[1].dataset.value, Number(row.cells[2].dataset.value)])""")
        stored = [(row["ranked"]["entry"], 100 * row["ranked"]["mean"]) for row in board["rows"]]
        checks.expect(
            f"the leaderboard of {board['dataset']} has the stored errors", len(shown) == len(stored)
            and all(a[0] == b[0] and near(a[1], b[1]) for a, b in zip(shown, stored)), f"{shown} {stored}")
        for curve in board["curves"]:
            name = f"board-{number}-{curve['transformation']}"
            rows = browser.run(f"document.getElementById('{name}').rows.map(r => [r.entry, r.value, r.accuracy])")
            stored = [(s["entry"], p["value"], 100 * p["accuracy"]["mean"]) for s in curve["series"] for p in s["points"]]
            checks.expect(
                f"the curve {name} has the stored points", len(rows) == len(stored)
                and all(a[0] == b[0] and near(a[1], b[1]) and near(a[2], b[2]) for a, b in zip(rows, stored)))
        for plot in board["poses"]:
            text = browser.run(f"document.querySelector('#board-{number}-pose-{plot['part']} details').textContent")
            checks.expect(f"the slopes of {plot['part']} are told", all(f"{p['slopes']['mean']:.3f}" in text for p in plot["panels"]), text)
    drawn = browser.run("""[...document.querySelectorAll("figure.plot")].map(f => [f.id, f.querySelector(".chart") !== null,
        f.querySelectorAll(".chart svg [class*='mark-'] path, .chart svg [class*='mark-'] line, .chart svg [class*='mark-'] text").length])""")
    checks.expect(f"all {len(drawn)} plots have drawn marks", drawn and all(isThere and marks > 0 for _, isThere, marks in drawn), drawn)


def check_reading(browser, checks):
    order = """[...document.querySelectorAll("#board-1 .leader tbody tr")].map(row => Number(row.cells[2].dataset.value))"""
    button = """document.querySelectorAll("#board-1 .leader thead th")[2].querySelector("button")"""
    browser.run(f"{button}.click()")
    rising = browser.run(order)
    browser.run(f"{button}.click()")
    falling = browser.run(order)
    checks.expect("a click on a column sorts, another one the other way", rising == sorted(rising) and falling == sorted(rising)[::-1], f"{rising} {falling}")
    browser.run("""(() => { const f = document.querySelector("#board-1 .filter"); f.value = "stn"; f.dispatchEvent(new Event("input")); })()""")
    visible = browser.run("""[...document.querySelectorAll("#board-1 .leader tbody tr")].filter(r => r.offsetParent).map(r => r.cells[1].dataset.value)""")
    checks.expect("the filter leaves the entries of that name", visible and all("stn" in name for name in visible), visible)
    versus = browser.run("""(() => { const s = document.querySelector("#board-1 .reference"); if (!s) return null; s.value = "1";
        s.dispatchEvent(new Event("change")); return [...document.querySelectorAll("#board-1 .leader tr[data-index='1'] .versus, #board-1 .leader tr[data-index='0'] .versus")].map(c => c.textContent); })()""")
    checks.expect("another reference is compared with", versus is None or ("–" in versus and any("p " in v for v in versus)), versus)
    marks = """document.querySelectorAll("#board-1-rotation .chart svg .mark-line path").length"""
    before = browser.run(marks)
    browser.run("""(async () => { document.querySelector(".choices input").click(); await zooPage.drawAll(); })()""")
    checks.expect("an entry that is not chosen is not drawn", browser.run(marks) == before - 1, before)


def main(page, model, axe, folder=None):
    program = find()
    if not program:
        print("SKIPPED: there is no Chromium")
        return 0
    with open(model, encoding="utf-8") as file:
        model = json.load(file)
    with open(axe, encoding="utf-8") as file:
        axe = file.read()
    checks, browser = Checks(), Browser(program)
    try:
        for scheme in ["light", "dark"]:
            browser.open(page, scheme=scheme)
            if scheme == "light":
                check_values(browser, checks, model)
            browser.run("document.querySelectorAll('details.card, .tools details').forEach((d, i) => d.open = i < 3)")
            check_access(browser, checks, scheme, axe)
            browser.run("document.querySelectorAll('details').forEach(d => d.open = false)")
            if folder:
                browser.picture(os.path.join(folder, f"report-1400-{scheme}.png"), whole=True)
            others = [url for url in browser.requests if not url.startswith(("data:", "file://" + os.path.abspath(page)))]
            checks.expect(f"nothing is asked for, {scheme}", not others, others)
            checks.expect(f"the console is silent, {scheme}", not browser.complaints, browser.complaints)
        browser.run("document.querySelector('button.theme').click()")
        checks.expect("the switch turns the dark page light", browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(251, 250, 248)")
        check_reading(browser, checks)
        for scheme in ["light", "dark"]:
            browser.open(page, width=400, height=850, scheme=scheme)
            check_width(browser, checks, scheme)
            if folder:
                browser.picture(os.path.join(folder, f"report-400-{scheme}.png"), whole=True)
        browser.open(page, width=794, height=1123)
        browser.call("Emulation.setEmulatedMedia", media="print")
        rows = browser.run("""[...document.querySelectorAll("tr")].filter(r => r.offsetParent).map(r => [getComputedStyle(r).breakInside, r.offsetHeight])""")
        checks.expect("no row of a table is broken between printed pages", rows and all(b == "avoid" and h < 900 for b, h in rows))
        pdf = browser.pdf()
        checks.expect("it prints", pdf.startswith(b"%PDF") and len(pdf) > 10_000)
        if folder:
            with open(os.path.join(folder, "report.pdf"), "wb") as file:
                file.write(pdf)
    except Failure as failure:
        checks.expect("the page works", False, failure)
    finally:
        browser.close()
    return checks.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
