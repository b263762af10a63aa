"""All tables in one place, for migrations: importing a family is what registers its tables."""

from bot.store import audit, decisions, inbox, items, proposals, spending, writes
from bot.store.database import Base

FAMILIES = (audit, decisions, inbox, items, proposals, spending, writes)

__all__ = ["FAMILIES", "Base"]
