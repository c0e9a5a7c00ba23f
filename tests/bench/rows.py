# SPDX-License-Identifier: MIT
"""The rows of the benchmark: each measures one promise and says what was promised.

A row is a generator of Line; ROWS at the end names them in the order of the table.
"""
import os
import subprocess
import time
from pathlib import Path

from cache_row import row_cache
from chunk_row import row_chunk
from embed_row import row_embed
from gates_row import row_gates
from measure import Failed, is_there, median, slope
from peer_row import IN_FLIGHT, row_peers
from steps_row import row_steps
from table import Line, cpu_per_record, mb, missing, samples, us


# -- floor: what pllm adds to libcurl ------------------------------------------------


def against_floor(bench, server, n, in_flight, runs):
    return bench.interleave(
        {
            "ordered": lambda: bench.pllm(server, n, in_flight),
            "unordered": lambda: bench.pllm(server, n, in_flight, "-u"),
            "floor": lambda: bench.floor(server, n, in_flight),
        },
        runs,
    )


def at_256(bench):
    n = bench.count(40000, 10000)
    with bench.server() as server:
        return n, against_floor(bench, server, n, IN_FLIGHT, bench.count(7, 5))


def at_1000_slow(bench):
    n = 20000
    with bench.server("--delay-ms", "200") as server:
        return n, against_floor(bench, server, n, 1000, bench.count(5, 1))


def floor_lines(name, goal, n, results):
    floor = cpu_per_record(results["floor"], n)
    for order in ("ordered", "unordered"):
        pllm = cpu_per_record(results[order], n)
        yield Line(
            f"CPU per record, {name}, {order}",
            us(pllm),
            f"floor {us(floor)}",
            pllm / floor,
            goal,
            str(len(results[order])),
            samples(results),
        )


def tls_files(bench):
    """A throw-away certificate, and the system's certificate bundle with it: a real one's size."""
    cert, key, bundle = (bench.dir / name for name in ("tls.crt", "tls.key", "bundle.crt"))
    if not bundle.exists():
        subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        curve = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes".split()
        command = ["openssl", "req", "-x509", "-days", "3650", *curve, *subject]
        command += ["-keyout", key, "-out", cert]
        subprocess.run(command, check=True, capture_output=True)
        system = Path("/etc/ssl/certs/ca-certificates.crt").read_bytes()
        bundle.write_bytes(system + cert.read_bytes())
    return cert, key, bundle


def tls_line(bench):
    cert, key, bundle = tls_files(bench)
    small, in_flight, runs = bench.count(600, 300), 128, bench.count(5, 3)
    options = ["--one-shot", "--tls-cert", cert, "--tls-key", key]
    with bench.server(*options, scheme="https") as server:
        results = bench.interleave(
            {
                (who, n): lambda who=who, n=n: getattr(bench, who)(
                    server, n, in_flight, "--cacert", bundle
                )
                for who in ("pllm", "floor")
                for n in (small, 2 * small)
            },
            runs,
        )
    cpu = {key: [u.cpu for u in usages] for key, usages in results.items()}
    pllm, floor = (slope(cpu[who, small], cpu[who, 2 * small], small) for who in ("pllm", "floor"))
    data = {f"{who}-{n}": seconds for (who, n), seconds in cpu.items()}
    return Line(
        "CPU per new HTTPS connection",
        us(pllm),
        f"floor {us(floor)}",
        pllm / floor,
        "<= 1.3",
        str(runs),
        data,
    )


def row_floor(bench):
    n, results = bench.once("256", lambda: at_256(bench))
    yield from floor_lines("256 in flight", "<= 1.25", n, results)
    n, results = bench.once("1000-slow", lambda: at_1000_slow(bench))
    yield from floor_lines("1000 in flight at 200 ms", "<= 1.3", n, results)
    yield tls_line(bench)


# -- growth: more in flight costs no more per record ---------------------------------------


def growth_runs(bench, in_flight, delay, first_n, runs):
    """
    Runs of first_n and of twice as many records: the difference is the steady state. Each result
    is a Usage and the connections that were opened.
    """

    def run(who, n):
        before = server.control()["connections"]
        usage = getattr(bench, who)(server, n, in_flight)
        return usage, server.control()["connections"] - before - 1

    options = ["--delay-ms", delay] if delay else []
    with bench.server(*options) as server:
        return bench.interleave(
            {
                (who, n): lambda who=who, n=n: run(who, n)
                for who in ("pllm", "floor")
                for n in (first_n, 2 * first_n)
            },
            runs,
        )


