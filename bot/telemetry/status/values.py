"""How the bot fares, for a person: values only. `bot.telemetry.status.looking` fills them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.store.inbox import Heard
from bot.telemetry.snapshot import Snapshot
from bot.telemetry.status.recent import Letter, UnknownEvent


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a person should see to: what is wrong, what to do, and a command that helps, if there is one."""

    what: str
    remedy: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes that are free on the disk where deliveries are kept, and how many of them are not for deliveries."""

    free: int
    spare: int

    @property
    def is_short(self) -> bool:
        """Whether deliveries are turned away."""
        return self.free <= self.spare


@dataclass(frozen=True, slots=True)
class Connection:
    """One tracker, as the settings name it, the store knows it and all processes have heard it.

    `poll_seconds` is how often it is asked what has moved. `only_polled`: of late the poll has brought
    what its webhooks should have. `known`: it was heard lately, so that it is known whether it works.
    `webhooks_off`: how many of its webhooks the tracker has switched off, or is about to.
    """

    name: str
    kind: str
    intake: str
    poll_seconds: float
    last_delivery: datetime | None
    last_poll: datetime | None
    heard: Heard
    only_polled: bool = False
    known: bool = True
    webhooks_off: int = 0


@dataclass(frozen=True, slots=True)
class Project:
    """How far one project has been read, and when its nightly run last ended. `nightly` says whether it has one.

    `found` None: nobody has asked the tracker yet whether it knows it by that name.
    """

    connection: str
    key: str
    connected: datetime | None
    backfilled: datetime | None
    cursor: datetime | None
    last_night: datetime | None
    nightly: bool
    found: bool | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """The model's tokens today, in and out together, and how many there may be."""

    spent: int
    budget: int


@dataclass(frozen=True, slots=True)
class Status:
    """One look. `store` is None where the database does not answer: what comes of it is then empty.

    `hour` and `day` count deliveries by what became of them; `hourly` counts those that came, hour by hour, the oldest
    first. `letters` are the newest of the open dead letters, `unknown` counts those that are unknown events. `room` is
    None where deliveries are kept elsewhere.
    """

    at: datetime
    version: str
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    store: Snapshot | None
    hour: Mapping[str, int]
    day: Mapping[str, int]
    hourly: tuple[tuple[datetime, int], ...]
    letters: tuple[Letter, ...]
    connections: tuple[Connection, ...]
    projects: tuple[Project, ...]
    tokens: Tokens | None
    room: Room | None = None
    unknown: tuple[UnknownEvent, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether each tracker works, as was heard of late: where nobody has asked, nobody knows."""
        return all(one.known and one.heard.failing_since is None for one in self.connections)

    @property
    def headline(self) -> str:
        """Is all well? In one sentence."""
        if not self.problems and any(one.heard.failing_since is not None for one in self.connections):
            return "A tracker has just failed."
        if not self.problems:
            return "All is well." if self.is_known else "Nothing is wrong, as far as is known."
        return "One thing needs you." if len(self.problems) == 1 else f"{len(self.problems)} things need you."
