# SPDX-License-Identifier: MIT
"""The lines of the benchmark's table: what a row says, and how it is printed."""
import textwrap
from typing import NamedTuple, Optional

from measure import median

COLUMNS = ("row", "case", "pllm", "against", "runs", "ratio", "goal", "")
WIDTHS = (12, 36, 16, 36, 9, 6, 7, 4)


class Line(NamedTuple):
    """One line of the table. ratio is compared with goal if there is one."""

    case: str
    got: str
    against: str = ""
    ratio: Optional[float] = None
    goal: str = ""  # "<= 1.25", ">= 20", or nothing
    runs: str = ""
    data: Optional[dict] = None

    def verdict(self):
        if not self.goal or self.ratio is None:
            return ""
        sign, limit = self.goal.split()
        kept = self.ratio <= float(limit) if sign == "<=" else self.ratio >= float(limit)
        return "ok" if kept else "MISS"


def missing(case, why):
    return Line(case, "missing", why)


def us(seconds):
    return f"{seconds * 1e6:.1f} us"


def mb(kb):
    return f"{kb / 1024:.1f} MB"


def cpu_per_record(usages, n):
    return median([u.cpu / n for u in usages])


def samples(results):
    return {name: [u._asdict() for u in usages] for name, usages in results.items()}


def wrapped(cells):
    """A row of the table; long cells go on in further lines."""
    columns = [textwrap.wrap(cell, width) or [""] for cell, width in zip(cells, WIDTHS)]
    for i in range(max(map(len, columns))):
        parts = [column[i] if i < len(column) else "" for column in columns]
        yield "  ".join(part.ljust(width) for part, width in zip(parts, WIDTHS)).rstrip()


def show(cells):
    print("\n".join(wrapped(cells)), flush=True)


def show_line(row, line):
    ratio = "" if line.ratio is None else f"{line.ratio:.2f}"
    show((row, line.case, line.got, line.against, line.runs, ratio, line.goal, line.verdict()))