def growth_figures(results, who, first_n):
    small, large = results[who, first_n], results[who, 2 * first_n]
    return {
        "whole": cpu_per_record([usage for usage, _ in large], 2 * first_n),
        "steady": slope([u.cpu for u, _ in small], [u.cpu for u, _ in large], first_n),
        "rss_kb": median([usage.max_rss_kb for usage, _ in large]),
        "connections": median([connections for _, connections in large]),
    }


def growth_lines(bench, slow):
    first_n = bench.count(20000, 4000)
    runs = bench.count(3 if slow else 5, 1)
    base = {}
    for in_flight in (100, 1000, 5000, 10000):
        # The same 5,000 answers per second are offered at every width.
        delay = f"{in_flight // 10}-{3 * in_flight // 10}" if slow else None
        if bench.quick and in_flight > 1000:
            continue
        results = growth_runs(bench, in_flight, delay, first_n, runs)
        figures = {who: growth_figures(results, who, first_n) for who in ("pllm", "floor")}
        base = base or figures
        pllm, floor = figures["pllm"], figures["floor"]
        name = f"{in_flight} in flight, " + (f"{delay} ms" if slow else "no delay")
        if pllm["connections"] < 0.9 * in_flight:
            name += f" (it opened {pllm['connections']:.0f} connections)"
        goal = "<= 1.6" if in_flight == 10000 else ""
        yield Line(
            f"CPU in steady state, {name}",
            f"{us(pllm['steady'])} (whole {us(pllm['whole'])}, {mb(pllm['rss_kb'])})",
            f"at 100 {us(base['pllm']['steady'])}; floor {us(floor['steady'])}, "
            f"{mb(floor['rss_kb'])}, {floor['steady'] / base['floor']['steady']:.2f}",
            pllm["steady"] / base["pllm"]["steady"],
            goal,
            str(runs),
            figures,
        )


def instructions_per_record(bench, server, who, sizes, in_flight, *options, runs=1):
    """
    Instructions per record by which the larger run exceeds the smaller: starting up cancels. Of
    several runs the least counts: a busy machine makes answers come one by one, which costs more.
    """

    def count(n):
        if who == "floor":
            command = bench.floor_command(server, n, in_flight)
        else:
            command = bench.pllm_command(server, in_flight, *options)
        return bench.instructions(command, stdin=bench.records(n))

    small, large = (min(count(n) for _ in range(runs)) for n in sizes)
    return (large - small) / (sizes[1] - sizes[0])


def growth_instructions(bench):
    base = None
    for in_flight in (100, 1000, 5000, 10000):
        if bench.quick and in_flight > 1000:
            continue
        # So slow that all of them are in flight although callgrind makes pllm fifty times slower,
        # and at every width 500 answers come in a second.
        least = max(in_flight, 2000)
        with bench.server("--delay-ms", f"{in_flight}-{3 * in_flight}") as server:
            sizes = (least, 3 * least)
            pllm = instructions_per_record(bench, server, "pllm", sizes, in_flight)
            peak = server.control()["in_flight_peak"]
        base = base or pllm
        goal = "<= 1.1" if in_flight == 10000 else ""
        yield Line(
            f"instructions per record, {in_flight} in flight ({peak} seen)",
            f"{pllm:,.0f}",
            f"at 100 {base:,.0f}",
            pllm / base,
            goal,
            "1",
            {"instructions": pllm, "in_flight_peak": peak},
        )


def row_growth(bench):
    yield from growth_lines(bench, slow=False)
    yield from growth_lines(bench, slow=True)
    if is_there(("valgrind", "--version")):
        yield from growth_instructions(bench)
    else:
        yield missing("instructions per record", "valgrind is not installed")


# -- memory: what is kept, and that it does not grow -----------------------------------------


def peak_run(bench, server, n):
    before = server.control()["requests"]
    command = bench.pllm_command(server, IN_FLIGHT)
    usage = bench.run(command, stdin=bench.records(n))
    if server.control()["requests"] - before != n:
        raise Failed(f"{n} records did not make {n} requests")
    return usage.max_rss_kb


def peak_lines(bench):
    sizes = bench.count((20000, 200000, 1000000), (5000, 20000, 50000))
    with bench.server() as server:
        runs = {n: 1 if n > 200000 else 3 for n in sizes}
        peaks = {n: median([peak_run(bench, server, n) for _ in range(runs[n])]) for n in sizes}
    data = {str(n): kb for n, kb in peaks.items()}
    for n in sizes[1:]:
        case, small = f"peak RSS, {n:,} records", peaks[sizes[0]]
        against = f"{sizes[0]:,} records {mb(small)}"
        ratio = peaks[n] / small
        yield Line(case, mb(peaks[n]), against, ratio, "<= 1.1", str(runs[n]), data)
    yield hanging_line(bench, sizes[-1], peaks[sizes[-1]])


