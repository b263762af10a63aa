"""`make chaos`: the bot is killed while its tracker has a bad day (fault 15), or PostgreSQL restarts (fault 17).

The bot runs as real processes. With SQLite it is one, killed with SIGKILL; with PostgreSQL three workers, a web process
and a clock. A kill comes after every 0.1 to 0.5 seconds in which at least one worker is ready.

People edit at any time on Azure DevOps, whose writes are conditional. Jira has no conditional write: comparing and
writing are two requests, so one that lands a second late can overwrite an edit of that second, whatever a client does.
On Jira, therefore, nobody edits between a word to the bot and the bot's answer to it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from integrations.sandbox.records import Flavour
from tests.chaos.chaos import Order, Run, Store
from tests.chaos.telling import Teller, end_in_order

FLAVOURS: tuple[Flavour, ...] = ("azure-devops", "jira-cloud", "jira-data-center")
FAULTS = ("lost", "duplicate_comments", "applied_twice", "overwritten", "untrue")
TOLD = ("store", "flavour", "seed", "kills", "restarts", "accepted", "finished", *FAULTS, "dead_letters")
TIMES = ("recovery_p50_seconds", "recovery_max_seconds", "duration_seconds")
RECOVERY = "recovery: from a worker's start to the first job that it ended, where work waited for it"


def main() -> None:
    """Make the runs, print a report, and end with 1 if anything was lost, doubled, applied twice or overwritten."""
    end_in_order()
    asked = _arguments()
    reports = []
    with Teller(Console(stderr=True)) as tell:
        for order in _orders(asked):
            folder = Path(tempfile.mkdtemp(prefix="steward-chaos-"))
            report = Run(order, folder, tell).measure()
            reports.append(report)
            (folder / "report.json").write_text(json.dumps(report, indent=1), "utf-8")
            tell.line(_summary(report))
            if _is_clean(report) and not asked.keep:
                shutil.rmtree(folder)
            else:
                tell.line(f"its logs and data are in {folder}")
    _print(reports, as_json=asked.json)
    sys.exit(0 if all(map(_is_clean, reports)) else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--store", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--flavour", choices=FLAVOURS, help="for all seeds; else each seed has its own")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--tickets", type=int, default=600, help="a run")
    parser.add_argument(
        "--kills",
        type=int,
        default=504,
        help="fast ones in all runs together; slower ones follow while tickets are left",
    )
    parser.add_argument("--rate", type=float, default=0.0, help="tickets a second; else spread over the kills")
    parser.add_argument(
        "--postgres-restarts", action="store_true", help="restart PostgreSQL instead of killing the bot"
    )
    parser.add_argument("--minutes", type=float, default=20.0, help="with --postgres-restarts: for how long")
    parser.add_argument("--patience", type=float, default=420.0, help="seconds to wait for quiet at the end")
    parser.add_argument("--keep", action="store_true", help="keep logs and data")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def _orders(asked: argparse.Namespace) -> Iterator[Order]:
    stores: tuple[Store, ...] = ("sqlite", "postgres") if asked.store == "both" else (asked.store,)
    if asked.postgres_restarts:
        rate = asked.rate or asked.tickets / (asked.minutes * 60)
        flavour = asked.flavour or FLAVOURS[0]
        shared = {"rate": rate, "minutes": asked.minutes, "patience": asked.patience}
        yield Order("postgres", flavour, asked.seeds[0], asked.tickets, **shared)
        return
    kills = -(-asked.kills // (len(stores) * len(asked.seeds)))
    # A kill takes about three seconds with the start that follows it.
    rate = asked.rate or asked.tickets / max(20.0, kills * 3.0)
    for store in stores:
        for position, seed in enumerate(asked.seeds):
            flavour = asked.flavour or FLAVOURS[position % len(FLAVOURS)]
            yield Order(store, flavour, seed, asked.tickets, kills, kills * 4, rate=rate, patience=asked.patience)


def _is_clean(report: dict[str, Any]) -> bool:
    return not any(report[name] for name in FAULTS)


def _summary(report: dict[str, Any]) -> str:
    shown = {name: len(value) if isinstance(value, list) else value for name, value in report.items()}
    return ", ".join(f"{name.replace('_', ' ')} {shown[name]}" for name in (*TOLD, *TIMES))


def _print(reports: list[dict[str, Any]], *, as_json: bool) -> None:
    console = Console()
    if as_json:
        console.print_json(json.dumps({"recovery": RECOVERY, "runs": reports}))
        return
    table = Table("", *(f"run {number}" for number in range(1, len(reports) + 1)), title="chaos", caption=RECOVERY)
    for name in (*TOLD, *TIMES):
        values = [report[name] for report in reports]
        table.add_row(name.replace("_", " "), *(str(len(v) if isinstance(v, list) else v) for v in values))
    console.print(table)
    for report in reports:
        for name in (*FAULTS, "dead_letters"):
            for sentence in report[name]:
                console.print(f"{report['store']}, seed {report['seed']}, {name}: {sentence}", highlight=False)


if __name__ == "__main__":
    main()
