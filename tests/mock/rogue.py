#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rogue: a server that misbehaves, one way per path.

Prints its port and serves on 127.0.0.1 until TERM or the death of its parent. The first segment of
a request's path names the behaviour, so `http://127.0.0.1:PORT/deep/v1` is a base URL whose answers
are a million arrays deep. `GET /_count` gives what has been counted, as JSON:

  posts              POST bodies that arrived fully, on this port
  paths              the same by behaviour
  connections        on this port, those that only asked for the count left out
  redirected         connections to where the redirects point
  redirected_posts   POST bodies that arrived there
  redirected_keys    of these, how many carried an Authorization header

Everything is written by hand on raw sockets, because no HTTP library would send any of it.
"""

import ctypes
import functools
import itertools
import json
import os
import signal
import socket
import socketserver
import sys
import threading
import time
import zlib

CHUNK_BYTES = 65536
BOMB_BYTES = 200 * 1000 * 1000
GZIP_WINDOW_BITS = 15 + 16
DEPTH = 1000 * 1000
HUGE_LINE_BYTES = 1024 * 1024
ESCAPES = "\x1b[31mred\x1b[2J\x1b]0;title\x07\x1b]8;;http://127.0.0.1/\x1b\\link\x1b]8;;\x1b\\\x9b1m"
REDIRECTS = {301: "Moved Permanently", 302: "Found", 303: "See Other",
             307: "Temporary Redirect", 308: "Permanent Redirect"}


class Counts:
    """Numbers that several threads add to."""

    def __init__(self):
        self.lock = threading.Lock()
        self.numbers = dict.fromkeys(
            ["posts", "connections", "redirected", "redirected_posts", "redirected_keys"], 0)
        self.paths = {}

    def add(self, name):
        with self.lock:
            self.numbers[name] += 1

    def add_path(self, name):
        with self.lock:
            self.paths[name] = self.paths.get(name, 0) + 1

    def to_json(self):
        with self.lock:
            return json.dumps({**self.numbers, "paths": self.paths}).encode()


counts = Counts()


# -- Answers that are fine ------------------------------------------------------------------------

def completion(text="fine"):
    return json.dumps({
        "id": "chatcmpl-rogue", "object": "chat.completion", "created": 0, "model": "rogue",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text, "refusal": None},
                     "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}).encode()


def head(status="200 OK", **headers):
    lines = [f"HTTP/1.1 {status}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def answer(peer, body, **headers):
    """Sends a complete answer; the connection may live on."""
    headers = {"content_type": "application/json", "content_length": len(body), **headers}
    peer.send(head(**headers) + body)
    return True


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


# -- Answers that are not -------------------------------------------------------------------------
# Each takes the peer and gives True if the connection may carry another request.

@functools.lru_cache(maxsize=None)
def bomb():
    """A valid completion, small on the wire and huge when unpacked."""
    start, end = completion("@").split(b"@")
    packer = zlib.compressobj(9, zlib.DEFLATED, GZIP_WINDOW_BITS)
    parts = [packer.compress(start)]
    parts += [packer.compress(b"a" * CHUNK_BYTES) for _ in range(BOMB_BYTES // CHUNK_BYTES)]
    return b"".join(parts) + packer.compress(end) + packer.flush()


def gzipbomb(peer):
    return answer(peer, bomb(), content_encoding="gzip")


def endlessheaders(peer):
    peer.send(b"HTTP/1.1 200 OK\r\n")
    for i in itertools.count():
        peer.send(b"x-header-%d: %s\r\n" % (i, b"a" * 1000))


def endlessbody(peer):
    peer.send(head(content_type="application/json", transfer_encoding="chunked"))
    peer.send(chunk(completion("@").split(b"@")[0]))
    while True:
        peer.send(chunk(b"a" * CHUNK_BYTES))


def deep(peer):
    return answer(peer, b"[" * DEPTH + b"]" * DEPTH)


def badutf8(peer):
    return answer(peer, completion("@").replace(b"@", b"a\xff\xfe\xc0\xafz"))


def nul(peer):
    return answer(peer, completion("@").replace(b"@", b"a\0z"))


def escapes(peer):
    return answer(peer, completion(ESCAPES))


def complains(peer):
    body = json.dumps({"error": {"message": f"no, {ESCAPES}\x7f\u202e", "type": "x"}},
                      ensure_ascii=False).encode()
    peer.send(head("400 Bad Request", content_length=len(body)) + body)
    return True


def redirect(peer, status=307):
    peer.send(head(f"{status} {REDIRECTS[status]}", content_length=0,
                   location=f"http://127.0.0.1:{peer.server.elsewhere_port}/v1/chat/completions"))
    return True


def slowloris(peer):
    peer.send(b"HTTP/1.1 200 OK\r\nx-slow: ")
    while True:
        time.sleep(1)
        peer.send(b"a")


def hugeline(peer):
    return answer(peer, completion(), x_huge="a" * HUGE_LINE_BYTES)


def closemid(peer):
    peer.send(b"HTTP/1.1 200 OK\r\ncontent-ty")
    return False


def wrongct(peer):
    return answer(peer, completion(), content_type="text/plain")


def chunkedbad(peer):
    peer.send(head(content_type="application/json", transfer_encoding="chunked"))
    peer.send(b"zzz\r\n" + completion() + b"\r\n0\r\n\r\n")
    return False


def http09(peer):
    peer.send(completion())
    return False


def twosend(peer):
    """A connection that dies under its second request, after its body was read."""
    return answer(peer, completion()) if peer.requests_n == 1 else False


COMMENT = chunk(b": keep-alive\n\n")


def begin_stream(peer):
    peer.send(head(content_type="text/event-stream", transfer_encoding="chunked"))


def comments(peer):
    """A stream that is kept open and says nothing."""
    begin_stream(peer)
    while True:
        peer.send(COMMENT)
        time.sleep(0.05)


def commented(peer):
    """A stream with a long time between its two halves, in which only comments come."""
    delta = b'data: {"choices":[{"delta":{"content":"%s"},"finish_reason":%s}]}\n\n'
    begin_stream(peer)
    peer.send(chunk(delta % (b"fi", b"null")))
    for _ in range(15):
        peer.send(COMMENT)
        time.sleep(0.1)
    peer.send(chunk(delta % (b"ne", b'"stop"') + b"data: [DONE]\n\n") + chunk(b""))
    return True


def ok(peer):
    return answer(peer, completion())


BEHAVIOURS = {f.__name__: f for f in (
    gzipbomb, endlessheaders, endlessbody, deep, badutf8, nul, escapes, complains, redirect,
    slowloris, hugeline, closemid, wrongct, chunkedbad, http09, twosend, comments, commented, ok)}
BEHAVIOURS.update({f"redirect{status}": functools.partial(redirect, status=status)
                   for status in REDIRECTS})


# -- The two listeners ----------------------------------------------------------------------------

class Request:
    """What of a request matters here."""

    def __init__(self, line, headers, body):
        self.method, self.path = (line.split(" ") + ["", ""])[:2]
        self.headers = headers
        self.body = body


class Peer(socketserver.StreamRequestHandler):
    """One connection: reads requests strictly enough, hands them on."""

    disable_nagle_algorithm = True

    def send(self, data):
        self.wfile.write(data)

    def read_request(self):
        """The next request, or None if the client has gone before its end."""
        line = self.rfile.readline().decode("latin-1").rstrip("\r\n")
        headers = {}
        for raw in self.rfile:
            name, colon, value = raw.decode("latin-1").partition(":")
            if not colon:
                break
            headers[name.lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        wanted = int(headers.get("content-length", 0))
        body = self.rfile.read(wanted)
        return Request(line, headers, body) if line and len(body) == wanted else None

    def handle(self):
        self.requests_n = 0
        self.accepted()
        try:
            while (request := self.read_request()) and self.serve(request):
                pass
        except OSError:
            pass  # the client has had enough, which is what it should have

    def finish(self):
        try:
            super().finish()
        except OSError:
            pass


class Rogue(Peer):
    def accepted(self):
        pass

    def serve(self, request):
        name = request.path.split("/")[1] if "/" in request.path else ""
        if name == "_count":
            return answer(self, counts.to_json())
        self.requests_n += 1
        if self.requests_n == 1:
            counts.add("connections")
        if request.method == "POST":
            counts.add("posts")
            counts.add_path(name)
        if name not in BEHAVIOURS:
            self.send(head("404 Not Found", content_length=0))
            return True
        return BEHAVIOURS[name](self)


class Elsewhere(Peer):
    """Where redirects point. It answers well: following one must not go unnoticed as a failure."""

    def accepted(self):
        counts.add("redirected")

    def serve(self, request):
        if request.method == "POST":
            counts.add("redirected_posts")
            if "authorization" in request.headers:
                counts.add("redirected_keys")
        return answer(self, completion("redirected"))


class Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, peer):
        super().__init__(("127.0.0.1", 0), peer)
        self.port = self.server_address[1]


def follow_parent():
    """Dies with the parent; ends at once if that is dead already."""
    parent = os.getppid()
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(0)


def main():
    follow_parent()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    elsewhere = Listener(Elsewhere)
    rogue = Listener(Rogue)
    rogue.elsewhere_port = elsewhere.port
    threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
    print(rogue.port, flush=True)
    rogue.serve_forever()


if __name__ == "__main__":
    main()
