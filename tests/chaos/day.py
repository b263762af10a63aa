"""`make day`: a day in an hour, and in the end the tracker looks as after a quiet day.

All waits are divided by 24 (with --minutes 5: by 288). People file tickets from a seed; the tracker has a bad day; the
bot is killed and asked to end again and again; in the morning, which is fair, it is an older release, whose data the
current one takes over at noon; in the afternoon its clock is an hour ahead for an hour. Then the same scenario is
played undisturbed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console

from integrations.sandbox.records import Flavour
from tests.chaos import counting
from tests.chaos.chaos import Tell, wait_until_quiet
from tests.chaos.people import People
from tests.chaos.picture import Picture, differences, picture
from tests.chaos.processes import REPOSITORY, STEWARD, Crew, Slot
from tests.chaos.scenario import Ticket, tickets
from tests.chaos.stage import Stage
from tests.chaos.telling import Teller, end_in_order
from tests.chaos.weather import Weather

DAY_MINUTES = 24 * 60
DELIVERIES_A_TICKET = {"jira-cloud": 5.0, "jira-data-center": 5.0, "azure-devops": 10.0}
"""About as many as a ticket of the scenario brings; a little low, so that there are enough."""
NOON, AHEAD, BACK, LAST_FILED = 0.5, 0.62, 0.62 + 1 / 24, 0.9
DISTURBANCES = 48
KILL_SHARE = 0.7
MORNING = "381a083"
"""The last commit that runs on the former schema: those between it and the migration take the processes apart."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One day: its length in minutes, its tickets, and the revision that runs the morning (empty: the current code)."""

    minutes: float
    tickets: int
    seed: int
    flavour: Flavour
    revision: str
    folder: Path

    @property
    def scale(self) -> float:
        return DAY_MINUTES / self.minutes


@dataclass
class Happened:
    """What befell the bot, for the report."""

    kills: int = 0
    terms: int = 0
    upgrades: int = 0
    jumps: int = 0
    faults: dict[str, int] = field(default_factory=dict)


def main() -> None:
    """Live through both days, print what differs, and end with 1 if anything does."""
    end_in_order()
    asked = _arguments()
    count = max(1, round(asked.deliveries / DELIVERIES_A_TICKET[asked.flavour]))
    folder = Path(tempfile.mkdtemp(prefix="steward-day-"))
    plan = Plan(asked.minutes, count, asked.seed, asked.flavour, asked.morning, folder)
    with Teller(Console(stderr=True)) as tell:
        report = live(plan, tell)
    if asked.json:
        Console().print_json(json.dumps(report))
    else:
        _print(report)
    if report["differences"] or report["lost"] or report["wrong"]:
        sys.exit(1)
    shutil.rmtree(folder)


def live(plan: Plan, tell: Tell) -> dict[str, Any]:
    """Both days, one after the other; returns the report."""
    happened = Happened()
    with _checkout(plan.revision, plan.folder / "morning") as morning:
        counts, disturbed = _disturbed_day(plan, morning, happened, tell)
    _, calm = _quiet_day(plan, tell)
    wrong = counts.duplicate_comments + counts.applied_twice + counts.overwritten + counts.untrue
    return {
        "minutes": plan.minutes,
        "flavour": plan.flavour,
        "tickets": plan.tickets,
        "accepted": counts.accepted,
        "finished": counts.finished,
        "morning": plan.revision or "the current code",
        "kills": happened.kills,
        "terms": happened.terms,
        "upgrades": happened.upgrades,
        "clock_jumps": happened.jumps,
        "faults_ordered": happened.faults,
        "lost": counts.lost,
        "wrong": wrong,
        "dead_letters": counts.dead,
        "differences": differences(disturbed, calm),
    }


def _disturbed_day(plan: Plan, morning: Path, happened: Happened, tell: Tell) -> tuple[counting.Counts, Picture]:
    folder, seconds = plan.folder / "disturbed", plan.minutes * 60
    waits = f"quiet_wait = {300 / plan.scale:.3f}\nquiet_wait_max = {1800 / plan.scale:.3f}"
    with contextlib.ExitStack() as ending:
        stage = Stage(folder, plan.flavour, project=waits, retry_scale=1 / plan.scale)
        ending.callback(stage.close)
        shift = folder / "shift"
        shift.write_text("0", "ascii")
        slot = Slot("bot", _old_command(stage), stage.port, folder / "bot.log", cwd=morning)
        crew = Crew([slot])
        ending.callback(crew.stop)
        crew.start()
        people = People(stage, _story(plan), plan.tickets / (seconds * LAST_FILED))
        weather = Weather(stage.mounted.faults, plan.seed, share=0.3)
        ending.callback(weather.clear)
        ending.callback(people.stop)
        if not plan.revision:
            weather.start()
        people.start()
        began = time.monotonic()
        for at, what in _disturbances(plan):
            while time.monotonic() < began + at * seconds:
                crew.look_after()
                stage.keep_subscribed()
                tell(
                    f"{at:.0%} of the day: {people.filed} of {plan.tickets} tickets filed, {people.commented} commented"
                )
                time.sleep(0.2)
            _disturb(what, slot, stage, shift, plan, happened)
            if what == "upgrade" and plan.revision:
                weather.start()
        weather.clear()
        happened.faults = dict(weather.ordered)
        counts = wait_until_quiet(stage, people, crew, tell, 600.0)
        return counts, picture(stage, people)


