"""Pushes stored results to a real MLflow server, and compares what is there with what is stored, by MLflow's own client.

usage: check_push.py ZOO FOLDER DOCUMENT

FOLDER has zoo.sqlite and the directory of runs that its trainings left. Between the zoo and the server stands a proxy that ends the zoo, or
the connection, at a request of choice. DOCUMENT is docs/trackers.md, whose examples in Python are run.
"""

import base64
import contextlib
import csv
import http.client
import http.server
import io
import json
import math
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request

from mlflow.tracking import MlflowClient

zoo, folder, document = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
# The zoo takes credentials and the server from the environment.
plain = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_TRACKING")}


def run(*arguments, status=0, **environment):
    done = subprocess.run([zoo, *arguments], cwd=folder, env=plain | environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == status, (arguments, done.returncode, done.stdout, done.stderr)
    return done


def push(uri, experiment, *more, status=0, **environment):
    return run("push", "mlflow", "--tracking-uri", uri, "--experiment", experiment, "--store", "zoo.sqlite", *more, status=status, **environment)


@contextlib.contextmanager
def mlflow_server():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    uri = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--artifacts-destination", f"{folder}/artifacts"]
    with open(folder / "mlflow.log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=plain, start_new_session=True)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                if urllib.request.urlopen(f"{uri}/health", timeout=5).status == 200:
                    break
            assert process.poll() is None, (folder / "mlflow.log").read_text()
            time.sleep(0.2)
        else:
            raise AssertionError("the server does not begin:\n" + (folder / "mlflow.log").read_text())
        yield uri
    finally:
        os.killpg(process.pid, 15)
        process.wait(60)


class Proxy(http.server.ThreadingHTTPServer):
    """Hands requests on, but for what `at` says of the one of that number."""

    def __init__(self, target, at=None):
        self.target, self.at, self.count, self.headers = target, at, 0, []
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def uri(self):
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        pass  # The client was killed.


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self):
        server = self.server
        server.count += 1
        server.headers.append(self.headers.get("Authorization"))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        what = server.at(server.count) if server.at else None
        if what == "before":
            return self.close()
        if isinstance(what, int):
            return self.reply(what, b"<html>no</html>")
        upstream = http.client.HTTPConnection(server.target.removeprefix("http://"), timeout=60)
        upstream.request(self.command, self.path, body or None, {"Content-Type": "application/json"})
        answer = upstream.getresponse()
        data = answer.read()
        if what == "after":
            return self.close()
        self.reply(answer.status, data)

    do_GET = do_POST = answer

    def reply(self, status, data):
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def close(self):
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *arguments):
        pass


