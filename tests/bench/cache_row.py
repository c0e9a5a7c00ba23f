# SPDX-License-Identifier: MIT
"""The row about the cache: what it costs to keep answers, and how fast they come again."""
import filecmp
import os
import shutil
import time
from pathlib import Path

from embed_row import COLUMNS, IN_FLIGHT as PACKS_IN_FLIGHT, TEXTS, records as short_records
from measure import Failed, is_there, median
from peer_row import IN_FLIGHT
from steps_row import STEPS
from table import Line, cpu_per_record, mb, missing, samples, us

SHORT, LONG = 160, 1860  # more bytes of text: an answer of 300, one of 2,000
DELAY_MS = 50
OFFERED = 5000  # requests/s: so many in flight as make them
PROMISED = 100000  # hits/s
PEAK_MB = 64
# A summary of the same three answers would be one call for all records.
OWN_STEPS = {**STEPS, "summary": STEPS["summary"] + " of {{text}}"}


class Store:
    """A cache file of the benchmark, and how pllm is run with it."""

    def __init__(self, bench, server, name, steps=None):
        self.bench, self.server = bench, server
        self.path = bench.dir / f"{name}.cache"
        self.prompts = [f"{step}={prompt}" for step, prompt in (steps or {}).items()]
        self.forget()

    def forget(self):
        """There is no such file, nor what SQLite puts beside one."""
        for end in ("", "-wal", "-shm"):
            Path(f"{self.path}{end}").unlink(missing_ok=True)

    def command(self, *options, in_flight=IN_FLIGHT, cached=True):
        cache = ["--cache", self.path] if cached else []
        command = self.bench.pllm_command(self.server, in_flight, *cache, *options)
        if self.prompts:
            at = command.index("-p")
            command[at : at + 2] = [w for prompt in self.prompts for w in ("-p", prompt)]
        return command

    def run(self, command, n, asked, stdout=os.devnull, pinned=True):
        """Runs it over n records, of which so many requests must reach the server."""
        before = self.server.control()["requests"]
        records = self.bench.records(n)
        usage = self.bench.run(command, records, stdout, timeout_s=1800, pinned=pinned)
        made = self.server.control()["requests"] - before
        if made != asked:
            raise Failed(f"{n} records made {made} requests, not {asked}")
        return usage

    def fill(self, n):
        """Has the answers of n records stored; what came out."""
        out = self.bench.dir / "filled.jsonl"
        usage = self.run(self.command(), n, n * max(1, len(self.prompts)), out, pinned=False)
        if not self.prompts:
            self.bench.check_lines(out, n)
        return usage, out

    def replay(self, n, stdout=os.devnull):
        return self.run(self.command(), n, 0, stdout, pinned=False)

    def check_replay(self, n, filled):
        """What comes from the cache is, byte by byte, what came when it was filled."""
        out = self.bench.dir / "out.jsonl"
        self.replay(n, out)
        if not filecmp.cmp(filled, out, shallow=False):
            raise Failed(f"the output of {n} hits is not that of the run that stored them")
        out.unlink()


def bytes_of(path):
    """What the file and what SQLite keeps beside it take."""
    return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))


def gb(size):
    return f"{size / 1e9:.2f} GB"


# -- cold: every answer is stored, none was there ------------------------------------------


def cold_results(bench, server, n, in_flight, runs):
    store = Store(bench, server, "cold")

    def run(cached):
        store.forget()
        out = bench.dir / "out.jsonl"
        command = store.command(in_flight=in_flight, cached=cached)
        usage = store.run(command, n, n, out)
        bench.check_lines(out, n)
        return usage

    results = bench.interleave({"cached": lambda: run(True), "plain": lambda: run(False)}, runs)
    store.forget()
    return results


def cold_lines(bench, name, goal, delay, in_flight):
    n, runs = bench.count(25000, 10000), bench.count(5, 3)
    with bench.server("--more-bytes", str(SHORT), *delay) as server:
        results = cold_results(bench, server, n, in_flight, runs)
    wall = {who: median([u.wall for u in usages]) for who, usages in results.items()}
    cpu = {who: cpu_per_record(usages, n) for who, usages in results.items()}
    yield Line(
        f"cold cache, {name}",
        f"{n / wall['cached']:,.0f}/s",
        f"without a cache {n / wall['plain']:,.0f}/s",
        wall["plain"] / wall["cached"],
        goal,
        str(runs),
        samples(results),
    )
    yield Line(
        f"cold cache, {name}: CPU per record",
        us(cpu["cached"]),
        f"without a cache {us(cpu['plain'])}",
        cpu["cached"] / cpu["plain"],
        runs=str(runs),
    )


# -- replay: every answer is there -----------------------------------------------------------