def hanging_line(bench, n, usual_kb):
    """The first record's answer is kept back until all the others have come to a stop."""
    with bench.server() as server:
        server.control("hold/1")
        running = bench.start(bench.pllm_command(server, IN_FLIGHT), stdin=bench.records(n))
        requests, before = 0, -1
        while requests != before or requests == 0:
            if running.process.poll() is not None:
                raise Failed("pllm ended although an answer was missing")
            time.sleep(0.5)
            before, requests = requests, server.control()["requests"]
        stalled_kb = running.rss_kb()
        server.control("release")
        usage = running.wait()
    return Line(
        f"peak RSS, the first of {n:,} records hangs",
        mb(usage.max_rss_kb),
        f"{mb(usual_kb)} if not; {mb(stalled_kb)} at a standstill after {requests:,}",
        usage.max_rss_kb / usual_kb,
        "<= 1.25",
        "1",
        {"peak_kb": usage.max_rss_kb, "stalled_kb": stalled_kb, "requests": requests},
    )


def in_flight_kb(bench, in_flight):
    """Resident kB of pllm: idle, while the server holds in_flight answers, and at its peak."""
    with bench.server() as server:
        server.control(f"hold/{in_flight}")
        running = bench.start(bench.pllm_command(server, in_flight))
        time.sleep(0.5)
        idle_kb = running.rss_kb()
        with open(bench.records(in_flight), "rb") as records:
            running.process.stdin.write(records.read())
            running.process.stdin.flush()
        server.wait_until(lambda stats: stats["held"] == in_flight, f"{in_flight} in flight")
        held_kb = running.rss_kb()
        server.control("release")
        usage = running.wait()
    return idle_kb, held_kb, usage.max_rss_kb


def floor_in_flight_kb(bench, in_flight):
    with bench.server() as server:
        idle_kb = bench.floor(server, 1, in_flight).max_rss_kb
        server.control(f"hold/{in_flight}")
        running = bench.start(bench.floor_command(server, in_flight, in_flight))
        server.wait_until(lambda stats: stats["held"] == in_flight, f"{in_flight} in flight")
        held_kb = running.rss_kb()
        server.control("release")
        running.wait()
    return (held_kb - idle_kb) / in_flight


def row_memory(bench):
    in_flight = bench.count(10000, 1000)
    floor = floor_in_flight_kb(bench, in_flight)
    idle_kb, held_kb, peak_kb = in_flight_kb(bench, in_flight)
    each = (peak_kb - idle_kb) / in_flight
    yield Line(
        f"peak RSS per request over idle, {in_flight:,} in flight",
        f"{each:.1f} kB",
        f"idle {mb(idle_kb)}, held {mb(held_kb)}, peak {mb(peak_kb)}; floor, held {floor:.1f} kB",
        each,
        "<= 26",
        "1",
        {"idle_kb": idle_kb, "held_kb": held_kb, "peak_kb": peak_kb, "floor_each_kb": floor},
    )
    yield from peak_lines(bench)


# -- ideal, jitter, one ------------------------------------------------------------------


def row_ideal(bench):
    n, results = bench.once("1000-slow", lambda: at_1000_slow(bench))
    for who in ("ordered", "floor"):
        wall = median([u.wall for u in results[who]])
        share = n / 1000 * 0.2 / wall
        name = "pllm, ordered" if who == "ordered" else who
        case = f"share of the ideal 5,000/s, 1000 at 200 ms, {name}"
        goal = ">= 0.96" if who == "ordered" else ""
        data = {"wall": [u.wall for u in results[who]]}
        yield Line(case, f"{n / wall:,.0f}/s", "5,000/s", share, goal, str(len(results[who])), data)


def row_jitter(bench):
    n, runs = bench.count(20000, 5000), bench.count(5, 1)
    with bench.server("--delay-ms", "20-1000", "--seed", "1") as server:
        results = bench.interleave(
            {
                "ordered": lambda: bench.pllm(server, n, 1000),
                "unordered": lambda: bench.pllm(server, n, 1000, "-u"),
            },
            runs,
        )
    ordered, unordered = (
        median([u.wall for u in results[who]]) for who in ("ordered", "unordered")
    )
    case = "wall, 1000 in flight at 20-1000 ms, ordered"
    against = f"unordered {unordered:.2f} s"
    yield Line(
        case,
        f"{ordered:.2f} s",
        against,
        ordered / unordered,
        "<= 1.05",
        str(runs),
        samples(results),
    )


