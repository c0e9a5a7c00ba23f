#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs rows of the benchmark, prints one table, writes the figures as JSON.

script/bench calls this after building what it needs; see there.
"""
import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import datetime, timezone

from measure import Bench, Failed
from rows import ROWS, keep_instructions
from table import COLUMNS, Line, show, show_line


def run_row(bench, name):
    """The lines of one row; a failure is a line too."""
    try:
        for line in ROWS[name](bench):
            show_line(name, line)
            yield line
    except (Failed, OSError, subprocess.SubprocessError) as error:
        line = Line(f"FAILED: {error}", "")
        show_line(name, line)
        yield line
    finally:
        bench.stop_all()


def machine():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {
        "cpu": models[0] if models else platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "load": os.getloadavg()[0],
    }


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dir", required=True, help="where files and the Node peers are")
    parser.add_argument("--programs", required=True, help="where floor, server and timed are")
    parser.add_argument("--pllm", required=True, help="the program to measure")
    parser.add_argument("--json", required=True, help="where the figures go")
    parser.add_argument("--quick", action="store_true", help="fewer records and repetitions")
    parser.add_argument(
        "--update", action="store_true", help="keep the instruction counts of this run"
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help=" ".join(ROWS))
    options = parser.parse_args()
    unknown = [row for row in options.rows if row not in ROWS]
    if unknown:
        parser.error(f"no row is called {unknown[0]}; there are {' '.join(ROWS)}")
    return options


def main():
    options = parse()
    about = machine()
    bench = Bench(options.dir, options.programs, options.pllm, options.quick)
    print(f"{about['cpu']}, {about['cpus']} processors, Linux {about['kernel']}")
    print(f"load {about['load']:.1f}; servers on processor {bench.server_cpu}, ", end="")
    print(f"clients on {bench.client_cpu}; medians\n")
    show(COLUMNS)
    table = [(name, line) for name in options.rows or ROWS for line in run_row(bench, name)]
    lines = [{"row": name, **line._asdict(), "verdict": line.verdict()} for name, line in table]
    report = {
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "quick": options.quick,
        "machine": about,
        "lines": lines,
    }
    with open(options.json, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=1)
        file.write("\n")
    bench.clean()
    if options.update:
        keep_instructions(bench)
    verdicts = [line["verdict"] for line in lines]
    failed = sum(line["case"].startswith("FAILED") for line in lines)
    absent = sum(line["got"] == "missing" for line in lines)
    print(f"\n{verdicts.count('ok')} goals reached, {verdicts.count('MISS')} missed, ", end="")
    print(f"{failed} rows failed, {absent} peers missing")
    return 1 if failed or "MISS" in verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
