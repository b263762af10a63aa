"""What the fields and values of a query mean: conditions over the sandbox's tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, func, not_

from integrations.sandbox import tables as t
from integrations.sandbox.jira.jql.words import JqlError
from integrations.sandbox.records import NotFound, User
from integrations.sandbox.state import Tracker

_PERIOD = re.compile(r"([+-]?)(\d{1,6})([wdhm])", re.ASCII)
_DATE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?: (\d{1,2}):(\d{2}))?", re.ASCII)
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
FIELDS = {
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
    "creator": "creator",
    "priority": "priority",
    "level": "security",
}
"""A field as a query may call it, in small letters -> the sandbox's word for it."""

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


class Conditions:
    """Conditions as one person asks for them. `shown` is a field as that person spelt it."""

    def __init__(self, tracker: Tracker, viewer: User) -> None:
        self.tracker = tracker
        self.viewer = viewer

    def matching(self, field: str, shown: str, values: list[str]) -> ColumnElement[bool]:
        if field == "labels":
            inside = t.labels.c.label.in_(values)
            return exists().where(t.labels.c.item == t.items.c.id, inside)
        if field == "key":
            return t.items.c.id.in_([self.key(value, shown) for value in values])
        if field == "parent":
            return t.items.c.parent.in_([self.key(value, shown) for value in values])
        column = _column(field)
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
        if field in ("assignee", "reporter", "creator"):
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

    def compare_time(self, field: str, shown: str, sign: str, value: str) -> ColumnElement[bool]:
        moment = t.to_ms(self.moment(value, shown))
        column = t.items.c[field]
        if sign in ("=", "!="):
            same = and_(column >= moment, column < moment + 60_000)
            return same if sign == "=" else not_(same)
        return compare(column, sign, moment)

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


def _category(value: str) -> str:
    found = _CATEGORIES.get(value.casefold())
    if found is None:
        raise NotFound("status category", value)
    return found


def is_empty(field: str) -> ColumnElement[bool]:
    if field == "labels":
        return not_(exists().where(t.labels.c.item == t.items.c.id))
    return _column(field).is_(None)


def _column(field: str) -> ColumnElement[Any]:
    return func.json_extract(t.items.c.fields, "$.security") if field == "security" else t.items.c[field]


def compare(column: ColumnElement[Any], sign: str, value: int) -> ColumnElement[bool]:
    signs: dict[str, Callable[[], ColumnElement[bool]]] = {
        "<": lambda: column < value,
        "<=": lambda: column <= value,
        ">": lambda: column > value,
        ">=": lambda: column >= value,
    }
    return signs[sign]()