def killed_at(server, number, moment, experiment):
    """Pushes until the request of that number, at which the zoo is killed: before the server has seen it, or after."""
    process = None
    killed = threading.Event()

    def at(count):
        if count != number or killed.is_set():
            return None
        process.kill()
        killed.set()
        return moment

    proxy = Proxy(server, at)
    process = subprocess.Popen(
        [zoo, "push", "mlflow", "--tracking-uri", proxy.uri, "--experiment", experiment, "--store", "zoo.sqlite", "--quiet"], cwd=folder,
        env=plain, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.communicate(timeout=120)
    proxy.shutdown()
    return killed.is_set()


def expected():
    """What the zoo itself says of its results, and of its runs' epochs."""
    results = {result["job"]: result for result in json.loads(run("results", "--store", "zoo.sqlite", "--json").stdout)}
    curves = {}
    for path in folder.glob("runs/**/result.json"):
        found = json.loads(path.read_text())
        curves[found["entry"], found["seed"]] = found["history"]
    return results, curves


def check(client, experiment, results, curves):
    found = client.search_runs([client.get_experiment_by_name(experiment).experiment_id], max_results=1000)
    assert len(found) == len(results), (experiment, len(found), len(results))
    for result in found:
        tags, params, stored = result.data.tags, result.data.params, results[result.data.tags["zoo.job"]]
        assert tags["zoo.complete"] == "true" and result.info.status == "FINISHED"
        assert tags.get("zoo.images") == stored.get("imagesFingerprint") and tags.get("zoo.data") == stored.get("data")
        assert tags.get("zoo.weights_sha256") == stored.get("weightsChecksum") and tags["zoo.code"] == stored["code"]
        assert (params["entry"], params["dataset"], params["seed"]) == (stored["entry"], stored["dataset"], str(stored["seed"]))
        for key, value in stored["settings"].items():
            text = params[f"settings.{key}"]
            assert text == value or json.loads(text) == value, (key, text, value)
        for name, value in stored["figures"].items():
            there = result.data.metrics[name]
            assert there == value or math.isnan(there) and math.isnan(value), (name, there, value)
            if stored["probe"] != "training" or name not in ("loss.train", "learning_rate"):
                assert len(client.get_metric_history(result.info.run_id, name)) == 1, name
        if stored["probe"] == "training":
            history = client.get_metric_history(result.info.run_id, "loss.train")
            wanted = [(epoch["epoch"], epoch["trainLoss"]) for epoch in curves[stored["entry"], stored["seed"]]]
            assert sorted((point.step, point.value) for point in history) == wanted, (history, wanted)


def check_errors(server):
    assert "cannot be reached" in push("http://127.0.0.1:1", "x", status=69).stderr
    stranger = Proxy(server, lambda count: 404)
    assert "expected an MLflow tracking server" in push(stranger.uri, "x", status=69).stderr
    stranger.at = lambda count: 401
    assert "MLFLOW_TRACKING_TOKEN" in push(stranger.uri, "x", status=77).stderr
    stranger.at = lambda count: 302
    assert "found status 302" in push(stranger.uri, "x", status=69).stderr
    stranger.at, stranger.headers = None, []
    push(stranger.uri, "auth", MLFLOW_TRACKING_TOKEN="a b")
    assert set(stranger.headers) == {"Bearer a b"}
    stranger.headers = []
    push(stranger.uri, "auth", MLFLOW_TRACKING_USERNAME="she", MLFLOW_TRACKING_PASSWORD="p:ß", MLFLOW_TRACKING_TOKEN="no")
    assert set(stranger.headers) == {"Basic " + base64.b64encode("she:p:ß".encode()).decode()}
    assert run("push", "mlflow", "--experiment", "auth", "--store", "zoo.sqlite", MLFLOW_TRACKING_URI=stranger.uri).stdout
    stranger.shutdown()


def check_timm(results):
    error = [r for r in results.values() if r["probe"] == "error"]
    text = run("results", "--format", "timm", "--dataset", error[0]["dataset"], "--store", "zoo.sqlite").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    # As in results/results-imagenet.csv of timm 1.0.
    assert text.splitlines()[0] == "model,top1,top1_err,top5,top5_err,param_count,img_size,crop_pct,interpolation"
    assert len(rows) == len(error)
    accuracies = [float(row["top1"]) for row in rows]
    assert accuracies == sorted(accuracies, reverse=True)
    by_model = {row["model"]: row for row in rows}
    for result in error:
        row = by_model[f"{result['entry']}.seed-{result['seed']}"]
        assert float(row["top1_err"]) == round(100 * result["figures"]["error.transformed"], 3)
        assert abs(float(row["top1"]) + float(row["top1_err"]) - 100) < 1e-6 and row["img_size"] == "28"
        assert float(row["param_count"]) == round(result["figures"]["parameters"] / 1e6, 2)


def check_document(server):
    """The document's own lines work as they stand there."""
    examples = re.findall(r"```python\n(.*?)```", document.read_text(), re.DOTALL)
    assert len(examples) == 2, len(examples)
    os.chdir(document.parent.parent)
    for example in examples:
        names = {}
        exec(example.replace("http://127.0.0.1:5000", server), names)
        assert names["weights" if "safetensors" in example else "errors"], example


results, curves = expected()
assert {r["probe"] for r in results.values()} == {"training", "error"} and len(results) == 6
with mlflow_server() as server:
    client = MlflowClient(server)
    assert "6 results added" in push(server, "stn-zoo").stdout
    check(client, "stn-zoo", results, curves)
    assert json.loads(push(server, "stn-zoo", "--json").stdout)["known"] == 6
    check(client, "stn-zoo", results, curves)
    # Three requests for the experiment and its runs, then four for each of six results, of which the last is the 27th.
    for number in [1, 2, 3, 4, 5, 6, 7, 8, 16, 27]:
        for moment in ["before", "after"]:
            experiment = f"killed-{number}-{moment}"
            assert killed_at(server, number, moment, experiment), experiment
            push(server, experiment, "--quiet")
            check(client, experiment, results, curves)
    check_errors(server)
    client.delete_experiment(client.get_experiment_by_name("auth").experiment_id)
    assert "has been deleted" in push(server, "auth", status=78).stderr
    check_timm(results)
    check_document(server)
print("make test-mlflow: passed")
