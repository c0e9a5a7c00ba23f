# SPDX-License-Identifier: MIT
"""The rows about many calls for one record, and many records to one."""
import json

from measure import Failed, median, text_of
from peer_row import IN_FLIGHT
from table import Line, cpu_per_record, mb, samples, us

# Three views of a text, a summary of them, and a judge of the summary.
STEPS = {
    "mood": "Mood {{text}}",
    "topic": "Topic {{text}}",
    "tone": "Tone {{text}}",
    "summary": "Sum up {{mood}} {{topic}} {{tone}}",
    "verdict": "Judge {{summary}} of {{text}}",
}
GROUP_RECORDS = 100
FAN_IN = 8
LEVELS = 3  # 100 items make 13, these 2, these 1
GROUP_PACKS = 13 + 2 + 1


def steps_of(bench, server, n):
    """Runs all steps over n records, and counts what was asked."""
    out = bench.dir / "out.jsonl"
    command = [bench.pllm_path, "--endpoint", server.base_url, "-m", "mock"]
    command += ["-j", IN_FLIGHT, "--no-adaptive", "--no-share"]
    for name, prompt in STEPS.items():
        command += ["-p", f"{name}={prompt}"]
    before = server.control()["requests"]
    usage = bench.run(command, stdin=bench.records(n), stdout=out)
    if server.control()["requests"] - before != n * len(STEPS):
        raise Failed(f"{n} records did not make {n * len(STEPS)} requests")
    bench.check_lines(out, n)
    with open(out, encoding="ascii") as file:
        if any(not STEPS.keys() <= json.loads(line).keys() for line in file):
            raise Failed("a record lacks a step's field")
    return usage


def steps_lines(bench):
    """All places are taken all the time, whether the calls wait for each other or not."""
    n, runs = bench.count(12000, 4000), bench.count(5, 3)
    calls = n * len(STEPS)
    with bench.server("--delay-ms", "50") as server:
        results = bench.interleave(
            {
                "steps": lambda: steps_of(bench, server, n),
                "plain": lambda: bench.pllm(server, calls, IN_FLIGHT, "--no-share"),
            },
            runs,
        )
    wall = {who: median([u.wall for u in usages]) for who, usages in results.items()}
    cpu = {who: cpu_per_record(usages, calls) for who, usages in results.items()}
    yield Line(
        f"calls of {len(STEPS)} steps, {IN_FLIGHT} in flight at 50 ms",
        f"{calls / wall['steps']:,.0f}/s",
        f"as many plain calls {calls / wall['plain']:,.0f}/s",
        wall["plain"] / wall["steps"],
        ">= 0.95",
        str(runs),
        samples(results),
    )
    yield Line(
        f"CPU per call, {len(STEPS)} steps",
        us(cpu["steps"]),
        f"plain calls {us(cpu['plain'])}",
        cpu["steps"] / cpu["plain"],
        runs=str(runs),
    )


def grouped_records(bench, groups_n, is_sorted):
    """A file of GROUP_RECORDS records for each group, one group after the other or in turns."""
    n = groups_n * GROUP_RECORDS
    path = bench.dir / f"records-{groups_n}-{'sorted' if is_sorted else 'mixed'}.jsonl"
    with open(path, "w", encoding="ascii") as file:
        for i in range(n):
            group = i // GROUP_RECORDS if is_sorted else i % groups_n
            file.write(f'{{"group":"g{group}","text":"{text_of(i)}"}}\n')
    return path


def reduce_of(bench, server, records, groups_n, *options):
    """Runs pllm reduce, looks at every group, and counts what was asked."""
    out = bench.dir / "out.jsonl"
    command = [bench.pllm_path, "reduce", "--endpoint", server.base_url, "-m", "mock"]
    command += ["-j", IN_FLIGHT, "--no-adaptive", "--no-share", "--fan-in", FAN_IN]
    command += ["--by", ".group", "--item", "- {{text}}", "-p", "Merge {{key}}: {{items}}"]
    before = server.control()["requests"]
    usage = bench.run([*command, *options], stdin=records, stdout=out)
    asked = server.control()["requests"] - before
    if asked != groups_n * GROUP_PACKS:
        raise Failed(f"{asked} requests for {groups_n} groups of {GROUP_PACKS} packs")
    with open(out, encoding="ascii") as file:
        groups = [json.loads(line) for line in file]
    wanted = [(f"g{i}", GROUP_RECORDS, LEVELS) for i in range(groups_n)]
    if [(g["key"], g["count"], g["levels"]) for g in groups] != wanted:
        raise Failed("groups are missing, out of order or miscounted")
    return usage


def reduce_line(bench):
    """What is held of a thousand groups at once, and of one at a time."""
    groups_n = bench.count(1000, 200)
    usages = {}
    with bench.server() as server:
        for order, options in {"mixed": [], "sorted": ["--sorted"]}.items():
            records = grouped_records(bench, groups_n, order == "sorted")
            usages[order] = reduce_of(bench, server, records, groups_n, *options)
            records.unlink()
    mixed, by_group = usages["mixed"], usages["sorted"]
    return Line(
        f"reduce, {groups_n * GROUP_RECORDS:,} records, {groups_n:,} groups, fan-in {FAN_IN}:"
        " peak RSS",
        f"{mb(mixed.max_rss_kb)}, {mixed.wall:.2f} s",
        f"--sorted {mb(by_group.max_rss_kb)}, {by_group.wall:.2f} s",
        mixed.max_rss_kb / by_group.max_rss_kb,
        runs="1",
        data={order: usage._asdict() for order, usage in usages.items()},
    )


def row_steps(bench):
    yield from steps_lines(bench)
    yield reduce_line(bench)
