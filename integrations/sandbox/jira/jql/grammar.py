"""The grammar of a query: words in, one condition and an order out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_

from integrations.sandbox import tables as t
from integrations.sandbox.jira.jql.conditions import FIELDS, Conditions, compare, is_empty
from integrations.sandbox.jira.jql.words import JqlError, Word, words_of
from integrations.sandbox.records import User
from integrations.sandbox.state import Tracker

_RESERVED = frozenset({"and", "or", "not", "order", "by", "in", "is", "empty", "null"})
_OPERATORS = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"


@dataclass(frozen=True, slots=True)
class Query:
    """A read query. `bounded` is false where nothing restricts it, which Jira Cloud's search refuses."""

    where: ColumnElement[bool] | None
    order: tuple[ColumnElement[Any], ...]
    bounded: bool


def read(text: str, tracker: Tracker, viewer: User) -> Query:
    """Reads a query as this person asks it. Raises JqlError."""
    return _Reader(words_of(text), Conditions(tracker, viewer)).query()


class _Reader:
    def __init__(self, words: list[Word], conditions: Conditions) -> None:
        self.words = words
        self.at = 0
        self.conditions = conditions

    def peek(self) -> Word | None:
        return self.words[self.at] if self.at < len(self.words) else None

    def take(self, expected: str) -> Word:
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
        field = FIELDS.get(name.text.casefold())
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
            return not_(is_empty(field)) if negated else is_empty(field)
        if field in ("updated", "created"):
            if sign in ("in", "not in"):
                raise JqlError(f"The operator '{sign}' is not supported by the '{shown}' field.")
            return self.conditions.compare_time(field, shown, sign, values[0].text)
        if sign in ("<", "<=", ">", ">="):
            if field != "key":
                raise JqlError(f"The operator '{sign}' is not supported by the '{shown}' field.")
            return compare(t.items.c.id, sign, self.conditions.key(values[0].text, shown))
        matches = self.conditions.matching(field, shown, [value.text for value in values])
        return and_(not_(is_empty(field)), not_(matches)) if negated else matches

    def operands(self, shown: str) -> tuple[str, bool, bool, list[Word]]:
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

    def list_of_values(self) -> list[Word]:
        if not self.follows("("):
            raise JqlError("Error in the JQL Query: Expecting '(' at the start of a list.")
        values = [self.value()]
        while self.follows(","):
            values.append(self.value())
        if not self.follows(")"):
            raise JqlError("Error in the JQL Query: Expecting ')' at the end of a list.")
        return values

    def value(self) -> Word:
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
            return Word(self.conditions.viewer.id if word.text.casefold() == "currentuser" else "0m", True, word.at)
        return word

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
            }.get(FIELDS.get(name.text.casefold(), ""))
            if column is None:
                raise JqlError(f"Field '{name.text}' does not exist or you do not have permission to view it.")
            descending = self.follows("desc")
            if not descending:
                self.follows("asc")
            columns.append(column.desc() if descending else column.asc())
            if not self.follows(","):
                return (*columns, t.items.c.id.desc() if descending else t.items.c.id.asc())
