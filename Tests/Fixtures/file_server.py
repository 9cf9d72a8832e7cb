#!/usr/bin/env python3
"""Serves some files on the local machine, well or badly, for the tests of downloads.

    python file_server.py LOG

Prints one JSON object: the port, and size, MD5 and SHA-256 of each file. Every request is a line of LOG: its path and its Range, or "-".
The first folder of a path says how the server behaves; the rest, but for the file's name, is of no account. Ends when its standard
input does.
"""

import gzip
import hashlib
import http.server
import json
import random
import sys
import threading
import time

CUT = 100_000
FILES = {
    "large.bin": random.Random(1).randbytes(250_000),
    "small.bin": random.Random(2).randbytes(1_000),
    # Compressible, so that undoing the compression would be noticed.
    "packed.gz": gzip.compress(b"digits" * 10_000, mtime=0),
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        _, manner, *_, name = ["", *self.path.strip("/").split("/")]
        wanted = self.headers.get("Range")
        with open(sys.argv[1], "a") as log:
            log.write(f"{self.path} {wanted or '-'}\n")
        body = FILES.get(name)
        if manner == "missing" or body is None:
            return self.send_error(404)
        if manner == "redirect":
            self.send_response(302)
            self.send_header("Location", f"/plain/{name}")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        tag = f'"{len(body)}"'
        if manner in ("wrong", "cut-wrong"):
            body = bytes(byte ^ 0xFF for byte in body)
        if manner == "short":
            body = body[:-1]
        start = 0
        if manner == "changed":
            tag = f'"{time.time_ns()}"'
        if wanted and manner != "ignores" and self.headers.get("If-Range", tag) == tag:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        if start > len(body):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        if manner == "encoded":
            self.send_header("Content-Encoding", "gzip")
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        rest = body[start:]
        if manner.startswith("cut"):
            self.wfile.write(rest[:CUT])
            self.close_connection = len(rest) > CUT
            return
        if manner == "slow":
            # Some at once, and then nothing for longer than a test waits.
            self.wfile.write(rest[:CUT])
            self.wfile.flush()
            time.sleep(60)
            return
        self.wfile.write(rest)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that goes away is what some tests are about."""


with Server(("127.0.0.1", 0), Handler) as server:
    sums = {
        name: {"bytes": len(body), "md5": hashlib.md5(body).hexdigest(), "sha256": hashlib.sha256(body).hexdigest()}
        for name, body in FILES.items()
    }
    print(json.dumps({"port": server.server_address[1], "files": sums}), flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