def _quiet_day(plan: Plan, tell: Tell) -> tuple[counting.Counts, Picture]:
    """The same scenario as fast as it goes: no wait means anything in it."""
    folder = plan.folder / "quiet"
    with contextlib.ExitStack() as ending:
        stage = Stage(folder, plan.flavour, project="quiet_wait = 1\nquiet_wait_max = 10")
        ending.callback(stage.close)
        crew = Crew([Slot("bot", (*STEWARD, "run", "-c", str(stage.config)), stage.port, folder / "bot.log")])
        ending.callback(crew.stop)
        crew.start()
        people = People(stage, _story(plan), rate=2.0)
        ending.callback(people.stop)
        people.start()
        return wait_until_quiet(stage, people, crew, tell, plan.tickets * 5.0 + 120.0), picture(stage, people)


def _story(plan: Plan) -> list[Ticket]:
    """People leave items alone while the bot writes: otherwise it depends on who was faster, and both are right."""
    return tickets(plan.seed, plan.tickets, edits_between=False)


def _disturbances(plan: Plan) -> Iterator[tuple[float, str]]:
    """What happens when. An older release has faults that are mended since: nobody kills it, and its weather fair."""
    chance = random.Random(plan.seed)  # noqa: S311 - a story, nothing secret
    fixed = [(NOON, "upgrade"), (AHEAD, "ahead"), (BACK, "back"), (1.0, "night")]
    ends = [(chance.random(), "kill" if chance.random() < KILL_SHARE else "term") for _ in range(DISTURBANCES)]
    for at, what in sorted(fixed + ends):
        yield at, "term" if plan.revision and at < NOON and what == "kill" else what


def _disturb(what: str, slot: Slot, stage: Stage, shift: Path, plan: Plan, happened: Happened) -> None:
    match what:
        case "kill":
            slot.kill()
            happened.kills += 1
        case "term":
            slot.stop()
            slot.start()
            happened.terms += 1
        case "upgrade":
            slot.stop()
            launcher = (sys.executable, "-m", "tests.chaos.launcher", str(shift), str(plan.scale))
            slot.command, slot.cwd = (*launcher, "run", "-c", str(stage.config)), REPOSITORY
            slot.start()
            happened.upgrades += 1
        case "ahead" | "back":
            shift.write_text("3600" if what == "ahead" else "0", "ascii")
            happened.jumps += 1


def _old_command(stage: Stage) -> tuple[str, ...]:
    """An older release may not know the settings of this one."""
    old = stage.folder / "morning.toml"
    text = stage.config.read_text("utf-8")
    old.write_text(text.replace(f"[operations]\nport = {stage.operations}\n", ""), "utf-8")
    return (*STEWARD, "run", "-c", str(old))


@contextmanager
def _checkout(revision: str, folder: Path) -> Iterator[Path]:
    """A revision of this repository in a folder of its own, until the end of the block."""
    if not revision:
        yield REPOSITORY
        return
    git = ("git", "-C", str(REPOSITORY), "worktree")
    subprocess.run([*git, "add", "--quiet", "--detach", str(folder), revision], check=True)
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", str(folder)], check=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.day", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long the day takes")
    parser.add_argument("--deliveries", type=int, default=5000, help="about as many webhooks are delivered")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--flavour", choices=tuple(DELIVERIES_A_TICKET), default="jira-cloud")
    parser.add_argument("--morning", default=MORNING, help='revision that runs the morning; "" is the current code')
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def _print(report: dict[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for name, value in report.items():
        console.print(f"{name.replace('_', ' ')}: {len(value) if isinstance(value, list) else value}", markup=False)
    for name in ("lost", "wrong", "dead_letters", "differences"):
        for sentence in report[name][:40]:
            console.print(f"{name}: {sentence}", markup=False)


if __name__ == "__main__":
    main()
