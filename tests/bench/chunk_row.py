# SPDX-License-Identifier: MIT
"""The row about documents cut into pieces: how much text goes through one processor."""
import itertools
import json
import re

from measure import Failed
from table import Line, mb, samples

FILES = ("README.md", "HACKING.md")
DOCUMENT_BYTES = 100000
PLACES = ("paragraph", "sentence", "line", "token")


def prose(bench):
    """The paragraphs of what is written about pllm: English, with all that occurs in it."""
    text = "\n\n".join((bench.here / "../.." / name).read_text("utf-8") for name in FILES)
    return [part for part in re.split(r"\n{2,}", text) if re.match(r"[A-Z`]", part)]


def document(paragraphs, i):
    """As many paragraphs as make a document, a different one first in each."""
    parts, length = [], 0
    for part in itertools.islice(itertools.cycle(paragraphs), i % len(paragraphs), None):
        parts.append(part)
        length += len(part) + 2
        if length > DOCUMENT_BYTES:
            return "\n\n".join(parts)


def documents(bench, n):
    """A file of n records, and the bytes of their texts."""
    paragraphs = prose(bench)
    path = bench.dir / f"records-long-{n}.jsonl"
    text_bytes = 0
    with open(path, "w", encoding="utf-8") as file:
        for i in range(n):
            text = document(paragraphs, i)
            text_bytes += len(text.encode())
            file.write(json.dumps({"id": i, "text": text}, ensure_ascii=False) + "\n")
    return path, text_bytes


def check(bench, command, records):
    """The chunks of each document, joined, are the document."""
    out = bench.dir / "out.jsonl"
    bench.run(command, stdin=records, stdout=out)
    with open(out, encoding="utf-8") as file:
        chunks = [json.loads(line) for line in file]
    with open(records, encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            own = [chunk["text"] for chunk in chunks if chunk["id"] == record["id"]]
            if len(own) < 2 or "".join(own) != record["text"]:
                raise Failed(f"{' '.join(map(str, command[1:]))}: the chunks are not the document")
    out.unlink()


def row_chunk(bench):
    few, many = (documents(bench, n) for n in (10, bench.count(1000, 200)))
    commands = {place: [bench.pllm_path, "chunk", "--at", place] for place in PLACES}
    for command in commands.values():
        check(bench, command, few[0])
    runs = bench.count(5, 3)
    results = bench.interleave(
        {
            place: lambda command=command: bench.run(command, stdin=many[0])
            for place, command in commands.items()
        },
        runs,
    )
    data = samples(results)
    for place, usages in results.items():
        rate = many[1] / min(usage.cpu for usage in usages) / 1e6
        peak = max(usage.max_rss_kb for usage in usages)
        yield Line(
            f"chunk, English text, cut at a {place}",
            f"{rate:.0f} MB/s of CPU",
            f"{many[1] / 1e6:.0f} MB, peak RSS {mb(peak)}",
            rate,
            ">= 150",
            str(runs),
            data,
        )
    for path, _ in (few, many):
        path.unlink()