def rate_line(name, usages, n, stored, goal="", calls_n=1):
    """Hits a second, and what a record costs all threads together."""
    wall = median([u.wall for u in usages])
    each = f", {calls_n} calls each, {n * calls_n / wall:,.0f} calls/s" if calls_n > 1 else ""
    return Line(
        f"replay, {name}",
        f"{n / wall:,.0f}/s, {us(cpu_per_record(usages, n))} of CPU",
        f"{PROMISED:,} hits/s promised; {stored}{each}",
        n * calls_n / wall / PROMISED,
        goal,
        str(len(usages)),
        samples({name: usages}),
    )


def replay_lines(bench, store, n, stored_n):
    """n records at a time of stored_n that were."""
    out = bench.dir / "out.jsonl"

    def to_file():
        """A new one: to take the pages off an old one would be paid by its successor."""
        out.unlink(missing_ok=True)
        return store.replay(n, out)

    places = {"to /dev/null": lambda: store.replay(n), "to a regular file": to_file}
    results = bench.interleave(places, bench.count(5, 3))
    stored = f"{stored_n:,} stored in {gb(bytes_of(store.path))}"
    for place, usages in results.items():
        yield rate_line(f"answers of 300 bytes, {place}", usages, n, stored, ">= 1")
    out.unlink()


def cpu_of_threads(running):
    """CPU seconds of each thread of a program, looked at until it ends: {(id, name): seconds}."""
    names, seconds = {}, {}
    while running.process.poll() is None:
        for task in Path(f"/proc/{running.pid}/task").glob("*"):
            try:
                names[task.name] = (task / "comm").read_text().strip()
                seconds[task.name] = int((task / "schedstat").read_text().split()[0]) / 1e9
            except OSError:
                continue
        time.sleep(0.02)
    return {(int(tid), names[tid]): cpu for tid, cpu in seconds.items()}


def thread_line(bench, store, n):
    running = bench.start(store.command(), stdin=bench.records(n), pinned=False)
    seconds = cpu_of_threads(running)
    usage = running.wait()
    parts = {}
    for i, ((tid, name), cpu) in enumerate(sorted(seconds.items())):
        is_named = name != running.name
        part = "loop" if tid == running.pid else name if is_named else f"thread {i}"
        parts[part] = cpu / n
    return Line(
        "replay: CPU per record, by thread",
        us(usage.cpu / n),
        ", ".join(f"{part} {us(cpu)}" for part, cpu in parts.items()),
        # Of a processor, for what is promised: what load there is makes no difference to that.
        max(parts.values()) * PROMISED,
        "<= 1",
        "1",
        data=parts,
    )


def counted_lines(bench, store):
    """What counts the same on a busy machine."""
    few, many = bench.count((10000, 40000), (4000, 12000))
    counters = {"instructions": ("valgrind", bench.instructions)}
    counters["system calls"] = ("strace", bench.syscalls)
    for what, (tool, count) in counters.items():
        case = f"replay: {what} per record"
        if not is_there((tool, "--version")):
            yield missing(case, f"{tool} is not installed")
            continue
        counts = [count(store.command(), stdin=bench.records(n)) for n in (few, many)]
        each = (counts[1] - counts[0]) / (many - few)
        yield Line(case, f"{each:,.2f}" if each < 100 else f"{each:,.0f}", data={what: each})


def memory_lines(bench, store, sizes):
    peaks = {n: store.replay(n).max_rss_kb for n in sizes}
    few, many = peaks[sizes[0]], peaks[sizes[1]]
    case = f"replay: peak RSS, {sizes[1]:,} records"
    data = {str(n): kb for n, kb in peaks.items()}
    yield Line(case, mb(many), f"{PEAK_MB} MB", many / 1024 / PEAK_MB, "<= 1", "1", data)
    yield Line(case, mb(many), f"{sizes[0]:,} records {mb(few)}", many / few, "<= 1.1", "1")


