#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""witness: an endpoint that writes down what it is sent.

Prints its base URL, and appends each request to the file LOG as one line of JSON: path, headers (an
object, names in lower case), body (text). With a second argument it listens on that Unix socket. It
lives until its parent dies.

The first segment of the path says how it answers: `v1` well; `leak` 401 with the key in the
message, as some servers do; `leak200` a page of HTML that has the key in it; `gzip` well, and
compressed; `bomb` likewise, with an answer of 200 megabytes.
"""

import ctypes
import gzip
import http.server
import json
import os
import signal
import socketserver
import sys


BOMB_BYTES = 200 * 1000 * 1000


def completion(text):
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json.dumps({"choices": [choice]}).encode()


class Witness(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_):
        pass

    def answer(self, status, content_type, text):
        self.answer_bytes(status, content_type, text.encode())

    def answer_bytes(self, status, content_type, body, encoding=None):
        self.send_response(status)
        if encoding:
            self.send_header("content-encoding", encoding)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0))).decode()
        line = json.dumps({"path": self.path, "headers": headers, "body": body}) + "\n"
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
            self.answer_bytes(200, "application/json", packed, "gzip")
        else:
            self.answer_bytes(200, "application/json", completion("seen"))


class TcpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True


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
    server.log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    print(f"http://127.0.0.1:{port}", flush=True)
    server.serve_forever()


main()
