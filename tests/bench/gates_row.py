# SPDX-License-Identifier: MIT
"""The rows about going as fast as the other side allows: over real sockets against pllm-mock, and
in virtual time against two naive clients."""
import contextlib
import csv
import json
import subprocess
import urllib.request

from measure import Failed
from table import Line

RPM = 6000
BURST = 20


@contextlib.contextmanager
def mock(bench, *options):
    """A running pllm-mock, its base URL."""
    process = subprocess.Popen(
        [str(bench.mock_path), *map(str, options)],
        stdout=subprocess.PIPE,
        env=bench.env,
        text=True,
    )
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def stats_of(base_url):
    with urllib.request.urlopen(base_url.replace("/v1", "/_mock/stats"), timeout=60) as answer:
        return json.load(answer)


def run(bench, base_url, n, *options):
    """Runs pllm with its gates over n records, all of which must be answered."""
    out = bench.dir / "out.jsonl"
    command = [bench.pllm_path, "--endpoint", base_url, "-m", "mock", "-p", "Say {{text}}"]
    usage = bench.run([*command, *options], stdin=bench.records(n), stdout=out)
    with open(out, encoding="utf-8") as file:
        answered = sum('"output":"' in line for line in file)
    if answered != n:
        raise Failed(f"{answered} of {n} records were answered")
    return usage


def rate_line(bench, case, n, mock_options, options):
    """n records where 100 a second are allowed."""
    with mock(bench, "--rpm", RPM, "--burst", BURST, "--latency", "50ms", *mock_options) as url:
        wall = run(bench, url, n, "-j", 64, *options).wall
        stats = stats_of(url)
    refused = stats["answered"].get("429", 0) / stats["requests"]
    allowed = n / ((n - BURST) / RPM * 60)
    return Line(
        f"{RPM} RPM enforced, {case}",
        f"{n / wall:.1f}/s",
        f"{RPM / 60:.0f}/s allowed; {refused:.1%} of requests refused",
        n / wall / allowed,
        ">= 0.95",
        "1",
        {"wall": wall, "refused": refused},
    )


def ramp_line(bench):
    """What finding the limit costs a run that could have had all places at once."""
    n = 20000
    with bench.server("--delay-ms", "200") as server:
        found = bench.run_adaptive(server, n, 1000).wall
        fixed = bench.pllm(server, n, 1000).wall
    return Line(
        "1000 at 200 ms, adaptive, over --no-adaptive: 20,000 records",
        f"{found:.2f} s",
        f"fixed {fixed:.2f} s",
        found / fixed,
        runs="1",
        data={"found": found, "fixed": fixed},
    )


def baseline_rows(bench):
    text = subprocess.run(
        [str(bench.sim_path), "--baseline"],
        env=bench.env,
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    ).stdout
    return list(csv.DictReader(text.lstrip("#").splitlines(), delimiter="\t"))


def baseline_lines(bench):
    """pllm, a fixed pool with exponential back-off, and the cookbook's pause, in virtual time."""
    rows = baseline_rows(bench)
    beaten = 0
    for row in rows:
        words = [row["backoff-is"], row["cookbook-is"]]
        beaten += "NOT-BEATEN" not in words
        yield Line(
            f"simulated: {row['scenario']}",
            f"{row['pllm/s']}/s, {row['pllm-429%']} % 429",
            f"back-off {row['backoff/s']}/s, {row['backoff-429%']} %, lost {row['backoff-lost']}"
            f" ({words[0]}); cookbook {row['cookbook/s']}/s, {row['cookbook-429%']} %,"
            f" lost {row['cookbook-lost']} ({words[1]})",
            float(row["pllm/s"]) / float(row["best/s"]),
            data=row,
        )
    yield Line(
        "simulated scenarios in which no naive client is better",
        f"{beaten} of {len(rows)}",
        "back-off, cookbook",
        beaten / len(rows),
        ">= 1",
    )


def row_gates(bench):
    yield rate_line(bench, "told in headers", bench.count(2000, 500), [], [])
    hidden = ["--ratelimit-headers", "none"]
    yield rate_line(bench, "told by --rate", bench.count(2000, 500), hidden, ["--rate", "6000/m"])
    yield rate_line(bench, "to be discovered", bench.count(8000, 2000), hidden, [])
    yield ramp_line(bench)
    yield from baseline_lines(bench)