def short_lines(bench):
    # More than SQLite keeps in memory, and so do half of them.
    stored_n = bench.count(1000000, 100000)
    some_n = bench.count(300000, 20000)
    with bench.server("--more-bytes", str(SHORT)) as server:
        store = Store(bench, server, "short")
        usage, out = store.fill(stored_n)
        store.check_replay(stored_n, out)
        out.unlink()
        yield from replay_lines(bench, store, some_n, stored_n)
        yield thread_line(bench, store, some_n)
        yield from counted_lines(bench, store)
        yield from memory_lines(bench, store, (stored_n // 2, stored_n))
        store.forget()
    case = f"filling it with {stored_n:,} answers"
    size = f"peak RSS {mb(usage.max_rss_kb)}"
    cpu = us(usage.cpu / stored_n)
    yield Line(case, f"{stored_n / usage.wall:,.0f}/s, {cpu} of CPU", size, data=usage._asdict())


def other_lines(bench):
    """Long answers, and many calls for one record."""
    runs = bench.count(5, 3)
    jobs = {
        "answers of 2,000 bytes": (LONG, None, bench.count(200000, 20000)),
        f"{len(OWN_STEPS)} steps": (SHORT, OWN_STEPS, bench.count(40000, 4000)),
    }
    for name, (more, steps, n) in jobs.items():
        with bench.server("--more-bytes", str(more)) as server:
            store = Store(bench, server, "other", steps)
            _, out = store.fill(n)
            store.check_replay(n, out)
            out.unlink()
            usages = [store.replay(n) for _ in range(runs)]
            stored = f"{gb(bytes_of(store.path))} stored"
            yield rate_line(name, usages, n, stored, calls_n=len(steps or [0]))
            store.forget()


# -- vectors ---------------------------------------------------------------------------


class Vectors(Store):
    """A cache of vectors."""

    def embed(self, n, asked, *options, stdout=os.devnull, cached=True):
        """Runs pllm embed over n texts, of which so many must reach the server."""
        command = [self.bench.pllm_path, "embed", "--endpoint", self.server.base_url, "-m", "m"]
        command += ["--batch-items", TEXTS, "--no-adaptive", "-j", PACKS_IN_FLIGHT, *options]
        command += ["--cache", self.path] if cached else []
        before = self.server.control()["texts"]
        records = short_records(self.bench, n)
        usage = self.bench.run(command, records, stdout, timeout_s=1800, pinned=False)
        made = self.server.control()["texts"] - before
        if made != asked:
            raise Failed(f"of {n} texts {made} were asked for, not {asked}")
        return usage

    def check(self, n, out, matrix):
        """Vectors from the cache are those that the server gave, in both forms."""
        matrices = [matrix.with_name(f"{i}.npy") for i in range(2)]
        lines = [out.with_name(f"{i}.jsonl") for i in range(2)]
        self.embed(n, n, stdout=lines[0])
        self.embed(n, 0, stdout=lines[1])
        self.embed(n, n, "--format", "npy", "-o", matrices[0], cached=False)
        self.embed(n, 0, "--format", "npy", "-o", matrices[1])
        for files in (lines, matrices):
            if not filecmp.cmp(*files, shallow=False):
                raise Failed(f"{files[1].suffix}: vectors from the cache are others")
            for file in files:
                file.unlink()
        self.forget()


def vector_lines(bench):
    n, runs = bench.count(100000, 5000), bench.count(3, 2)
    out, matrix = bench.dir / "out.jsonl", bench.dir / "out.npy"
    # Stored, as a matrix, and as text, which has up to 13 bytes for each number.
    if shutil.disk_usage(bench.dir).free < n * COLUMNS * (4 + 4 + 13) * 1.5:
        yield missing(f"replay of {n:,} vectors", "the disk is too full")
        return
    with bench.server(program="embed_server") as server:
        store = Vectors(bench, server, "vectors")
        store.check(3 * TEXTS + 7, out, matrix)
        plain = store.embed(n, n, cached=False)
        cold = store.embed(n, n)
        ways = {
            "JSONL, file": lambda: store.embed(n, 0, stdout=out),
            "JSONL, /dev/null": lambda: store.embed(n, 0),
            "npy, file": lambda: store.embed(n, 0, "--format", "npy", "-o", matrix),
        }
        results = bench.interleave({way: lambda run=run: run() for way, run in ways.items()}, runs)
        sizes = {"JSONL, file": out, "JSONL, /dev/null": out, "npy, file": matrix}
        stored = gb(bytes_of(store.path))
        for way, usages in results.items():
            wall = median([u.wall for u in usages])
            rate = sizes[way].stat().st_size / wall / 1e6
            peak = max(u.max_rss_kb for u in usages)
            yield Line(
                f"replay, {n:,} vectors of {COLUMNS}, {way}",
                f"{n / wall:,.0f}/s, {rate:,.0f} MB/s, {us(cpu_per_record(usages, n))} of CPU",
                f"without a cache {us(plain.cpu / n)} of CPU; stored in {stored}; peak {mb(peak)}",
                cpu_per_record(usages, n) / (plain.cpu / n),
                runs=str(runs),
                data=samples({way: usages}),
            )
        store.forget()
    yield Line(
        f"cold cache, {n:,} vectors of {COLUMNS}: CPU per vector",
        us(cold.cpu / n),
        f"without a cache {us(plain.cpu / n)}; wall {cold.wall:.2f} s, {plain.wall:.2f} s",
        cold.cpu / plain.cpu,
        runs="1",
        data=samples({"cold": [cold], "plain": [plain]}),
    )
    for path in (out, matrix, short_records(bench, n)):
        path.unlink()


def row_cache(bench):
    in_flight = OFFERED * DELAY_MS // 1000
    delay = ["--delay-ms", str(DELAY_MS)]
    offered = f"{in_flight} in flight at {DELAY_MS} ms"
    yield from cold_lines(bench, offered, ">= 0.9", delay, in_flight)
    yield from cold_lines(bench, f"{IN_FLIGHT} in flight, no delay", "", [], IN_FLIGHT)
    yield from short_lines(bench)
    yield from other_lines(bench)
    yield from vector_lines(bench)
