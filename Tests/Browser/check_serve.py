#!/usr/bin/env python3
"""Asks `zoo serve` as programs do, and looks at its pages in headless Chromium as people do.

usage: check_serve.py ADDRESS ZOO RESULTS.json AXE.js [SCREENSHOTS]

ADDRESS is where the server is; it shows the store results.sqlite of the current folder, with runs in runs/. RESULTS.json is what
`zoo evaluate stn-c1 stn-sl1 --probe pose --json` said. Prints a line for each check; ends with 1 if one has failed.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

from checks import Checks, check_access, check_width
from chromium import Browser, Failure, find

EIGHT = 8


def ask(address, path):
    try:
        with urllib.request.urlopen(urllib.parse.urljoin(address, path)) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read()


def check_description(address, checks):
    """Every answer against the OpenAPI file, with the examples that it gives for its parameters."""
    import jsonschema

    status, kind, body = ask(address, "/api/v1/openapi.json")
    description = json.loads(body)
    checks.expect("the OpenAPI file is there", status == 200 and kind.startswith("application/json") and description["openapi"].startswith("3.1"))

    def validator(schema):
        jsonschema.Draft202012Validator.check_schema(schema)
        return jsonschema.Draft202012Validator({**schema, "components": description["components"]})

    for path, methods in description["paths"].items():
        operation = methods["get"]
        parameters = operation.get("parameters", [])
        wanted = {p["name"]: p["example"] for p in parameters if p.get("required")}
        every = {p["name"]: p["example"] for p in parameters if "example" in p}
        if operation["responses"]["200"]["content"].keys() == {"text/event-stream"}:
            continue
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        for query in [wanted, every]:
            status, kind, body = ask(address, path + "?" + urllib.parse.urlencode(query))
            wrong = [] if status != 200 else [f"{'/'.join(map(str, e.path))}: {e.message[:200]}" for e in validator(schema).iter_errors(json.loads(body))]
            checks.expect(f"{path} {query} answers as described", status == 200 and kind.startswith("application/json") and not wrong,
                          f"{status} {body[:200]} {wrong[:5]}")
        for parameter in parameters:
            bad = {**wanted, parameter["name"]: "\x01no such"}
            status, kind, body = ask(address, path + "?" + urllib.parse.urlencode(bad))
            if status == 200 and parameter["schema"]["type"] == "string":
                # Names that nothing is stored under are not wrong.
                continue
            refused = description["components"]["responses"]["Refused"]["content"]["application/json"]["schema"]
            checks.expect(f"{path} refuses a wrong '{parameter['name']}' as described",
                          str(status) in operation["responses"] and status >= 400 and not list(validator(refused).iter_errors(json.loads(body))),
                          f"{status} {body[:200]}")


def check_dashboard(browser, checks, address, zoo, axe, folder):
    newest = "[...document.querySelectorAll('.newest tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    browser.open(address, ready="true")
    browser.wait("document.querySelectorAll('.newest tbody tr').length > 0")
    stored = json.loads(ask(address, "/api/v1/results?most=20")[2])
    shown = browser.run(newest)
    checks.expect("the newest results are those of the store", [row[1:5] for row in shown] == [
        [r["entry"], r["dataset"], str(r["seed"]), r["probe"]] for r in stored], f"{shown} {stored}")
    command = [zoo, "train", "cnn", "--dataset", "strokes-rotated?limit=200&train=1000", "--epochs", "40", "--threads", "1", "--store", "results.sqlite", "--runs", "runs", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as training:
        browser.wait("document.querySelector('.batch')")
        checks.expect("a training is shown without a reload", "zoo train cnn" in browser.run("document.querySelector('.batch h3').textContent"))
        browser.wait("document.querySelector('.batch svg .curve')?.getAttribute('points').split(' ').length >= 3")
        label = browser.run("document.querySelector('.batch svg').getAttribute('aria-label')")
        losses = [float(text) for text in label.split(":")[1].split(",")]
        curve = json.loads(ask(address, "/api/v1/curve?" + urllib.parse.urlencode({"entry": "cnn", "dataset": "strokes-rotated?limit=200&train=1000"}))[2])
        known = [epoch["trainLoss"] for epoch in curve["epochs"]]
        checks.expect("its learning curve grows", len(losses) >= 3 and all(abs(a - b) < 5.1e-5 for a, b in zip(losses, known)), f"{losses} {known}")
        if folder:
            browser.picture(os.path.join(folder, "dashboard-running.png"))
    checks.expect("it has ended well", training.returncode == 0)
    browser.wait("!document.querySelector('.batch')")
    browser.wait("document.querySelector('.newest tbody tr').cells[4].textContent === 'training'")
    checks.expect("its result is the newest", browser.run(newest)[0][1] == "cnn")
    for name, value in [("first", "stn-c1"), ("second", "stn-sl1")]:
        browser.run(f"document.querySelector('form.compare').elements.{name}.value = '{value}'")
    browser.run("document.querySelector('form.compare').requestSubmit()")
    browser.wait("!document.querySelector('.difference').hidden")
    pair = json.loads(ask(address, "/api/v1/compare?entry=stn-c1,stn-sl1")[2])["comparisons"][0]
    cells = browser.run("[...document.querySelector('.difference tbody tr').cells].map(c => c.textContent.replaceAll('−', '-'))")
    checks.expect("a comparison is that of the store", cells[1] == f"{100 * pair['firstError']:.2f} and {100 * pair['secondError']:.2f}"
                  and cells[2] == f"{100 * pair['difference']:.2f}", f"{cells} {pair}")
    finish(browser, checks, "dashboard", address, axe, folder, lambda: browser.wait("document.querySelectorAll('.newest tbody tr').length > 0"))


def finish(browser, checks, name, address, axe, folder, ready):
    """What holds of every page: silence, no other servers, access, narrow windows."""
    place = urllib.parse.urljoin(address, "/" if name == "dashboard" else name)
    for scheme in ["light", "dark"]:
        for width in [1400, 400]:
            browser.open(place, width=width, height=900, scheme=scheme, ready="true")
            ready()
            what = f"{name}, {scheme}, {width} pixels"
            check_access(browser, checks, what, axe)
            if width == 400:
                check_width(browser, checks, what)
            foreign = [url for url in browser.requests if not url.startswith((address, "data:"))]
            checks.expect(f"nothing is asked of others, {what}", not foreign, foreign)
            checks.expect(f"the console is silent, {what}", not browser.complaints, browser.complaints)
            if folder:
                browser.picture(os.path.join(folder, f"{name}-{width}-{scheme}.png"), whole=True)


def look(browser, **changes):
    """Moves controls of the playground, and waits for what comes of it."""
    browser.run("""new Promise(resolve => { const fields = document.querySelector("form").elements, changes = %s;
        const before = Number(document.body.dataset.looks ?? 0);
        for (const [name, value] of Object.entries(changes)) { fields[name].value = value; }
        fields[Object.keys(changes)[0]].dispatchEvent(new Event("input", { bubbles: true }));
        const see = () => Number(document.body.dataset.looks) > before ? resolve(true) : setTimeout(see, 2); see(); })""" % json.dumps(changes))


def choose(browser, names):
    browser.run("""(() => { for (const box of document.querySelectorAll(".choices input")) {
        if (box.checked !== %s.includes(box.value)) box.click(); } })()""" % json.dumps(names))


def check_playground(browser, checks, address, results, axe, folder):
    place = urllib.parse.urljoin(address, "/playground")
    browser.open(place, ready="true")
    browser.wait("document.querySelectorAll('.card').length > 0")
    choose(browser, ["stn-c1", "stn-sl1"])
    for image in range(24):
        for angle in range(-90, 91, 15):
            look(browser, image=image * 350, rotation=angle)
    for entry in ["stn-c1", "stn-sl1"]:
        figures = next(r["figures"] for r in results if r["entry"] == entry and r["probe"] == "pose")
        low, high = figures["pose.rotation.slope.low"], figures["pose.rotation.slope.high"]
        slope = float(browser.run(f"document.querySelector('.keys [data-entry={entry}]').dataset.slope"))
        checks.expect(f"as the slider moves, {entry}'s angles have the slope {slope:.3f}, which the pose probe has between {low:.3f} and {high:.3f}",
                      low <= slope <= high)
    if folder:
        browser.picture(os.path.join(folder, "playground-trace.png"), whole=True)
    # All the way round, where a prediction that stays has to stay level.
    browser.run("document.querySelector('.forget').click()")
    for angle in range(-180, 181, 10):
        look(browser, image=4, rotation=angle)
    slope = float(browser.run("document.querySelector('.keys [data-entry=stn-c1]').dataset.slope"))
    checks.expect("over the whole circle, stn-c1's angles stay level", abs(slope) < 0.1, slope)
    names = browser.run("[...document.querySelectorAll('.choices input')].map(box => box.value)")
    choose(browser, names[:EIGHT])
    browser.wait(f"document.querySelectorAll('.card').length === {min(EIGHT, len(names))}")
    times = []
    for angle in range(-90, 91, 5):
        look(browser, rotation=angle)
        times.append(float(browser.run("document.body.dataset.milliseconds")))
    print(f"       a look of {min(EIGHT, len(names))} entries takes {statistics.median(times):.1f} ms, at most {max(times):.1f} ms")
    problems = browser.run("[...document.querySelectorAll('.card .note')].map(n => n.textContent)")
    checks.expect("every entry that is offered answers", not problems, problems)
    finish(browser, checks, "playground", address, axe, folder, lambda: browser.wait("document.querySelectorAll('.card').length > 0"))


def reading(browser):
    return browser.run("Object.fromEntries([...document.querySelectorAll('.card')].map(c => [c.dataset.entry, c.querySelector('.read').firstChild.textContent]))")


def check_drawing(browser, checks, address, folder):
    browser.open(urllib.parse.urljoin(address, "/playground"), ready="true")
    browser.wait("document.querySelectorAll('.card').length > 0")
    browser.run("document.querySelector('button.draw').click()")
    browser.wait("!document.querySelector('.drawing').hidden")
    box = browser.run("(() => { const c = document.querySelector('canvas'); c.scrollIntoView(); const b = c.getBoundingClientRect(); return [b.left, b.top, b.width]; })()")
    classes = browser.run("document.querySelector('select[name=dataset]').value")
    circle = [(0.5 + 0.17 * math.cos(t / 12 * math.pi), 0.5 + 0.27 * math.sin(t / 12 * math.pi)) for t in range(25)]
    shapes = {"0": [circle], "1": [[(0.5, 0.22), (0.5, 0.78)]], "7": [[(0.32, 0.25), (0.68, 0.25), (0.45, 0.78)]]}
    for digit, strokes in shapes.items():
        browser.run("document.querySelector('.wipe').click()")
        for stroke in strokes:
            for index, (x, y) in enumerate(stroke):
                kind = "mousePressed" if index == 0 else "mouseMoved"
                browser.call("Input.dispatchMouseEvent", type=kind, x=box[0] + x * box[2], y=box[1] + y * box[2], button="left", buttons=1, clickCount=1)
            browser.call("Input.dispatchMouseEvent", type="mouseReleased", x=box[0] + x * box[2], y=box[1] + y * box[2], button="left", clickCount=1)
        look(browser, rotation=0)
        found = reading(browser)
        checks.expect(f"a {digit} drawn with the mouse is read ({classes})", found and all(read == digit for read in found.values()), found)
        if folder and digit == "7":
            browser.picture(os.path.join(folder, "playground-drawn.png"))
    browser.run("document.querySelector('.wipe').click(); document.querySelector('canvas').focus()")

    def press(key):
        for kind in ["keyDown", "keyUp"]:
            browser.call("Input.dispatchKeyEvent", type=kind, key=key, code="Space" if key == " " else key)

    for key in ["ArrowUp"] * 7 + [" "] + ["ArrowDown"] * 14 + [" "]:
        press(key)
    look(browser, rotation=0)
    found = reading(browser)
    checks.expect("a 1 drawn with the keyboard is read", found and all(read == "1" for read in found.values()), found)


def main(address, zoo, results, axe, folder=None):
    program = find()
    if not program:
        print("SKIPPED: there is no Chromium")
        return 0
    with open(results, encoding="utf-8") as file:
        results = json.load(file)
    with open(axe, encoding="utf-8") as file:
        axe = file.read()
    checks, browser = Checks(), Browser(program)
    try:
        check_description(address, checks)
        check_dashboard(browser, checks, address, zoo, axe, folder)
        check_playground(browser, checks, address, results, axe, folder)
        check_drawing(browser, checks, address, folder)
    except Failure as failure:
        checks.expect("the pages work", False, failure)
    finally:
        browser.close()
    return checks.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
