"""The parts that a process of the bot can play."""

from __future__ import annotations

from enum import StrEnum

from bot.settings import Settings


class Role(StrEnum):
    """A part of the bot."""

    WEB = "web"
    WORKER = "worker"
    CLOCK = "clock"


ALL = frozenset(Role)


def is_alone(settings: Settings, roles: frozenset[Role]) -> bool:
    """Whether a process has its data folder to itself. Raises SeparateNeedsServer."""
    alone = settings.engine.database_url is None
    if alone and roles != ALL:
        part = next(iter(roles))
        raise SeparateNeedsServer(
            f"steward {part} needs PostgreSQL: set database_url under [engine]. On SQLite one process does it all: "
            "steward run"
        )
    return alone


class SeparateNeedsServer(Exception):
    """Parts of the bot can be processes of their own only on PostgreSQL. The message is a sentence for a person."""
