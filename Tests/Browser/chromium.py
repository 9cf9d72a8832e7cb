"""Headless Chromium, driven through a pipe with the DevTools protocol: Python's standard library and nothing else."""

import base64
import json
import os
import shutil
import subprocess
import tempfile

NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]


def find():
    """The path of a Chromium, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Failure(Exception):
    pass


class Browser:
    """One page. What it complains about and what it asks the network for is kept."""

    def __init__(self, program):
        self.profile = tempfile.mkdtemp(prefix="zoo-chromium-")
        theirs, ours = os.pipe()
        mine, yours = os.pipe()

        def connect():
            # Chromium reads from descriptor 3 and writes to 4.
            os.dup2(theirs, 1000)
            os.dup2(yours, 1001)
            os.dup2(1000, 3)
            os.dup2(1001, 4)

        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb",
             "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=connect)
        os.close(theirs)
        os.close(yours)
        self.output, self.input = os.fdopen(ours, "wb", buffering=0), os.fdopen(mine, "rb")
        self.number, self.buffer, self.session = 0, b"", None
        self.complaints, self.requests, self.events = [], [], []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.call(f"{domain}.enable")

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def receive(self):
        while b"\0" not in self.buffer:
            part = os.read(self.input.fileno(), 1 << 16)
            if not part:
                raise Failure("Chromium has ended")
            self.buffer += part
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[self.output.write(data):]
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise Failure(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.note(answer)

    def note(self, event):
        method, parameters = event.get("method"), event.get("params", {})
        self.events.append(method)
        if method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.complaints.append(" ".join(str(a.get("value", a.get("description"))) for a in parameters["args"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.complaints.append(parameters["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])

    def open(self, address, width=1400, height=900, scheme="light", ready="zooPage.drawAll()"):
        """Loads a page in a window of that size, and waits until its plots are drawn: for the promise `ready`."""
        self.complaints, self.requests, self.events = [], [], []
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Page.navigate", url=address if "://" in address else "file://" + os.path.abspath(address))
        while "Page.loadEventFired" not in self.events:
            self.note(self.receive())
        self.run(f"Promise.resolve({ready}).then(() => true)")

    def wait(self, condition, seconds=180):
        """Waits until the expression holds."""
        self.run(f"""new Promise((resolve, reject) => {{ const end = performance.now() + {1000 * seconds};
            const look = () => {{ if ({condition}) resolve(true); else if (performance.now() > end) reject(new Error({json.dumps("in vain: " + condition)}));
            else setTimeout(look, 20); }}; look(); }})""")

    def run(self, script):
        """The value of an expression, or of the promise that it gives."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise Failure(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def picture(self, path, whole=False, height=None):
        """Takes a screenshot: of the window, of the whole page, or of its first `height` pixels."""
        options = {"format": "png"}
        if whole or height:
            size = self.run("[innerWidth, document.documentElement.scrollHeight]")
            options.update(captureBeyondViewport=True, clip={
                "x": 0, "y": 0, "width": size[0], "height": min(height or 16000, size[1]), "scale": 1})
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", **options)["data"]))

    def pdf(self):
        """The page as it is printed on A4."""
        return base64.b64decode(self.call(
            "Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True, printBackground=True)["data"])
