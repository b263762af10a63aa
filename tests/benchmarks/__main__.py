"""`make bench`: what the bot takes and how long it lets others wait, beside what the disk itself takes.

Ends with 1 if a delivery was lost. How fast it was decides nothing here: that is for whoever reads the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from tests.benchmarks import commits, growth, intake, recovery, tickets
from tests.benchmarks.backfill import measuring as backfill
from tests.benchmarks.figures import Figure, Part, Tell, load_average
from tests.benchmarks.scale import FULL, SHORT, Scale

PARTS: dict[str, Callable[[Scale, Tell], Part]] = {
    "commits": commits.measure,
    "embedded": intake.embedded,
    "burst": intake.burst,
    "server": intake.server,
    "recovery": recovery.measure,
    "growth": growth.measure,
    "tickets": tickets.measure,
    "backfill": backfill.measure,
}

WIDTH = 120


def main() -> None:
    """Measure the parts that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all unless named")
    parser.add_argument("--short", action="store_true", help="a few seconds each, to see whether it works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    parts = [_measure(name, SHORT if asked.short else FULL) for name in asked.parts or PARTS]
    for part in parts:
        _print(Console(width=WIDTH), part)
    if asked.json is not None:
        machine = {"processors": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
        told = {"machine": machine, "short": asked.short, "parts": [part.as_json() for part in parts]}
        asked.json.write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    sys.exit(1 if any(part.lost for part in parts) else 0)


def _measure(name: str, scale: Scale) -> Part:
    progress, before, began = Console(stderr=True), load_average(), time.perf_counter()
    progress.print(f"{name}: begins, load average {before}", highlight=False)
    part = PARTS[name](scale, lambda text: progress.print(text, highlight=False))
    part.load_average = before, load_average()
    progress.print(f"{name}: ended after {time.perf_counter() - began:.0f} s", highlight=False)
    return part


def _print(console: Console, part: Part) -> None:
    console.print(f"\n{part.name}: {part.load}", markup=False, highlight=False)
    table = Table("measured", Column("value", justify="right"), "unit", "goal", box=None, pad_edge=False)
    for figure in part.figures:
        table.add_row(figure.name, f"{figure.value:g}", figure.unit, _goal(figure))
    table.add_row("lost", str(len(part.lost)), "; ".join(part.lost))
    table.add_row("load average before, after", ", ".join(map(str, part.load_average)))
    console.print(table)


def _goal(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    return f"<= {figure.goal:g} {'met' if figure.value <= figure.goal else 'NOT MET'}"


if __name__ == "__main__":
    main()
