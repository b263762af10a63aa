"""Whether nobody has touched an item since the bot created it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from integrations.azure_devops import parts
from integrations.tracker import DRAFT_LABEL

_IN_ANY_UPDATE = frozenset(
    f"System.{name}"
    for name in (
        *("Rev", "Watermark", "PersonId", "ChangedBy", "ChangedDate"),
        *("RevisedDate", "AuthorizedAs", "AuthorizedDate"),
    )
)


def untouched_revision(raw: Mapping[str, Any], updates: Iterable[Mapping[str, Any]]) -> int:
    """The revision at which an item counts as untouched: its own if, at most, a draft was made one to keep."""
    fields = parts.fields_of(raw)
    created, changed = (parts.moment(fields.get(f"System.{name}Date")) for name in ("Created", "Changed"))
    if created == changed:
        return parts.revision_of(raw)
    since = list(updates)[1:]
    return parts.revision_of(raw) if since and all(map(_keeps_a_draft, since)) else 1


def _keeps_a_draft(update: Mapping[str, Any]) -> bool:
    """Whether an update does nothing but take the tag of drafts off."""
    changed = update.get("fields")
    if not isinstance(changed, dict) or update.get("relations") or changed.keys() - _IN_ANY_UPDATE != {parts.TAGS}:
        return False
    change = changed[parts.TAGS] if isinstance(changed[parts.TAGS], dict) else {}
    before, after = (
        {tag.casefold() for tag in parts.tags({parts.TAGS: change.get(end)})} for end in ("oldValue", "newValue")
    )
    return DRAFT_LABEL in before and after == before - {DRAFT_LABEL}
