"""All tables in one place, for migrations and backups: importing a family is what registers its tables."""

from bot.store import (
    audit,
    decisions,
    drafts,
    executors,
    inbox,
    items,
    pacing,
    proposals,
    spending,
    ticks,
    tokens,
    writes,
)
from bot.store.erasing import retellings
from bot.store.schema import migrating
from bot.store.schema.types import Base

FAMILIES = (
    audit,
    decisions,
    drafts,
    executors,
    inbox,
    items,
    pacing,
    proposals,
    retellings,
    spending,
    ticks,
    tokens,
    writes,
)

for _table in Base.metadata.tables.values():
    _table.comment = migrating.OURS

__all__ = ["FAMILIES", "Base"]
