"""One run of chaos: people file tickets, the tracker has a bad day, and the bot is killed all the while."""

from __future__ import annotations

import contextlib
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from integrations.sandbox.records import Flavour
from tests.chaos import counting
from tests.chaos.people import People
from tests.chaos.processes import Crew, many_processes, one_process
from tests.chaos.scenario import tickets
from tests.chaos.stage import Stage
from tests.chaos.weather import Weather
from tests.postgres import PostgresServer

Store = Literal["sqlite", "postgres"]
Tell = Callable[[str], None]
READY_SECONDS = (0.1, 0.5)
AFTERWARDS_SECONDS = (0.5, 4.0)
"""Once the ordered kills are done, while tickets are left: long enough that they ever get through."""
RESTART_SECONDS = (5.0, 40.0)
IMMEDIATE_SHARE = 0.3
OTHERS_SHARE = 0.15
"""Of the kills: those that hit the web process or the clock instead of a worker."""
QUIET_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Order:
    """What one run is to be. `kills` is how many come fast, after READY_SECONDS; `most_kills` bounds the slower ones
    that follow while tickets are left. Where `minutes` is given, PostgreSQL restarts for so long instead. `rate` is in
    tickets a second, `patience` in seconds; `workers` are those of PostgreSQL."""

    store: Store
    flavour: Flavour
    seed: int
    tickets: int
    kills: int = 0
    most_kills: int = 0
    minutes: float = 0.0
    rate: float = 2.0
    patience: float = 420.0
    workers: int = 3


class Run:
    """One run in a folder of its own; `measure` does it all and ends all."""

    def __init__(self, order: Order, folder: Path, tell: Tell) -> None:
        self.order, self.folder, self.tell = order, folder, tell
        self.chance = random.Random(order.seed)  # noqa: S311 - a story, nothing secret
        self.kills = self.restarts = self.subscribed_anew = 0

    def measure(self) -> dict[str, Any]:
        order, began = self.order, time.monotonic()
        with contextlib.ExitStack() as ending:
            server = ending.enter_context(PostgresServer(self.folder / "server")) if order.store == "postgres" else None
            stage = Stage(self.folder, order.flavour, database=server.create("steward") if server else None)
            ending.callback(stage.close)
            self.stage, self.server = stage, server
            if server:
                crew = many_processes(stage.config, stage.port, self.folder, order.workers)
            else:
                crew = one_process(stage.config, stage.port, self.folder)
            self.crew = crew
            ending.callback(crew.stop)
            crew.start()
            story = tickets(order.seed, order.tickets, edits_at_any_time=order.flavour == "azure-devops")
            self.people = People(stage, story, order.rate)
            weather = Weather(stage.mounted.faults, order.seed)
            ending.callback(weather.clear)
            ending.callback(self.people.stop)
            weather.start()
            self.people.start()
            self._restart_server() if order.minutes else self._kill()
            weather.clear()

            def tell_how(how: str) -> None:
                self.tell(f"{self._progress()}: {how}")

            counts = wait_until_quiet(stage, self.people, crew, tell_how, order.patience)
            recoveries = list(self._recoveries())
        return self._report(counts, recoveries, weather, time.monotonic() - began)

    def _kill(self) -> None:
        order = self.order
        while self.kills < order.kills or (self.kills < order.most_kills and not through(self.stage, self.people)):
            fast = self.kills < order.kills
            self.crew.wait_ready_for(self.chance.uniform(*(READY_SECONDS if fast else AFTERWARDS_SECONDS)))
            workers = [slot for slot in self.crew.slots if slot.works]
            others = [slot for slot in self.crew.slots if not slot.works]
            others_too = others and self.chance.random() < OTHERS_SHARE
            self.chance.choice(others if others_too else workers).kill()
            self.kills += 1
            self._look_after()
            self.tell(self._progress())

    def _restart_server(self) -> None:
        assert self.server is not None
        until = time.monotonic() + self.order.minutes * 60
        while time.monotonic() < until:
            wake = time.monotonic() + self.chance.uniform(*RESTART_SECONDS)
            while time.monotonic() < min(wake, until):
                self._look_after()
                self.tell(self._progress())
                time.sleep(0.25)
            self.server.restart("immediate" if self.chance.random() < IMMEDIATE_SHARE else "fast")
            self.restarts += 1

    def _look_after(self) -> None:
        self.crew.look_after()
        self.subscribed_anew += self.stage.keep_subscribed()

    def _recoveries(self) -> Iterator[float]:
        """From the start of a process that works to the first job that it ended.

        Only starts that found work waiting and ended some before their own end count: the others say nothing.
        """
        for slot in self.crew.slots:
            own = counting.endings(self.stage, slot.name)
            for start, end in zip(slot.starts, [*slot.starts[1:], float("inf")], strict=True):
                waiting = [ended for begun, ended in own if begun < start < ended < end]
                if waiting:
                    yield min(waiting) - start

    def _progress(self) -> str:
        order, people = self.order, self.people
        done = f"{self.restarts} restarts" if order.minutes else f"{self.kills} kills"
        filed = f"{people.filed} of {order.tickets} tickets filed, {people.commented} commented"
        return f"{order.store}, {order.flavour}, seed {order.seed}: {done}, {filed}"

    def _report(
        self, counts: counting.Counts, recoveries: list[float], weather: Weather, seconds: float
    ) -> dict[str, Any]:
        order = self.order
        return {
            "store": order.store,
            "flavour": order.flavour,
            "seed": order.seed,
            "tickets": order.tickets,
            "kills": self.kills,
            "restarts": self.restarts,
            "ended_by_themselves": sum(slot.died for slot in self.crew.slots),
            "accepted": counts.accepted,
            "finished": counts.finished,
            "lost": counts.lost,
            "duplicate_comments": counts.duplicate_comments,
            "applied_twice": counts.applied_twice,
            "overwritten": counts.overwritten,
            "untrue": counts.untrue,
            "dead_letters": counts.dead,
            "recoveries": len(recoveries),
            "recovery_p50_seconds": round(statistics.median(recoveries), 2) if recoveries else None,
            "recovery_max_seconds": round(max(recoveries), 2) if recoveries else None,
            "duration_seconds": round(seconds, 1),
            "subscribed_anew": self.subscribed_anew,
            "faults_ordered": dict(weather.ordered),
        }


def through(stage: Stage, people: People) -> bool:
    """Whether nothing moves: people, webhooks, deliveries, jobs."""
    return people.through() and stage.is_silent() and counting.unfinished(stage) == 0


def wait_until_quiet(stage: Stage, people: People, crew: Crew, tell: Tell, patience: float) -> counting.Counts:
    """Wait until nothing moves and nothing is lost; bounded by `patience`, because what is lost never comes."""
    until, quiet_since, missing = time.monotonic() + patience, None, ""
    while True:
        crew.look_after()
        stage.keep_subscribed()
        tell(f"waiting for quiet{missing}")
        now = time.monotonic()
        quiet_since = (quiet_since or now) if through(stage, people) else None
        if now > until:
            return counting.count(stage, people)
        if quiet_since is not None and now - quiet_since >= QUIET_SECONDS:
            counts = counting.count(stage, people)
            if not counts.lost:
                return counts
            missing = f", and for {len(counts.lost)} that are missing: {counts.lost[0]}"
        time.sleep(0.5)
