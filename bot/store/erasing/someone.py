"""A person as the store knows them: by an id of the tracker's, and the names that stand beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store import audit
from bot.store.decisions import HandledComment
from bot.store.drafts import Draft
from bot.store.items import Item
from bot.store.proposals import ProposedChange

FORMER, ERASED_ID = "a former user", ""
SURELY_AN_ID = 12
"""An id of so many characters is found within texts too; a shorter one (an old Data Center name) only by itself."""
STRUCTURE = frozenset(
    {"kind", "type", "style", "state", "format", "field", "rule", "subject", "key", "original", "marker"}
)
"""What in JSON is never what people wrote: somebody may be called as a kind of change is."""
NAMES, IDS = ("name", "displayName"), ("id", "by", "identity")
"""What in JSON is only a person's name, and the ids that may stand beside it and say whose."""
_AROUND = (('"', '"'), ("[~", "]"), ("[~accountid:", "]"))
_BEGINS = r"(?:(?<!\w)|(?<=\\[bfnrt])|(?<=\\u[0-9a-fA-F]{4}))"


@dataclass(frozen=True)
class Someone:
    """A person by the tracker's id, and the names they were seen under.

    `login` is the name in a mention of Data Center, whose id is another; it is found only where it surely is one.
    """

    id: str
    names: frozenset[str]
    login: str = ""

    def without(self, value: Any) -> Any:
        """A stored value as it is without this person."""
        if isinstance(value, str):
            return self._without(value)
        if isinstance(value, list):
            return [self.without(entry) for entry in value]
        if isinstance(value, dict):
            return {name: self._entry(name, entry, value) for name, entry in value.items()}
        return value

    def without_name(self, name: str, beside: str | None) -> str:
        """What holds a name and nothing else; the id `beside` it, where there is one, says whose it is."""
        if beside and not self._is_their_id(beside):
            return name
        return FORMER if name in self.names or self._is_their_id(name) else name

    def without_id(self, one: str) -> str:
        """What holds an id and nothing else."""
        return ERASED_ID if self._is_their_id(one) else one

    def by_id(self) -> Someone:
        """The same person where no name stands, and a word that is theirs too means something else."""
        return replace(self, names=frozenset())

    def _entry(self, name: str, entry: Any, among: dict[str, Any]) -> Any:
        if not isinstance(entry, str):
            return self.without(entry)
        if name in STRUCTURE:
            return entry
        if name in IDS:
            return self.without_id(entry)
        assigned = among.get("kind") == "assignee" and name in ("old", "new")
        if name not in NAMES and not assigned:
            return self._without(entry)
        ids = (among.get(one) for one in IDS if name != "old")
        return self.without_name(entry, next((one for one in ids if isinstance(one, str) and one), None))

    def _is_their_id(self, one: str) -> bool:
        return bool(one) and (one == self.login or is_same_id(one, self.id))

    def _without(self, text: str) -> str:
        if self._is_their_id(text):
            return FORMER if text in self.names else ERASED_ID
        for one in filter(None, (self.id, self.login)):
            text = re.sub(rf"\[~(?:accountid:)?{re.escape(one)}\]", FORMER, text, flags=re.IGNORECASE)
        if self.login:
            text = re.sub(rf"(?<!\w)@{re.escape(self.login)}(?!\w)", FORMER, text, flags=re.IGNORECASE)
        if len(self.id) >= SURELY_AN_ID:
            text = re.sub(rf"(?<!\w){re.escape(self.id)}(?!\w)", FORMER, text, flags=re.IGNORECASE)
        for name in sorted(self.names, key=len, reverse=True):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", FORMER, text)
        return text

    def spellings(self) -> list[str]:
        """How this person may be written in a column of text or of JSON."""
        return _written(self.id, *sorted(self.names), *filter(None, [self.login]))

    def is_in(self, text: str) -> bool:
        """Whether what was sent to the bot, which is JSON as a rule, names the person."""
        sure = [self.id] if len(self.id) >= SURELY_AN_ID else []
        quoted = [f"{before}{one}{after}" for one in filter(None, (self.id, self.login)) for before, after in _AROUND]
        words = "|".join(map(re.escape, _written(*sorted(self.names))))
        ids = (one.casefold() in text.casefold() for one in _written(*sure, *quoted))
        return any(ids) or (bool(words) and re.search(rf"{_BEGINS}(?:{words})(?!\w)", text) is not None)


def known(session: Session, connection: str, person_id: str, login: str = "") -> Someone:
    """The person whom a connection's tracker knows by an id."""
    return Someone(person_id, frozenset(_names(session, connection, person_id)), login)


def is_same_id(one: object, other: str) -> bool:
    """Whether both are the same id: Azure DevOps writes the same one in capitals and in small letters."""
    if not isinstance(one, str) or len(other) < SURELY_AN_ID:
        return one == other
    return one.casefold() == other.casefold()


def _written(*plain: str) -> list[str]:
    return list(dict.fromkeys([*plain, *(json.dumps(one)[1:-1] for one in plain)]))


def contains(column: Any, part: str) -> sa.ColumnElement[bool]:
    """Whether a column of text or of JSON holds this, in capitals or small letters."""
    return sa.cast(column, sa.Text).icontains(part, autoescape=True)


def _names(session: Session, connection: str, person_id: str) -> Iterator[str]:
    """The names that stand beside the id."""
    row = ProposedChange
    for name, identity in (
        (row.decided_by, row.decided_by_id),
        (row.asked_by, row.asked_by_id),
        (Draft.by, Draft.by_id),
    ):
        named = (
            sa.select(name)
            .where(name.class_.connection == connection, sa.func.lower(identity) == person_id.lower())
            .distinct()
        )
        yield from (one for one in session.scalars(named) if one and one.strip())
    beside: tuple[tuple[Any, sa.ColumnElement[bool]], ...] = (
        (Item.content, Item.connection == connection),
        (HandledComment.commands, HandledComment.connection == connection),
        (audit.AuditContent.content, sa.true()),
    )
    for column, ours in beside:
        found = sa.select(column).where(ours, contains(column, json.dumps(person_id)[1:-1]))
        for content in session.scalars(found):
            yield from _named_in(json.loads(content) if isinstance(content, str) else content, person_id)


def _named_in(content: Any, person_id: str) -> Iterator[str]:
    if isinstance(content, dict):
        name = content.get("name")
        if (
            any(is_same_id(content.get(part), person_id) for part in ("id", "by"))
            and isinstance(name, str)
            and name.strip()
        ):
            yield name
        for value in content.values():
            yield from _named_in(value, person_id)
