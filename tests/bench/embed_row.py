# SPDX-License-Identifier: MIT
"""The row about vectors: what an answer full of them costs, and what is kept of a million."""
import ast
import base64
import json
import shutil
import struct
import sys
import urllib.request

from measure import Failed
from table import Line, mb, missing, samples

TEXTS = 128  # in a request
COLUMNS = 1536
IN_FLIGHT = 8
READ_AND_PRINT = """
import json, sys
text = open(sys.argv[1]).read()
for _ in range(int(sys.argv[2])):
    json.dumps(json.loads(text))
"""


def records(bench, n):
    """A file of n records with short texts."""
    path = bench.dir / f"records-short-{n}.jsonl"
    with open(path, "w", encoding="ascii") as file:
        file.writelines(f'{{"id":{i},"text":"{i:08d} a text to embed"}}\n' for i in range(n))
    return path


def embed(bench, server, n, *options, stdout="/dev/null"):
    """Runs pllm embed over n records, and counts what was asked."""
    command = [bench.pllm_path, "embed", "--endpoint", server.base_url, "-m", "m"]
    command += ["--batch-items", TEXTS, "--no-adaptive", "-j", IN_FLIGHT, *options]
    before = server.control()
    usage = bench.run(command, stdin=records(bench, n), stdout=stdout, timeout_s=900)
    after = server.control()
    asked = {name: after[name] - before[name] for name in before}
    packs = (n + TEXTS - 1) // TEXTS
    # A window that is full of answers now and then closes a pack early.
    if asked["texts"] != n or not packs <= asked["requests"] <= packs * 1.02 + 1:
        raise Failed(f"{asked['texts']} texts in {asked['requests']} requests, not {n} in {packs}")
    if asked["base64"] != (asked["requests"] if "--format" in options else 0):
        raise Failed(f"{asked['base64']} of {asked['requests']} requests asked for base64")
    return usage


# -- what comes out is what the server sent ------------------------------------------


def ask(server, **wishes):
    """The server's answer to TEXTS texts."""
    body = json.dumps({"input": ["x"] * TEXTS, **wishes}, separators=(",", ":")).encode()
    with urllib.request.urlopen(server.base_url + "/embeddings", body, timeout=60) as answer:
        return answer.read()


def check_lines(path, n, vectors):
    """Line i has record i, and its vector in the server's own digits (None: no vector)."""
    with open(path, "rb") as file:
        for i, line in enumerate(file):
            if not line.startswith(b'{"id":%d,' % i):
                raise Failed(f"record {i} is out of order, missing or doubled")
            vector = vectors and b'"embedding":' + vectors[i % TEXTS]
            if vector not in line if vectors else b"embedding" in line:
                raise Failed(f"record {i} has not the vector that the server sent")
    if i + 1 != n:
        raise Failed(f"{i + 1} of {n} records were written")


def check_rows(rows, n, vectors):
    """Row i is the vector of record i."""
    if rows != b"".join(vectors[i % TEXTS] for i in range(n)):
        raise Failed("the matrix is not what the server sent")


def numpy_rows(path, n):
    """The numbers of a .npy file."""
    content = path.read_bytes()
    (head_bytes,) = struct.unpack_from("<H", content, 8)
    about = ast.literal_eval(content[10 : 10 + head_bytes].decode("ascii"))
    wanted = {"descr": "<f4", "fortran_order": False, "shape": (n, COLUMNS)}
    if content[:8] != b"\x93NUMPY\x01\x00" or about != wanted:
        raise Failed(f"a matrix of {n} rows says of itself {about}")
    return content[10 + head_bytes :]


def check(bench, server):
    """A few packs in every format, the last one smaller, compared byte by byte."""
    n = 3 * TEXTS + 7
    out, matrix = bench.dir / "out.jsonl", bench.dir / "out.npy"
    digits = ask(server)
    vectors = [b"[" + v.split(b"]")[0] + b"]" for v in digits.split(b'"embedding":[')[1:]]
    coded = json.loads(ask(server, encoding_format="base64"))["data"]
    rows = [base64.b64decode(item["embedding"], validate=True) for item in coded]
    embed(bench, server, n, stdout=out)
    check_lines(out, n, vectors)
    embed(bench, server, n, "--format", "npy", "-o", matrix, stdout=out)
    check_lines(out, n, None)
    check_rows(numpy_rows(matrix, n), n, rows)
    embed(bench, server, n, "--format", "f32", "-o", matrix, stdout=out)
    check_lines(out, n, None)
    check_rows(matrix.read_bytes(), n, rows)
    out.unlink()
    matrix.unlink()
    return digits


# -- CPU per answer ------------------------------------------------------------------


def each(results, who, sizes):
    """
    What an answer costs: by how much more of them cost more, starting up cancels. Of several runs
    the least counts: what disturbs a run only ever adds to it.
    """
    small, large = (min(u.cpu for u in results[who, n]) for n in sizes)
    return (large - small) / (sizes[1] - sizes[0])


def measured(bench, programs, sizes, runs):
    """Runs each program (a function of a number of answers), its CPU per answer and all samples."""
    results = bench.interleave(
        {
            (who, n): lambda program=program, n=n: program(n)
            for who, program in programs.items()
            for n in sizes
        },
        runs,
    )
    data = samples({f"{who}-{n}": usages for (who, n), usages in results.items()})
    return {who: each(results, who, sizes) for who in programs}, data


