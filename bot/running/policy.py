"""What the bot may do and what it tells the model: a start with other settings or prompts is a row of the audit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, SecretStr

from bot.settings import Settings
from bot.store import audit
from bot.store.database import Database
from prompts.library import Prompt, load_library

TABLES = ("projects", "connections", "model", "retention")
"""What of the settings decides what the bot does, and with whom; addresses and ports of its own do not."""
SECRET = "(a secret)"  # noqa: S105 - what stands in the place of one


def note(db: Database, settings: Settings, now: datetime) -> Mapping[str, Any]:
    """Record how settings and prompts differ from those last recorded, once for however many processes start.

    Returns what has changed: name -> [old, new], None where there is none.
    """
    present = dict(_effective(settings)) | dict(_prompts(load_library()))
    with db.write() as session:
        last = audit.last_of(session, audit.POLICY)
        former = last.get("now") if last is not None else None
        before: dict[str, Any] = former if isinstance(former, dict) else {}
        names = sorted(name for name in before.keys() | present.keys() if before.get(name) != present.get(name))
        changed = {name: [before.get(name), present.get(name)] for name in names}
        if changed:
            audit.record(session, audit.POLICY, audit.POLICY, {"changed": changed, "now": present}, now)
    return changed


def _effective(settings: Settings) -> Iterator[tuple[str, Any]]:
    """Every setting of those tables as it counts, defaults too; of a secret only that there is one."""
    for table in TABLES:
        yield from _flat(table, getattr(settings, table))


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, BaseModel):
        for field in type(value).model_fields:
            yield from _flat(f"{name}.{field}", getattr(value, field))
    elif isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _flat(f"{name}.{key}", entry)
    elif isinstance(value, SecretStr):
        yield name, SECRET
    elif isinstance(value, tuple | list | frozenset):
        yield name, [str(entry) for entry in value]
    elif value is not None:
        yield name, value if isinstance(value, bool | int | float | str) else str(value)


def _prompts(library: Mapping[str, Prompt]) -> Iterator[tuple[str, str]]:
    for name, prompt in library.items():
        # The hash as well: one that was edited under its old version is told, too.
        yield f"prompts.{name}", f"{prompt.version}, sha256 {prompt.sha256}"
