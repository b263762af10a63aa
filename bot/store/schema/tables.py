"""All tables in one place, for migrations and backups: importing a family is what registers its tables."""

from bot.store import audit, decisions, executors, inbox, items, proposals, spending, ticks, writes
from bot.store.erasing import retellings
from bot.store.schema.types import Base

FAMILIES = (audit, decisions, executors, inbox, items, proposals, retellings, spending, ticks, writes)

__all__ = ["FAMILIES", "Base"]
