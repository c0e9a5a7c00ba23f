# SPDX-License-Identifier: MIT
"""How the benchmark starts, measures and feeds programs; rows.py says which ones.

Servers run on the first processor, the measured program on the last, this driver on neither for
longer than it takes to start them: while a program is measured the driver sleeps.
"""
import contextlib
import json
import os
import re
import statistics
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import NamedTuple

PROMPT_BYTES = 300
ANSWER = b"The quick answer, in one sentence"
WORDS = "of what is asked here nothing is meant and every word serves only to fill the line "


class Failed(Exception):
    """A program did not do its job; the row is reported as failed and the others go on."""


class Usage(NamedTuple):
    """What one run of a program cost, its children included."""

    wall: float
    user: float
    sys: float
    max_rss_kb: int
    code: int
    timed_out: bool

    @property
    def cpu(self):
        return self.user + self.sys


class Running:
    """A program under timed(1 in this directory): its process id now, its Usage in the end."""

    def __init__(self, process, report, name, log):
        self.process, self.report, self.name, self.log = process, report, name, log
        self.pid = int(report.readline() or 0)

    def rss_kb(self):
        """Resident memory at this moment."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        resident = re.search(r"VmRSS:\s+(\d+)", status)
        if not resident:
            raise Failed(f"{self.name}: has ended: {self.log_tail()}")
        return int(resident.group(1))

    def wait(self, codes=(0,)):
        """The Usage; Failed if the program ended with a code that is not expected."""
        if self.process.stdin:
            self.process.stdin.close()
        line = self.report.readline()
        self.report.close()
        self.process.wait()
        if not line:
            raise Failed(f"{self.name}: could not be started: {self.log_tail()}")
        usage = Usage(**json.loads(line))
        if usage.timed_out:
            raise Failed(f"{self.name}: did not end in time")
        if usage.code not in codes:
            raise Failed(f"{self.name}: exit code {usage.code}: {self.log_tail()}")
        return usage

    def log_tail(self):
        lines = Path(self.log).read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "no message"


class Server:
    """A running server.c, or embed_server.c."""

    def __init__(self, process, scheme):
        self.process = process
        self.port = int(process.stdout.readline())
        self.base_url = f"{scheme}://127.0.0.1:{self.port}/v1"
        self.url = self.base_url + "/chat/completions"

    def control(self, command="stats"):
        """Sends a command of server.c, returns its counters."""
        address = f"http://127.0.0.1:{self.port}/_bench/{command}"
        with urllib.request.urlopen(address, timeout=60) as answer:
            return json.load(answer)

    def wait_until(self, done, what, seconds=120):
        """Polls the counters until done(counters)."""
        end = time.monotonic() + seconds
        while not done(stats := self.control()):
            if time.monotonic() > end:
                raise Failed(f"{what}: {json.dumps(stats)} after {seconds} s")
            time.sleep(0.05)
        return stats


class Bench:
    """The places, programs and habits of one run of the benchmark."""

    def __init__(self, directory, programs, pllm, quick):
        self.dir = Path(directory).resolve()
        self.programs = Path(programs).resolve()
        self.pllm_path = Path(pllm).resolve()
        self.mock_path = self.programs.parent.parent / "pllm-mock"
        self.sim_path = self.programs.parent / "sim" / "sim"
        self.quick = quick
        self.here = Path(__file__).resolve().parent
        self.memory = {}
        self.started = []
        cpus = sorted(os.sched_getaffinity(0))
        self.server_cpu, self.client_cpu = cpus[0], cpus[-1]
        home = self.dir / "home"
        home.mkdir(parents=True, exist_ok=True)
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TMPDIR": str(self.dir),
            "LC_ALL": "C.UTF-8",
        }

    def once(self, name, measure):
        """The result of measure(), taken once for all the rows that look at it."""
        if name not in self.memory:
            self.memory[name] = measure()
        return self.memory[name]

    def count(self, full, quick):
        return quick if self.quick else full

    # -- programs ------------------------------------------------------------

    @contextlib.contextmanager
    def server(self, *options, scheme="http", program="server"):
        command = [self.programs / program, *options]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            env=self.env,
            preexec_fn=lambda: os.sched_setaffinity(0, {self.server_cpu}),
        )
        try:
            yield Server(process, scheme)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def start(self, command, stdin=None, stdout=os.devnull, timeout_s=300, pinned=True):
        """
        Starts command, on the client's processor if pinned, else on all; stdin None is a pipe that
        stays open.
        """
        command = [str(word) for word in command]
        read_fd, write_fd = os.pipe()
        timed = [
            self.programs / "timed",
            "-r",
            write_fd,
            "-t",
            timeout_s,
            "-o",
            stdout,
        ]
        if pinned:
            timed += ["-c", self.client_cpu]
        if stdin is not None:
            timed += ["-i", stdin]
        log = self.dir / "stderr"
        with open(log, "wb") as stderr:
            process = subprocess.Popen(
                [str(word) for word in timed] + command,
                stdin=subprocess.PIPE if stdin is None else subprocess.DEVNULL,
                stderr=stderr,
                env=self.env,
                pass_fds=(write_fd,),
            )
        os.close(write_fd)
        running = Running(process, os.fdopen(read_fd), os.path.basename(command[0]), log)
        self.started.append(running)
        return running

    def stop_all(self):
        """Ends what a failed row has left running; timed takes its program along."""
        for running in self.started:
            running.process.kill()
            running.process.wait()
        self.started.clear()

    def run(self, command, stdin=os.devnull, stdout=os.devnull, timeout_s=300, pinned=True):
        """Runs command to its end."""
        return self.start(command, stdin, stdout, timeout_s, pinned).wait()

    def floor_command(self, server, n, in_flight, *options):
        return [self.programs / "floor", "-n", n, "-c", in_flight, *options, server.url]

    def floor(self, server, n, in_flight, *options):
        """Runs floor.c; its own counters must agree."""
        report = self.dir / "floor.json"
        usage = self.run(self.floor_command(server, n, in_flight, *options), stdout=report)
        if json.loads(report.read_text())["errors"]:
            raise Failed("floor: requests failed")
        return usage

    def pllm_command(self, server, in_flight, *options):
        jobs = [] if in_flight is None else ["-j", in_flight]
        endpoint = ["--endpoint", server.base_url, "-m", "mock", "-p", "Say {{text}}"]
        # The floor and the peers have all places from the first moment on, too.
        return [self.pllm_path, *endpoint, *jobs, "--no-adaptive", *options]

    def run_adaptive(self, server, n, in_flight):
        """The same, but it has to find out by itself how many it may have in flight."""
        command = [w for w in self.pllm_command(server, in_flight) if w != "--no-adaptive"]
        return self.run(command, stdin=self.records(n))

    def pllm(self, server, n, in_flight, *options):
        """Runs pllm over n records and looks at what came out."""
        out = self.dir / "out.jsonl"
        command = self.pllm_command(server, in_flight, *options)
        usage = self.run(command, stdin=self.records(n), stdout=out)
        self.check_lines(out, n, ordered="-u" not in options)
        return usage

    # -- data ----------------------------------------------------------------

    def records(self, n):
        """A file of n records whose prompt, 'Say {{text}}', has 300 bytes."""
        path = self.dir / f"records-{n}.jsonl"
        if not path.exists():
            with open(path.with_suffix(".tmp"), "w", encoding="ascii") as file:
                file.writelines(f'{{"id":{i},"text":"{text_of(i)}"}}\n' for i in range(1, n + 1))
            os.rename(path.with_suffix(".tmp"), path)
        return path

    def clean(self):
        """Removes the inputs that nobody would want to find again."""
        for path in self.dir.glob("records-*.jsonl"):
            if path.stat().st_size > 100e6:
                path.unlink()

    def bodies(self, n):
        """A file of n request bodies, one a line, for programs that cannot make them."""
        path = self.dir / f"bodies-{n}"
        head, tail = '{"model":"mock","messages":[{"role":"user","content":"Say ', '"}]}\n'
        with open(path, "w", encoding="ascii") as file:
            file.writelines(head + text_of(i) + tail for i in range(1, n + 1))
        return path

    def check_lines(self, path, n, ordered=True):
        """Every record must have left with its answer, in order if ordered."""
        with open(path, "rb") as file:
            ids = [
                int(line[6:14].split(b",")[0])
                for line in file
                if ANSWER in line and line[:6] == b'{"id":'
            ]
        if len(ids) != n:
            raise Failed(f"{len(ids)} of {n} records were answered")
        if (ids if ordered else sorted(ids)) != list(range(1, n + 1)):
            raise Failed("records are out of order, missing or doubled")

    # -- repetition ----------------------------------------------------------

    def interleave(self, programs, runs):
        """
        Runs each program as often as runs says (a number, or one for each name), taking turns, so
        that all see the same machine. Returns {name: [result of each run]}.
        """
        wanted = {name: runs[name] if isinstance(runs, dict) else runs for name in programs}
        results = {name: [] for name in programs}
        for turn in range(max(wanted.values())):
            for name, program in programs.items():
                if turn < wanted[name]:
                    results[name].append(program())
        return results

    # -- instructions and system calls -----------------------------------------

    def instructions(self, command, stdin=os.devnull):
        """User-space instructions of one run, counted by callgrind."""
        log = self.dir / "callgrind.log"
        valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={os.devnull}"]
        self.run([*valgrind, f"--log-file={log}", *command], stdin=stdin, timeout_s=1800)
        collected = re.search(r"Collected : (\d+)", log.read_text())
        if not collected:
            raise Failed("callgrind collected nothing")
        return int(collected.group(1))

    def syscalls(self, command, stdin=os.devnull):
        """System calls of one run, counted by strace."""
        log = self.dir / "strace.log"
        self.run(["strace", "-f", "-c", "-o", log, *command], stdin=stdin)
        total = re.search(
            r"^\s*100\.00\s+\S+\s+\S+\s+(\d+)\s.*total$", log.read_text(), re.MULTILINE
        )
        if not total:
            raise Failed("strace printed no total")
        return int(total.group(1))


def text_of(i):
    """The text of record i: ASCII without anything to escape, different in each record."""
    return f"{i:08d} {WORDS * 4}"[: PROMPT_BYTES - len("Say ")]


def is_there(command):
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def median(values):
    return statistics.median(values)


def slope(small, large, n):
    """What each of the n records costs by which the large runs exceed the small ones."""
    return (median(large) - median(small)) / n
