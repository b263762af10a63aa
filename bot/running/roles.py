"""The parts that a process of the bot can play."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A part of the bot."""

    WEB = "web"
    WORKER = "worker"
    CLOCK = "clock"


ALL = frozenset(Role)


class SeparateNeedsServer(Exception):
    """Parts of the bot can be processes of their own only on PostgreSQL. The message is a sentence for a person."""
