"""The durable engine (DBOS): the only room that knows it.

A job is a kind, a few ids, and an attempt. It is on the disk before `enqueue` returns, its id runs once for ever, and
what it does in `step`s is not done again after a crash. Arguments and results are ids, numbers and hashes, kept as
JSON: no ticket text enters the engine's tables.
"""

from bot.engine.attempt import Ending
from bot.engine.client import Count, EngineClient
from bot.engine.database import clear
from bot.engine.queues import TICKS, JobFailed
from bot.engine.worker import Engine

__all__ = ["TICKS", "Count", "Ending", "Engine", "EngineClient", "JobFailed", "clear"]
