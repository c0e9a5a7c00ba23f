#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""dialects MOCK: whether pllm-mock speaks each of its APIs, seen with other eyes.

Starts MOCK, asks every API in every manner, and reads the answers with readers of its own: events,
lines, Amazon's frames with their checksums, texts and tokens where each vendor puts them. Signs
requests to Bedrock with a signer of its own. Prints what is wrong, and fails if anything is.
"""

import datetime
import hashlib
import hmac
import http.client
import json
import struct
import subprocess
import sys
import urllib.parse
import zlib

KEY, SECRET = "sk-mock", "aws-mock-secret"
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}, "n": {"$ref": "#/$defs/five"}},
          "required": ["a", "n"], "additionalProperties": False,
          "$defs": {"five": {"type": "integer", "minimum": 5}}}
INSTANCE = {"a": "mock", "n": 5}
PNG = "iVBORw0KGgo="

# What an answer or an error may be asked to be; those of the second list end before their time.
WORDS = """200 null refusal filter length tools empty stream-error no-end missing number odd-finish
    usage-strings no-usage prose fenced mismatch blocked errbody quota auth context spend-limit 400
    401 402 403 404 408 409 413 422 424 429@2 429@ms:150 429@date:+1 500 502 503 504 529 string:500
    array:429 array:errbody crlf cr comments crlf+comments+drip cached=3,reasoning=4 deltas=50 gzip
    drip 599 nonsense mismatch=x foo=1""".split()
BROKEN = "truncate stream-cut stream-end drop reset".split()

host = None
problems = 0


def expect(what, got, wanted):
    global problems
    if got != wanted:
        problems += 1
        print(f"{what}: got {got!r}, wanted {wanted!r}")


def post(path, body, headers=None):
    """(status, headers, body), or None without an answer. A header that is None is left out."""
    connection = http.client.HTTPConnection(host, timeout=20)
    sent = {"content-type": "application/json", "authorization": f"Bearer {KEY}"}
    sent.update(headers or {})
    sent = {name: value for name, value in sent.items() if value is not None}
    try:
        if not isinstance(body, bytes):
            body = json.dumps(body)
        connection.request("POST", path, body, sent)
        reply = connection.getresponse()
        return reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read()
    except (http.client.HTTPException, ConnectionError):
        return None
    finally:
        connection.close()


def fetch(path, headers=None, method="GET"):
    """(status, headers, tree)"""
    connection = http.client.HTTPConnection(host, timeout=20)
    connection.request(method, path, headers=headers or {})
    reply = connection.getresponse()
    tree = json.loads(reply.read())
    connection.close()
    return reply.status, {k.lower(): v for k, v in reply.getheaders()}, tree


def get(path):
    return fetch(path)[2]


# == Streams ==

def events(body):
    """The data of server-sent events."""
    found = []
    for event in body.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n\n"):
        lines = [line[5:].strip() for line in event.split("\n") if line.startswith("data:")]
        if lines and lines != ["[DONE]"]:
            found.append(json.loads("\n".join(lines)))
    return found


def frames(body):
    """The payloads of an event stream; their headers are put in as `:NAME`."""
    found = []
    while body:
        size, headers_size, checksum = struct.unpack(">III", body[:12])
        assert zlib.crc32(body[:8]) == checksum
        assert zlib.crc32(body[:size - 4]) == struct.unpack(">I", body[size - 4:size])[0]
        headers, message = body[12:12 + headers_size], json.loads(body[12 + headers_size:size - 4])
        while headers:
            n = headers[0]
            assert headers[1 + n] == 7
            value_n = struct.unpack(">H", headers[2 + n:4 + n])[0]
            message[headers[1:1 + n].decode()] = headers[4 + n:4 + n + value_n].decode()
            headers = headers[4 + n + value_n:]
        found.append(message)
        body = body[size:]
    return found


def read(reply):
    """What a body says: a tree, or a list of them for a stream."""
    kind, body = reply[1].get("content-type", ""), reply[2]
    if reply[1].get("content-encoding") == "gzip":
        body = zlib.decompress(body, 31)
    if kind.startswith("text/event-stream"):
        return events(body)
    if kind.startswith("application/x-ndjson"):
        return [json.loads(line) for line in body.decode().splitlines()]
    if kind.startswith("application/vnd.amazon.eventstream"):
        return frames(body)
    return json.loads(body)


# == The APIs: how to ask, and where the answer stands ==

def dig(tree, *path):
    """What lies there, or None."""
    for step in path:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError):
            return None
    return tree


def joined(parts):
    return "".join(part for part in parts if isinstance(part, str))


class Chat:
    """Chat completions, and what the others have in common."""
    path = "/v1/chat/completions"
    headers = {}
    # Usage with 3 tokens from the cache and 4 of reasoning, as (input, output) without them.
    hidden_input, hidden_output = 0, 0

    def body(self, text, stream=False, schema=None, image=False):
        content = text
        if image:
            content = [{"type": "text", "text": text},
                       {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}]
        body = {"model": "m", "messages": [{"role": "system", "content": "be"},
                                           {"role": "user", "content": content}], "stream": stream}
        if stream:
            body["stream_options"] = {"include_usage": True}
        if schema:
            body["response_format"] = {"type": "json_schema", "json_schema": {
                "name": "x", "strict": True, "schema": schema}}
        return body

    def url(self, _stream):
        return self.path

    def text(self, tree):
        if isinstance(tree, list):
            return joined(dig(chunk, "choices", 0, "delta", "content") for chunk in tree)
        return dig(tree, "choices", 0, "message", "content")

    def usage(self, tree):
        usage = (tree[-1] if isinstance(tree, list) else tree)["usage"]
        return usage["prompt_tokens"], usage["completion_tokens"]

    def ask(self, text, stream=False, **more):
        return post(self.url(stream), self.body(text, stream, **more), self.headers)


class Azure(Chat):
    path = "/openai/deployments/d/chat/completions?api-version=2024-10-21"
    headers = {"authorization": None, "api-key": KEY}


class Mistral(Chat):
    path = "/mistral/v1/chat/completions"


class Vllm(Chat):
    path = "/vllm/v1/chat/completions"


class Responses(Chat):
    path = "/v1/responses"

    def body(self, text, stream=False, schema=None, image=False):
        content = [{"type": "input_text", "text": text}]
        if image:
            content.append({"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"})
        body = {"model": "m", "instructions": "be", "stream": stream,
                "input": [{"role": "user", "content": content}]}
        if schema:
            body["text"] = {"format": {"type": "json_schema", "name": "x", "strict": True,
                                       "schema": schema}}
        return body

    def text(self, tree):
        if isinstance(tree, list):
            return joined(e["delta"] for e in tree if e["type"] == "response.output_text.delta")
        return joined(dig(item, "content", 0, "text") for item in tree["output"])

    def usage(self, tree):
        usage = (tree[-1]["response"] if isinstance(tree, list) else tree)["usage"]
        return usage["input_tokens"], usage["output_tokens"]


class Anthropic(Chat):
    path = "/v1/messages"
    headers = {"authorization": None, "x-api-key": KEY, "anthropic-version": "2023-06-01"}
    hidden_input = 3

    def body(self, text, stream=False, schema=None, image=False):
        content = [{"type": "text", "text": text}]
        if image:
            content.append({"type": "image", "source": {"type": "base64", "data": PNG,
                                                        "media_type": "image/png"}})
        body = {"model": "m", "max_tokens": 1000, "system": "be", "stream": stream,
                "messages": [{"role": "user", "content": content}]}
        if schema:
            body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
        return body

    def text(self, tree):
        parts = [dig(e, "delta") for e in tree] if isinstance(tree, list) else tree["content"]
        return joined(dig(part, "text") for part in parts)

    def usage(self, tree):
        usage = (tree[-2] if isinstance(tree, list) else tree)["usage"]
        return usage["input_tokens"], usage["output_tokens"]


class Gemini(Chat):
    headers = {"authorization": None, "x-goog-api-key": KEY}
    hidden_output = 4

    def url(self, stream):
        return "/v1beta/models/g:" + ("streamGenerateContent?alt=sse" if stream
                                      else "generateContent")

    def body(self, text, stream=False, schema=None, image=False):
        parts = [{"text": text}]
        if image:
            parts.append({"inlineData": {"mimeType": "image/png", "data": PNG}})
        body = {"systemInstruction": {"parts": [{"text": "be"}]},
                "contents": [{"role": "user", "parts": parts}]}
        if schema:
            body["generationConfig"] = {"responseMimeType": "application/json",
                                        "responseJsonSchema": schema}
        return body

    def text(self, tree):
        found = []
        for chunk in tree if isinstance(tree, list) else [tree]:
            for part in dig(chunk, "candidates", 0, "content", "parts") or []:
                if not part.get("thought"):
                    found.append(part.get("text"))
        return joined(found)

    def usage(self, tree):
        usage = (tree[-1] if isinstance(tree, list) else tree)["usageMetadata"]
        return usage["promptTokenCount"], usage["candidatesTokenCount"]


class Ollama(Chat):
    path = "/api/chat"

    def body(self, text, stream=False, schema=None, image=False):
        message = {"role": "user", "content": text}
        if image:
            message["images"] = [PNG]
        body = {"model": "m", "messages": [{"role": "system", "content": "be"}, message]}
        if not stream:
            body["stream"] = False
        if schema:
            body["format"] = schema
        return body

    def text(self, tree):
        return joined(dig(line, "message", "content")
                      for line in (tree if isinstance(tree, list) else [tree]))

    def usage(self, tree):
        last = tree[-1] if isinstance(tree, list) else tree
        return last.get("prompt_eval_count"), last["eval_count"]


class Cohere(Chat):
    path = "/v2/chat"

    def body(self, text, stream=False, schema=None, image=False):
        body = super().body(text, stream, None, image)
        body.pop("stream_options", None)
        if schema:
            body["response_format"] = {"type": "json_object", "json_schema": schema}
        return body

    def text(self, tree):
        if isinstance(tree, list):
            return joined(dig(e, "delta", "message", "content", "text") for e in tree)
        return joined(dig(part, "text") for part in tree["message"]["content"])

    def usage(self, tree):
        usage = (tree[-1]["delta"] if isinstance(tree, list) else tree)["usage"]["tokens"]
        return usage["input_tokens"], usage["output_tokens"]


class Bedrock(Chat):
    hidden_input = 3

    def url(self, stream):
        return "/model/vendor.model-v1%3A0/converse" + ("-stream" if stream else "")

    def body(self, text, stream=False, schema=None, image=False):
        content = [{"text": text}]
        if image:
            content.append({"image": {"format": "png", "source": {"bytes": PNG}}})
        body = {"system": [{"text": "be"}], "messages": [{"role": "user", "content": content}]}
        if schema:
            body["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": {
                "jsonSchema": {"name": "x", "schema": json.dumps(schema)}}}}
        return body

    def text(self, tree):
        if isinstance(tree, list):
            return joined(dig(e, "delta", "text") for e in tree)
        return joined(dig(part, "text") for part in tree["output"]["message"]["content"])

    def usage(self, tree):
        usage = (tree[-1] if isinstance(tree, list) else tree)["usage"]
        return usage["inputTokens"], usage["outputTokens"]


class Completions(Chat):
    path = "/v1/completions"

    def body(self, text, stream=False, schema=None, image=False):
        body = {"model": "m", "prompt": text, "stream": stream, "max_tokens": 500}
        if stream:
            body["stream_options"] = {"include_usage": True}
        return body

    def text(self, tree):
        return joined(dig(chunk, "choices", 0, "text")
                      for chunk in (tree if isinstance(tree, list) else [tree]))


class Moderations(Chat):
    path = "/v1/moderations"

    def body(self, text, stream=False, schema=None, image=False):
        return {"input": text}


class Rerank(Chat):
    path = "/v1/rerank"

    def body(self, text, stream=False, schema=None, image=False):
        return {"model": "m", "query": text, "documents": ["blue bus", "red car"]}


class CohereRerank(Rerank):
    path = "/v2/rerank"


class VoyageRerank(Rerank):
    path = "/voyage/v1/rerank"


class TeiRerank(Rerank):
    path = "/rerank"

    def body(self, text, stream=False, schema=None, image=False):
        return {"query": text, "texts": ["blue bus", "red car"]}


CHATS = [Chat(), Azure(), Mistral(), Vllm(), Responses(), Anthropic(), Gemini(), Ollama(), Cohere(),
         Bedrock()]
OTHERS = [Completions(), Moderations(), Rerank(), CohereRerank(), VoyageRerank(), TeiRerank()]


# == What is checked ==

def check_words(api, name):
    """Whatever is asked for, what comes can be read, and has the status that was named."""
    for word in WORDS + BROKEN:
        for stream in (False, True):
            reply = api.ask(f"Hällo [[mock:{word}]] {stream}", stream)
            if word in BROKEN:
                continue
            what = f"{name}, {word}{', streamed' if stream else ''}"
            try:
                if not (name == "Gemini" and word == "stream-error"):
                    read(reply)
            except (ValueError, AssertionError, TypeError) as why:
                expect(what, repr(why), "something to read")
            status = word.split("@")[0].split(":")[-1]
            if reply and status.isdigit():
                expect(what, reply[0], int(status))


def check_answers(api, name):
    """Texts and tokens are the same whole and streamed; hidden ones are where they belong."""
    for stream in (False, True):
        expect(f"{name} {stream}: text", api.text(read(api.ask("Hi you", stream))), "echo: Hi you")
    if name == "Completions":
        return
    for stream in (False, True):
        tree = read(api.ask("[[mock:cached=3,reasoning=4]]Hi you", stream))
        got = api.usage(tree)
        base = api.usage(read(api.ask("[[mock:cached=0,reasoning=0]]Hi you", stream)))
        wanted = (base[0] - api.hidden_input, base[1] + 4 - api.hidden_output)
        if name == "Ollama":
            wanted = (None, wanted[1])
        expect(f"{name} {stream}: usage", got, wanted)
        expect(f"{name} {stream}: text with thoughts", api.text(tree), "echo: Hi you")


def check_schema(api, name):
    """A schema is answered by an instance, the second time if the first is to be wrong."""
    for stream in (False, True):
        tree = read(api.ask("Hi you", stream, schema=SCHEMA))
        expect(f"{name} {stream}: instance", json.loads(api.text(tree)), INSTANCE)
    texts = [api.text(read(api.ask("[[mock:mismatch=1]]", schema=SCHEMA))) for _ in range(2)]
    expect(f"{name}: mismatch, instance", [json.loads(t) == INSTANCE for t in texts], [False, True])


def check_images(api, name):
    before = get("/_mock/stats")
    read(api.ask("What is this?", image=True))
    after = get("/_mock/stats")
    for count, wanted in (("images", 1), ("systems", 1), ("turns", 1)):
        expect(f"{name}: {count}", after[count] - before[count], wanted)


def check_ranks():
    for api, results, score in ((Rerank(), "results", "relevance_score"),
                                (CohereRerank(), "results", "relevance_score"),
                                (VoyageRerank(), "data", "relevance_score"),
                                (TeiRerank(), None, "score")):
        tree = read(api.ask("red car"))
        ranks = tree[results] if results else tree
        expect(f"{api.path}: order", [rank["index"] for rank in ranks], [1, 0])
        expect(f"{api.path}: scores fall", ranks[0][score] > ranks[1][score], True)
    results = read(post("/v1/moderations", {"input": ["a flag", "b"]}))["results"]
    expect("moderations", [result["flagged"] for result in results], [True, False])


def sign(path, body, secret, service="bedrock", age_s=0, **more):
    """Headers that sign a request as AWS documents it."""
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=age_s)
    stamp = then.strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": host, "x-amz-date": stamp, "content-type": "application/json", **more}
    names = ";".join(sorted(headers))
    canonical = "\n".join(["POST", urllib.parse.quote(path, safe="/-._~"), "",
                           "".join(f"{name}:{headers[name]}\n" for name in sorted(headers)), names,
                           hashlib.sha256(body).hexdigest()])
    scope = f"{stamp[:8]}/us-east-1/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope,
                      hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for piece in scope.split("/") + [text]:
        key = hmac.new(key, piece.encode(), hashlib.sha256).digest()
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential=AKID/{scope}, SignedHeaders={names}, "
                                f"Signature={key.hex()}")
    return headers


def check_signatures():
    body = json.dumps(Bedrock().body("Hi")).encode()
    token = {"x-amz-security-token": "t"}
    for path in ("/model/plain/converse", "/model/a.b-v1:0/converse", "/model/a.b-v1%3A0/converse",
                 "/model/arn%3Aaws%3Ax%2Fy/converse"):
        for what, headers, sent, wanted in (
                ("signed", sign(path, body, SECRET), body, 200),
                ("with a token", sign(path, body, SECRET, **token), body, 200),
                ("another secret", sign(path, body, "other"), body, 403),
                ("another body", sign(path, body, SECRET), body + b" ", 403),
                ("another service", sign(path, body, SECRET, "s3"), body, 403),
                ("old", sign(path, body, SECRET, age_s=3600), body, 403)):
            expect(f"{path}, {what}", post(path, sent, headers)[0], wanted)
    for header, wanted in ((None, 403), (f"Bearer {KEY}", 200), ("Bearer other", 403)):
        reply = post("/model/plain/converse", body, {"authorization": header})
        expect(f"Authorization: {header}", reply[0], wanted)


def check_last():
    post("/v1/chat/completions?a=b", Chat().body("Remember me"))
    last = get("/_mock/last")
    expect("last", (last["method"], last["path"], last["headers"]["authorization"],
                    last["body"]["messages"][1]["content"]),
           ("POST", "/v1/chat/completions?a=b", "Bearer ***", "Remember me"))


def check_keys():
    for api in CHATS + OTHERS:
        headers = {name: "wrong" if value == KEY else value for name, value in api.headers.items()}
        if not headers.keys() & {"api-key", "x-api-key", "x-goog-api-key"}:
            headers["authorization"] = "Bearer wrong"
        status = post(api.url(False), api.body("Hi"), headers)[0]
        wanted = {"Gemini": 400, "Bedrock": 403}.get(type(api).__name__, 401)
        expect(f"{type(api).__name__}: a wrong key", status, wanted)


# == Lists of models ==

BEARER = {"authorization": f"Bearer {KEY}"}
CLAUDE = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
GOOGLE = {"x-goog-api-key": KEY}
AZURE = {"api-key": KEY}
MODELS = ["alpha", "beta", "gamma:8b"]


def check_lists():
    """Each vendor's list in his form, all of it, and not without the key."""
    tagged = ["alpha:latest", "beta:latest", "gamma:8b"]
    for path, headers, wanted, find in (
            ("/v1/models", BEARER, MODELS, lambda t: [m["id"] for m in t["data"]]),
            ("/v1/embeddings/models", BEARER, MODELS, lambda t: [m["id"] for m in t["data"]]),
            ("/mistral/v1/models", BEARER, MODELS, lambda t: [m["id"] for m in t["data"]]),
            ("/openai/v1/models", AZURE, MODELS, lambda t: [m["id"] for m in t["data"]]),
            ("/openai/models?api-version=1", AZURE, MODELS,
             lambda t: [m["id"] for m in t["data"]]),
            ("/v1/models?limit=1000", CLAUDE, MODELS,
             lambda t: [m["id"] for m in t["data"] if not t["has_more"]]),
            ("/v1/models?page_size=1000", BEARER, MODELS,
             lambda t: [m["name"] for m in t["models"]]),
            ("/v1beta/models?pageSize=1000", GOOGLE, ["models/" + m for m in MODELS],
             lambda t: [m["name"] for m in t["models"]]),
            ("/api/tags", BEARER, tagged, lambda t: [m["name"] for m in t["models"]]),
            ("/info", BEARER, ["alpha"], lambda t: [t["model_id"]])):
        status, said, tree = fetch(path, headers)
        expect(f"{path}: status", status, 200)
        expect(f"{path}: models", find(tree), wanted)
        if headers is BEARER and path == "/v1/models":
            expect(f"{path}: limits", said.get("x-ratelimit-limit-requests"), "600")
        wrong = {k: v.replace(KEY, "sk-wrong") for k, v in headers.items()}
        expect(f"{path}: a wrong key", fetch(path, wrong)[0], 400 if headers is GOOGLE else 401)
        expect(f"{path}: POST", fetch(path, headers, "POST")[0], 405)


