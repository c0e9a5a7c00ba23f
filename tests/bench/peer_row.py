# SPDX-License-Identifier: MIT
"""The row of the peers: the same job done by others, on the same records, in the same minutes."""
import os
import re
import shutil
from typing import NamedTuple

from measure import Failed, Usage, is_there, median
from table import Line, cpu_per_record, mb, missing, us

IN_FLIGHT = 256


class Peer(NamedTuple):
    """Another way to do the job. The goal is on records/s unless by_cpu."""

    name: str
    command: list
    n: int
    runs: int
    goal: str
    feed: str = "records"  # or bodies; or scratch: records, and a directory; or config: of curl
    by_cpu: bool = False
    needs: tuple = ()  # a command that must succeed


def python_has(module):
    return ("/usr/bin/python3", "-c", f"import {module}")


def node_peer(bench, module):
    """Node looks for packages beside the script, so the script goes to the packages."""
    script = shutil.copy(bench.here / "peers" / f"{module}_client.mjs", bench.dir)
    test = f'import("file://{bench.dir}/node_modules/{module}/index.js")'
    return ["node", script], ("node", "-e", test)


def peer_list(bench):
    peers = bench.here / "peers"
    n = bench.count(20000, 2000)
    few = bench.count(3, 1)
    undici, has_undici = node_peer(bench, "undici")
    openai, has_openai = node_peer(bench, "openai")
    python = "/usr/bin/python3"
    return [
        Peer("node undici Pool", undici, n, few + 2, ">= 3", needs=has_undici),
        Peer(
            "python aiohttp",
            [python, peers / "aio_client.py"],
            n,
            few + 2,
            ">= 10",
            needs=python_has("aiohttp"),
        ),
        Peer("node openai SDK", openai, n, few, ">= 20", needs=has_openai),
        Peer(
            "python httpx",
            [python, peers / "httpx_client.py"],
            n,
            few,
            ">= 40",
            needs=python_has("httpx"),
        ),
        Peer(
            "curl --parallel",
            [peers / "curl_parallel.sh"],
            n,
            few + 2,
            ">= 5",
            "config",
            needs=("curl", "--version"),
        ),
        Peer(
            "jq + curl --parallel + jq",
            [peers / "curl_job.sh"],
            n,
            few,
            "",
            "scratch",
            needs=("jq", "--version"),
        ),
        Peer(
            "xargs -P16 curl",
            [peers / "xargs_curl.sh"],
            bench.count(1000, 200),
            few,
            ">= 150",
            "bodies",
            True,
            ("curl", "--version"),
        ),
        Peer(
            "GNU parallel -j16 curl",
            [peers / "parallel_curl.sh"],
            bench.count(500, 100),
            few,
            "",
            "bodies",
            True,
            ("parallel", "--version"),
        ),
    ]


def curl_config(bench, server, n):
    """A curl configuration with a section per record; answers go to a file each."""
    answers = bench.dir / "answers"
    shutil.rmtree(answers, ignore_errors=True)
    answers.mkdir()
    sections = []
    for i, body in enumerate(bench.bodies(n).read_text().splitlines(), 1):
        quoted = body.replace('"', '\\"')
        sections.append(
            f'url = "{server.url}"\nheader = "Content-Type: application/json"\n'
            f'data = "{quoted}"\noutput = "{answers}/{i}"\n'
        )
    config = bench.dir / "curl.cfg"
    config.write_text("next\n".join(sections))
    return config


def peer_run(bench, server, peer):
    in_flight = 16 if peer.feed == "bodies" else IN_FLIGHT
    out = bench.dir / "peer.out"
    command = [*peer.command, server.base_url, in_flight]
    stdin = os.devnull
    if peer.feed == "config":
        command.append(curl_config(bench, server, peer.n))
    elif peer.feed == "bodies":
        stdin = bench.bodies(peer.n)
    else:
        stdin = bench.records(peer.n)
    if peer.feed == "scratch":
        shutil.rmtree(bench.dir / "scratch", ignore_errors=True)
        command.append(bench.dir / "scratch")
    usage = bench.run(command, stdin=stdin, stdout=out)
    if peer.feed == "config":
        answered = len(list((bench.dir / "answers").iterdir()))
    else:
        answered = out.read_bytes().count(b"The quick answer")
    if answered != peer.n:
        raise Failed(f"{peer.name}: {answered} of {peer.n} records were answered")
    return usage


def peer_try(bench, server, peer):
    """A Usage, or what went wrong: one peer's failure is not the others'."""
    try:
        return peer_run(bench, server, peer)
    except Failed as failure:
        return failure


def peer_line(peer, pllm_n, pllm, theirs):
    rate = median([pllm_n / u.wall for u in pllm])
    their_rate = median([peer.n / u.wall for u in theirs])
    cpu, their_cpu = cpu_per_record(pllm, pllm_n), cpu_per_record(theirs, peer.n)
    memory = mb(median([u.max_rss_kb for u in theirs]))
    what = "CPU per record" if peer.by_cpu else "records/s"
    return Line(
        f"{what}, {peer.name}",
        us(cpu) if peer.by_cpu else f"{rate:,.0f}/s",
        f"{their_rate:,.0f}/s, {us(their_cpu)}, {memory}",
        their_cpu / cpu if peer.by_cpu else rate / their_rate,
        peer.goal,
        f"{len(theirs)} x {peer.n}",
        {"peer": [u._asdict() for u in theirs], "pllm": [u._asdict() for u in pllm]},
    )


def wrk_run(bench, server):
    out = bench.dir / "wrk.out"
    script = bench.here / "peers" / "wrk.lua"
    usage = bench.run(
        ["wrk", "-t1", f"-c{IN_FLIGHT}", "-d2s", "-s", script, server.url], stdout=out
    )
    text = out.read_text()
    if "Non-2xx" in text:
        raise Failed("wrk: requests failed")
    return usage.cpu / int(re.search(r"(\d+) requests in", text).group(1))


def row_peers(bench):
    n = bench.count(20000, 2000)
    peers = peer_list(bench)
    present = [peer for peer in peers if is_there(peer.needs)]
    with bench.server() as server:
        programs = {"pllm": lambda: bench.pllm(server, n, IN_FLIGHT)}
        runs = {"pllm": bench.count(7, 3)}
        if is_there(("which", "wrk")):
            programs["wrk"] = lambda: wrk_run(bench, server)
            runs["wrk"] = bench.count(5, 3)
        for peer in present:
            programs[peer.name] = lambda peer=peer: peer_try(bench, server, peer)
            runs[peer.name] = peer.runs
        results = bench.interleave(programs, runs)
    for peer in peers:
        theirs = results.get(peer.name, ["not installed"])
        wrong = [str(result) for result in theirs if not isinstance(result, Usage)]
        if wrong:
            yield missing(f"records/s, {peer.name}", wrong[0])
        else:
            yield peer_line(peer, n, results["pllm"], theirs)
    if "wrk" not in programs:
        yield missing("CPU per request, wrk", "not installed")
        return
    pllm, wrk = cpu_per_record(results["pllm"], n), median(results["wrk"])
    data = {"wrk": results["wrk"]}
    yield Line("CPU per record, wrk", us(pllm), us(wrk), pllm / wrk, "<= 5", str(runs["wrk"]), data)
