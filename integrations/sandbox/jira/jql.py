"""The part of JQL that the sandbox answers, as a condition over its tables; anything else is refused in Jira's words.

Fields: project, key (id, issuekey), updated, created, status, statusCategory, type (issuetype), labels, parent,
assignee, reporter, priority. Operators: = != IN NOT IN IS IS NOT >= <= > <, joined by AND and OR, with parentheses;
ORDER BY updated, created, key, priority. Dates: "yyyy-MM-dd[ HH:mm]" in the asking user's zone, "-10m", "-3d", now().
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, not_, or_

from integrations.sandbox import tables as t
from integrations.sandbox.records import NotFound, User
from integrations.sandbox.state import Tracker

_TOKEN = re.compile(
    r"""(?P<quoted>"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+')"""
    r"""|(?P<sign><=|>=|!=|!~|[=<>~(),])|(?P<word>[^\s"'=<>!~(),]++)|(?P<bad>\S)"""
)
_PERIOD = re.compile(r"([+-]?)(\d{1,6})([wdhm])", re.ASCII)
_DATE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?: (\d{1,2}):(\d{2}))?", re.ASCII)
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
_RESERVED = frozenset({"and", "or", "not", "order", "by", "in", "is", "empty", "null"})
_OPERATORS = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"
_FIELDS = {
    "project": "project",
    "key": "key",
    "issuekey": "key",
    "id": "key",
    "issue": "key",
    "updated": "updated",
    "updateddate": "updated",
    "created": "created",
    "createddate": "created",
    "status": "status",
    "statuscategory": "category",
    "type": "type",
    "issuetype": "type",
    "labels": "labels",
    "parent": "parent",
    "assignee": "assignee",
    "reporter": "reporter",
    "priority": "priority",
}
_CATEGORIES = {
    "to do": "todo",
    "new": "todo",
    "2": "todo",
    "in progress": "doing",
    "indeterminate": "doing",
    "4": "doing",
    "done": "done",
    "complete": "done",
    "3": "done",
}


class JqlError(ValueError):
    """What Jira says about a query it does not take."""


@dataclass(frozen=True, slots=True)
class Query:
    """A read query. `bounded` is false where nothing restricts it, which Jira Cloud's search refuses."""

    where: ColumnElement[bool] | None
    order: tuple[ColumnElement[Any], ...]
    bounded: bool


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    quoted: bool
    at: int

    def is_(self, *words: str) -> bool:
        return not self.quoted and self.text.casefold() in words


def read(text: str, tracker: Tracker, viewer: User) -> Query:
    """Reads a query as this person asks it. Raises JqlError."""
    return _Reader(_tokens(text), tracker, viewer).query()


def _tokens(text: str) -> list[_Word]:
    words = []
    for found in _TOKEN.finditer(text):
        at = found.start(found.lastgroup or 0) + 1
        if found["bad"]:
            raise JqlError(
                f"Error in the JQL Query: The character '{found['bad']}' is a reserved JQL character. You must enclose "
                f"it in a string or use the escape '\\u{ord(found['bad']):04x}' instead. (line 1, character {at})"
            )
        if found["quoted"]:
            words.append(_Word(re.sub(r"\\(.)", r"\1", found["quoted"][1:-1]), True, at))
        else:
            words.append(_Word(found["sign"] or found["word"], False, at))
    return words