def check_pages():
    """Page by page, as each vendor turns them."""
    for path, token, more, headers, find in (
            ("/v1/models?limit=2", "&after_id=", "last_id", CLAUDE,
             lambda t: [m["id"] for m in t["data"]]),
            ("/v1/models?page_size=2", "&page_token=", "next_page_token", BEARER,
             lambda t: [m["name"] for m in t["models"]]),
            ("/v1beta/models?pageSize=2", "&pageToken=", "nextPageToken", GOOGLE,
             lambda t: [m["name"].replace("models/", "") for m in t["models"]])):
        first = fetch(path, headers)[2]
        expect(f"{path}: page 1", find(first), MODELS[:2])
        expect(f"{path}: more", first.get("has_more", True), True)
        second = fetch(path + token + first[more], headers)[2]
        expect(f"{path}: page 2", find(second), MODELS[2:])
        expect(f"{path}: no more", second.get("has_more", more in second), False)


def check_clock():
    """The clock is as far behind as it is told to be."""
    date = fetch("/v1/models", BEARER)[1]["date"]
    then = datetime.datetime.strptime(date, "%a, %d %b %Y %H:%M:%S GMT")
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    behind = now - then
    expect("clock", 7190 <= behind.total_seconds() <= 7300, True)


def check_catalogs():
    global host
    models = [word for m in MODELS for word in ("--model", m)]
    mock = subprocess.Popen([sys.argv[1], "--quiet", "--key", KEY, "--rpm", "600", "--clock-skew",
                             "-2h"] + models, stdout=subprocess.PIPE)
    host = mock.stdout.readline().decode().split("/")[2]
    check_lists()
    check_pages()
    check_clock()
    stats = get("/_mock/stats")
    expect("listed", (stats["listed"], stats["requests"]), (27, 0))
    mock.terminate()
    expect("exit status", mock.wait(), 0)


def main():
    global host
    mock = subprocess.Popen([sys.argv[1], "--quiet", "--key", KEY, "--aws-secret", SECRET],
                            stdout=subprocess.PIPE)
    host = mock.stdout.readline().decode().split("/")[2]
    for api in CHATS + OTHERS:
        check_words(api, type(api).__name__)
    for api in CHATS + OTHERS[:1]:
        check_answers(api, type(api).__name__)
    for api in CHATS:
        check_schema(api, type(api).__name__)
        check_images(api, type(api).__name__)
    for check in (check_ranks, check_signatures, check_last, check_keys):
        check()
    mock.terminate()
    expect("exit status", mock.wait(), 0)
    check_catalogs()
    sys.exit(problems > 0)


main()