def floor(bench, server, n, *options):
    command = [bench.programs / "embed_floor", "-n", n, "-c", IN_FLIGHT, "-t", TEXTS, *options]
    return bench.run([*command, server.base_url + "/embeddings"])


def clients(bench, server):
    """Who takes answers, and how: functions of the number of answers."""
    out, matrix = bench.dir / "out.jsonl", bench.dir / "out.npy"

    def anew(run):
        """Into new files: to take the pages off an old one would be paid by its successor."""
        out.unlink(missing_ok=True)
        matrix.unlink(missing_ok=True)
        return run()

    def bare(*options):
        return lambda n: anew(lambda: floor(bench, server, n, *options))

    def pllm(*options, **where):
        return lambda n: anew(lambda: embed(bench, server, n * TEXTS, *options, **where))

    return {
        "floor": bare(),
        "floor, file": bare("-o", out),
        "JSONL": pllm(),
        "JSONL, file": pllm(stdout=out),
        "floor, base64": bare("-6"),
        "floor, base64, file": bare("-6", "-o", matrix),
        "f32": pllm("--format", "f32", "-o", "/dev/null"),
        "npy, file": pllm("--format", "npy", "-o", matrix),
    }


def ms(seconds):
    return f"{seconds * 1e3:.2f} ms"


def indented(bench, runs):
    """The same with every number on a line of its own, as OpenAI's own server has it."""
    with bench.server("--indent", program="embed_server") as server:
        everyone = clients(bench, server)
        some = {who: everyone[who] for who in ("floor", "JSONL")}
        cpu, data = measured(bench, some, bench.count((100, 300), (20, 60)), runs)
    return Line(
        "CPU per answer, digits indented, JSONL to /dev/null",
        ms(cpu["JSONL"]),
        f"download only {ms(cpu['floor'])}",
        cpu["JSONL"] / cpu["floor"],
        runs=str(runs),
        data=data,
    )


def readers(bench, answer):
    """Who parses and prints the same bytes: functions of the number of answers."""
    path = bench.dir / "answer.json"
    path.write_bytes(answer)
    jansson = bench.programs / "embed_jansson"
    return {
        "jansson": lambda n: bench.run([jansson, path, n]),
        "Python": lambda n: bench.run([sys.executable, "-c", READ_AND_PRINT, path, n]),
    }


def cpu_lines(bench, server, answer):
    runs = bench.count(7, 3)
    sizes = bench.count((100, 400), (30, 90))
    cpu, data = measured(bench, clients(bench, server), sizes, runs)
    read, read_data = measured(bench, readers(bench, answer), (5, 15), bench.count(5, 3))

    def against(who, name, goal=""):
        case = f"CPU per answer of {TEXTS} x {COLUMNS}, {who.replace(', file', '')}"
        place = "a regular file" if "file" in who else "/dev/null"
        ratio = cpu[who] / cpu[name]
        doing = "download and write" if "file" in name else "download only"
        text = f"{doing} {ms(cpu[name])}"
        return Line(f"{case} to {place}", ms(cpu[who]), text, ratio, goal, str(runs), data)

    yield against("JSONL", "floor", "<= 6")
    yield against("JSONL, file", "floor", "<= 6")
    yield against("JSONL, file", "floor, file")
    for who, goal in {"jansson": ">= 20", "Python": ">= 10"}.items():
        ratio = read[who] / cpu["JSONL"]
        text = f"{who}, parse and print, no network {ms(read[who])}"
        yield Line("the same, /dev/null", ms(cpu["JSONL"]), text, ratio, goal, "5", read_data)
    yield against("f32", "floor, base64", "<= 4")
    yield against("npy, file", "floor, base64", "<= 4")
    yield against("npy, file", "floor, base64, file")


# -- memory --------------------------------------------------------------------------


def peak_lines(bench, server):
    sizes = bench.count((10000, 300000, 1000000), (10000, 50000))
    matrix = bench.dir / "out.npy"
    forms = {
        "npy to a regular file": ["--format", "npy", "-o", matrix],
        "f32 to /dev/null": ["--format", "f32", "-o", "/dev/null"],
        "JSONL to /dev/null": [],
    }
    room = shutil.disk_usage(bench.dir).free
    for form, options in forms.items():
        case = f"peak RSS, {sizes[-1]:,} vectors of {COLUMNS}, {form}"
        if matrix in options and room < sizes[-1] * COLUMNS * 4 * 1.5:
            yield missing(case, f"only {room / 1e9:.0f} GB are free")
            continue
        usages = {}
        for n in sizes:
            usages[n] = embed(bench, server, n, *options)
            matrix.unlink(missing_ok=True)
        # The shortest run is over before the window was ever full of answers.
        few, many = usages[sizes[-2]], usages[sizes[-1]]
        yield Line(
            case,
            f"{mb(many.max_rss_kb)}, {many.wall:.1f} s",
            ", ".join(f"{n:,} {mb(usages[n].max_rss_kb)}" for n in sizes[:-1]),
            many.max_rss_kb / few.max_rss_kb,
            "<= 1.1",
            "1",
            {str(n): usage._asdict() for n, usage in usages.items()},
        )


def row_embed(bench):
    with bench.server(program="embed_server") as server:
        answer = check(bench, server)
        yield from cpu_lines(bench, server, answer)
        yield indented(bench, bench.count(5, 3))
        yield from peak_lines(bench, server)
    for name in ("out.jsonl", "out.npy", "answer.json"):
        (bench.dir / name).unlink(missing_ok=True)
    for path in bench.dir.glob("records-short-*.jsonl"):
        path.unlink()
