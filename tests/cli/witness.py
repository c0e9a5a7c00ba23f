#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""witness: an endpoint that writes down what it is sent.

Prints its base URL, and appends each request to the file LOG as one line of JSON: at (seconds, of a
clock that only grows), path, headers (an object, names in lower case), body (text). With a second
argument it listens on that Unix socket. It lives until its parent dies.

The first segment of the path says how it answers: `v1` well; `leak` 401 with the key in the
message, as some servers do; `leak200` a page of HTML that has the key in it; `gzip` well, and
compressed; `bomb` likewise, with an answer of 200 megabytes; `pause` the first with 429 and
Retry-After: 1, the others well after a tenth of a second; `busy` all with 429 and Retry-After: 30.
"""

import ctypes
import gzip
import http.server
import itertools
import json
import os
import signal
import socketserver
import sys
import time


BOMB_BYTES = 200 * 1000 * 1000
PAUSED_S = 0.1


def completion(text):
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json.dumps({"choices": [choice]}).encode()


class Witness(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_):
        pass

    def answer(self, status, content_type, text):
        self.answer_bytes(status, content_type, text.encode())

    def answer_bytes(self, status, content_type, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, retry_after_s):
        error = {"message": "Slow down.", "code": "rate_limit_exceeded"}
        body = json.dumps({"error": error}).encode()
        self.answer_bytes(429, "application/json", body, retry_after=retry_after_s)

    def do_POST(self):
        at = time.monotonic()
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0))).decode()
        line = json.dumps({"at": at, "path": self.path, "headers": headers, "body": body}) + "\n"
        os.write(self.server.log, line.encode())
        key = headers.get("authorization", "")
        behaviour = self.path.split("/")[1]
        if behaviour == "leak":
            error = {"message": f"Incorrect API key provided: {key}", "code": "invalid_api_key"}
            self.answer(401, "application/json", json.dumps({"error": error}))
        elif behaviour == "leak200":
            self.answer(200, "text/html", f"<html>{key}</html>")
        elif behaviour in ("gzip", "bomb"):
            text = "a" * BOMB_BYTES if behaviour == "bomb" else "seen"
            packed = gzip.compress(completion(text), 1)
            self.answer_bytes(200, "application/json", packed, content_encoding="gzip")
        elif behaviour == "pause" and next(self.server.pausing) == 0:
            self.refuse(1)
        elif behaviour == "busy":
            self.refuse(30)
        else:
            time.sleep(PAUSED_S if behaviour == "pause" else 0)
            self.answer_bytes(200, "application/json", completion("seen"))


class TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 1024


class UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def get_request(self):
        return self.socket.accept()[0], ("client", 0)


def main():
    parent = os.getppid()
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(0)
    if len(sys.argv) > 2:
        server, port = UnixServer(sys.argv[2], Witness), 1
    else:
        server = TcpServer(("127.0.0.1", 0), Witness)
        port = server.server_address[1]
    server.pausing = itertools.count()
    server.log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    print(f"http://127.0.0.1:{port}", flush=True)
    server.serve_forever()


main()
