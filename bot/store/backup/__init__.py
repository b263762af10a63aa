"""Backups: one file that holds the whole store of one moment, and goes into SQLite or PostgreSQL.

The engine's tables are not in it: what was not finished when it was made is queued anew from the rows that are.
"""

from bot.store.backup.archive import BackupError, Manifest
from bot.store.backup.restoring import Restored, restore
from bot.store.backup.saving import save

__all__ = ["BackupError", "Manifest", "Restored", "restore", "save"]