class _Reader:
    def __init__(self, words: list[_Word], tracker: Tracker, viewer: User) -> None:
        self.words = words
        self.at = 0
        self.tracker = tracker
        self.viewer = viewer

    def peek(self) -> _Word | None:
        return self.words[self.at] if self.at < len(self.words) else None

    def take(self, expected: str) -> _Word:
        word = self.peek()
        if word is None:
            raise JqlError(f"Error in the JQL Query: Expecting {expected} before the end of the query.")
        self.at += 1
        return word

    def follows(self, *words: str) -> bool:
        """Takes the next word if it is one of these."""
        word = self.peek()
        if word is None or not word.is_(*words):
            return False
        self.at += 1
        return True

    def query(self) -> Query:
        where = None
        first = self.peek()
        if first is not None and not first.is_("order"):
            where = self.either(0)
        order = self.order() if self.follows("order") else ()
        left = self.peek()
        if left is not None:
            raise JqlError(
                f"Error in the JQL Query: Expecting either 'OR' or 'AND' but got '{left.text}'. "
                f"(line 1, character {left.at})"
            )
        return Query(where, order or (t.items.c.created.desc(), t.items.c.id.desc()), where is not None)

    def either(self, depth: int) -> ColumnElement[bool]:
        parts = [self.both(depth)]
        while self.follows("or"):
            parts.append(self.both(depth))
        return or_(*parts) if len(parts) > 1 else parts[0]

    def both(self, depth: int) -> ColumnElement[bool]:
        parts = [self.one(depth)]
        while self.follows("and"):
            parts.append(self.one(depth))
        return and_(*parts) if len(parts) > 1 else parts[0]

    def one(self, depth: int) -> ColumnElement[bool]:
        if self.follows("("):
            if depth > 20:
                raise JqlError("Error in the JQL Query: The query is nested too deeply.")
            inside = self.either(depth + 1)
            closing = self.take("')'")
            if not closing.is_(")"):
                raise JqlError(
                    f"Error in the JQL Query: Expecting ')' but got '{closing.text}'. (line 1, character {closing.at})"
                )
            return inside
        name = self.take("a field name")
        field = _FIELDS.get(name.text.casefold())
        if field is None:
            if name.is_(*_RESERVED):
                raise JqlError(
                    f"Error in the JQL Query: Expecting either a value, list or function but got '{name.text}'. "
                    f"(line 1, character {name.at})"
                )
            raise JqlError(f"Field '{name.text}' does not exist or you do not have permission to view it.")
        return self.clause(name.text, field)

    def clause(self, shown: str, field: str) -> ColumnElement[bool]:
        sign, negated, empty, values = self.operands(shown)
        if empty:
            return not_(_is_empty(field)) if negated else _is_empty(field)
        if field in ("updated", "created"):
            if sign in ("in", "not in"):
                raise JqlError(f"The operator '{sign}' is not supported by the '{shown}' field.")
            return self.compare_time(field, shown, sign, values[0])
        if sign in ("<", "<=", ">", ">="):
            if field != "key":
                raise JqlError(f"The operator '{sign}' is not supported by the '{shown}' field.")
            return _compare(t.items.c.id, sign, self.key(values[0].text, shown))
        matches = self.matching(field, shown, [value.text for value in values])
        return and_(not_(_is_empty(field)), not_(matches)) if negated else matches

    def operands(self, shown: str) -> tuple[str, bool, bool, list[_Word]]:
        """Sign, whether it is a negative one, whether EMPTY was asked for, and the values."""
        sign = self.take("operator")
        if sign.is_("is"):
            negated = self.follows("not")
            if not self.follows("empty", "null"):
                raise JqlError("Error in the JQL Query: Expecting 'EMPTY' or 'NULL' after 'IS'.")
            return "is", negated, True, []
        negative_list = sign.is_("not")
        if negative_list or sign.is_("in"):
            if negative_list and not self.follows("in"):
                raise JqlError("Error in the JQL Query: Expecting 'IN' after 'NOT'.")
            return "not in" if negative_list else "in", negative_list, False, self.list_of_values()
        if sign.quoted or sign.text not in ("=", "!=", "<", "<=", ">", ">="):
            if sign.text in ("~", "!~"):
                raise JqlError(f"The operator '{sign.text}' is not supported by the '{shown}' field.")
            raise JqlError(
                f"Error in the JQL Query: Expecting operator but got '{sign.text}'. The valid operators are "
                f"{_OPERATORS}. (line 1, character {sign.at})"
            )
        if self.follows("empty", "null"):
            return sign.text, sign.text == "!=", True, []
        return sign.text, sign.text == "!=", False, [self.value()]

    def list_of_values(self) -> list[_Word]:
        if not self.follows("("):
            raise JqlError("Error in the JQL Query: Expecting '(' at the start of a list.")
        values = [self.value()]
        while self.follows(","):
            values.append(self.value())
        if not self.follows(")"):
            raise JqlError("Error in the JQL Query: Expecting ')' at the end of a list.")
        return values

    def value(self) -> _Word:
        word = self.take("either a value, list or function")
        if word.quoted:
            return word
        if word.text in ("(", ")", ",", "=", "!=", "<", ">", "<=", ">=", "~") or word.is_(*_RESERVED):
            raise JqlError(
                f"Error in the JQL Query: Expecting either a value, list or function but got '{word.text}'. You must "
                f"surround '{word.text}' in quotation marks to use it as a value. (line 1, character {word.at})"
            )
        if self.follows("("):
            if not self.follows(")") or word.text.casefold() not in ("currentuser", "now"):
                raise JqlError(f"Unable to find JQL function '{word.text}()'.")
            return _Word(self.viewer.id if word.text.casefold() == "currentuser" else "0m", True, word.at)
        return word

    def matching(self, field: str, shown: str, values: list[str]) -> ColumnElement[bool]:
        if field == "labels":
            inside = t.labels.c.label.in_(values)
            return exists().where(t.labels.c.item == t.items.c.id, inside)
        if field == "key":
            return t.items.c.id.in_([self.key(value, shown) for value in values])
        if field == "parent":
            return t.items.c.parent.in_([self.key(value, shown) for value in values])
        column = t.items.c[field]
        try:
            return column.in_([self.named(field, value) for value in values])
        except NotFound as error:
            raise JqlError(f"The value '{error.which}' does not exist for the field '{shown}'.") from None

    def named(self, field: str, value: str) -> str:
        """The sandbox's own word for a value. Raises NotFound."""
        if field == "project":
            return self.tracker.project(value, self.viewer).key
        if field == "category":
            return _category(value)
        if field in ("assignee", "reporter"):
            return self.login(value)
        return self.tracker.term(field, value).name

    def login(self, value: str) -> str:
        """An account by accountId, key or login; Jira does not mind one that it does not know."""
        for user in self.tracker.users():
            if value in (user.id, user.name):
                return user.name
        return value

    def key(self, value: str, shown: str) -> int:
        try:
            return self.tracker.item(value, self.viewer).id
        except NotFound:
            noun = "id" if value.isdigit() else "key"
            raise JqlError(f"An issue with {noun} '{value}' does not exist for field '{shown}'.") from None

    def compare_time(self, field: str, shown: str, sign: str, value: _Word) -> ColumnElement[bool]:
        moment = t.to_ms(self.moment(value.text, shown))
        column = t.items.c[field]
        if sign in ("=", "!="):
            same = and_(column >= moment, column < moment + 60_000)
            return same if sign == "=" else not_(same)
        return _compare(column, sign, moment)

    def moment(self, text: str, shown: str) -> datetime:
        zone = ZoneInfo(self.viewer.time_zone)
        period = _PERIOD.fullmatch(text)
        if period:
            span = timedelta(**{_UNITS[period[3]]: int(period[2])})
            return self.tracker.now() - span if period[1] == "-" else self.tracker.now() + span
        date = _DATE.fullmatch(text)
        try:
            if date:
                year, month, day, hour, minute = (int(part or 0) for part in date.groups())
                return datetime(year, month, day, hour, minute, tzinfo=zone)
        except ValueError:
            pass
        raise JqlError(
            f"Date value '{text}' for field '{shown}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
            "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
        )

    def order(self) -> tuple[ColumnElement[Any], ...]:
        if not self.follows("by"):
            raise JqlError("Error in the JQL Query: Expecting 'BY' after 'ORDER'.")
        columns: list[ColumnElement[Any]] = []
        while True:
            name = self.take("a field name")
            column = {
                "updated": t.items.c.updated,
                "created": t.items.c.created,
                "key": t.items.c.number,
                "priority": t.items.c.priority,
            }.get(_FIELDS.get(name.text.casefold(), ""))
            if column is None:
                raise JqlError(f"Field '{name.text}' does not exist or you do not have permission to view it.")
            descending = self.follows("desc")
            if not descending:
                self.follows("asc")
            columns.append(column.desc() if descending else column.asc())
            if not self.follows(","):
                return (*columns, t.items.c.id.desc() if descending else t.items.c.id.asc())


def _category(value: str) -> str:
    found = _CATEGORIES.get(value.casefold())
    if found is None:
        raise NotFound("status category", value)
    return found


def _is_empty(field: str) -> ColumnElement[bool]:
    if field == "labels":
        return not_(exists().where(t.labels.c.item == t.items.c.id))
    return t.items.c[field].is_(None)


def _compare(column: ColumnElement[Any], sign: str, value: int) -> ColumnElement[bool]:
    signs: dict[str, Callable[[], ColumnElement[bool]]] = {
        "<": lambda: column < value,
        "<=": lambda: column <= value,
        ">": lambda: column > value,
        ">=": lambda: column >= value,
    }
    return signs[sign]()