def row_one(bench):
    header = ["-H", "Content-Type: application/json"]
    body = bench.bodies(1).read_text().strip()
    with bench.server() as server:
        curl = ["curl", "-sS", *header, server.url, "-d", body]
        runs = bench.count(41, 11)
        results = bench.interleave(
            {"pllm": lambda: bench.pllm(server, 1, None), "curl": lambda: bench.run(curl)},
            runs,
        )
    pllm, curl = (median([u.wall for u in results[who]]) for who in ("pllm", "curl"))
    data = samples(results)
    yield Line(
        "wall, one record",
        f"{pllm * 1e3:.1f} ms",
        f"curl {curl * 1e3:.1f} ms",
        pllm / curl,
        "<= 1.25",
        str(runs),
        data,
    )


# -- counted rows: the same on a busy machine ------------------------------------------------


def row_syscalls(bench):
    if not is_there(("strace", "--version")):
        yield missing("system calls per record", "strace is not installed")
        return
    n = bench.count(5000, 1000)
    each = {}
    with bench.server() as server:
        for who in ("ordered", "unordered", "floor"):
            counts = []
            for records_n in (n, 2 * n):
                if who == "floor":
                    command = bench.floor_command(server, records_n, IN_FLIGHT)
                else:
                    options = ["-u"] if who == "unordered" else []
                    command = bench.pllm_command(server, IN_FLIGHT, *options)
                counts.append(bench.syscalls(command, stdin=bench.records(records_n)))
            each[who] = (counts[1] - counts[0]) / n
    for who in ("ordered", "unordered"):
        case = f"system calls per record, 256 in flight, {who}"
        yield Line(
            case, f"{each[who]:.2f}", f"floor {each['floor']:.2f}", each[who], "<= 4.6", "1", each
        )


def row_instructions(bench):
    if not is_there(("valgrind", "--version")):
        yield missing("instructions per record", "valgrind is not installed")
        return
    # The same in quick runs: the figures are compared with those of other days.
    sizes, runs = (4000, 8000), 3
    programs = {
        "floor_256": ("floor",),
        "pllm_ordered_256": ("pllm",),
        "pllm_unordered_256": ("pllm", "-u"),
    }
    with bench.server() as server:
        got = {
            name: instructions_per_record(bench, server, who, sizes, IN_FLIGHT, *options, runs=runs)
            for name, (who, *options) in programs.items()
        }
    for name in ("pllm_ordered_256", "pllm_unordered_256"):
        ratio = got[name] / got["floor_256"]
        against = f"floor {got['floor_256']:,.0f}"
        yield Line(
            f"instructions per record, {name}",
            f"{got[name]:,.0f}",
            against,
            ratio,
            "<= 1.2",
            str(runs),
            got,
        )
    kept = read_instructions(bench)
    for name, count in got.items():
        if name in kept:
            case = f"instructions per record, {name}, since last kept"
            yield Line(
                case,
                f"{count:,.0f}",
                f"kept {kept[name]:,.0f}",
                count / kept[name],
                "<= 1.05",
                str(runs),
            )
    bench.memory["instructions"] = got


def instructions_file(bench):
    return bench.here / "instructions.txt"


def read_instructions(bench):
    try:
        lines = instructions_file(bench).read_text().splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.split() for line in lines if not line.startswith("#"))
    return {name: float(count) for name, count in pairs}


def keep_instructions(bench):
    """Writes the figures of this run to instructions.txt."""
    head = (
        "# Instructions per record, by callgrind. Written by: script/bench --update instructions\n"
    )
    figures = bench.memory.get("instructions", {})
    if figures:
        body = "".join(f"{name} {count:.0f}\n" for name, count in sorted(figures.items()))
        instructions_file(bench).write_text(head + body)


ROWS = {
    "floor": row_floor,
    "peers": row_peers,
    "growth": row_growth,
    "memory": row_memory,
    "ideal": row_ideal,
    "jitter": row_jitter,
    "one": row_one,
    "syscalls": row_syscalls,
    "gates": row_gates,
    "steps": row_steps,
    "embed": row_embed,
    "chunk": row_chunk,
    "cache": row_cache,
    "instructions": row_instructions,
}
