"""The Work Item Query Language, as far as the sandbox speaks it: flat queries over work items.

SELECT [fields] FROM WorkItems WHERE ... ORDER BY ..., with =, <>, <, >, <=, >=, IN, NOT IN, CONTAINS, UNDER, IS EMPTY,
AND, OR, NOT, brackets, and the macros @project, @me, @today. What it does not speak is refused with a 400 in the
product's words, never guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as with_default
from datetime import UTC, timedelta
from typing import Any

from integrations.sandbox.wiql_conditions import (
    COMPARISONS,
    LONG_TEXT,
    Condition,
    Field,
    Record,
    Scope,
    WiqlError,
    caused_by,
    comparison,
    moment_of,
)

__all__ = ["Field", "Query", "Scope", "WiqlError", "parse"]

MAXIMUM_LENGTH = 32_000
MAXIMUM_DEPTH = 40

_TOKEN = re.compile(
    r"""\s+
    |(?P<field>\[[^\[\]]{1,200}\])
    |(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
    |(?P<number>\d{1,18}(?:\.\d{1,9})?)
    |(?P<macro>@\w+)
    |(?P<word>[A-Za-z_][\w.]*)
    |(?P<sign><>|<=|>=|=|<|>|\(|\)|,|\+|-)
    |(?P<wrong>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. `matches` tells of one record whether it is wanted; `order` is (field, descending).

    `bounds` holds what is true of every match, for an index: "project" (a name), "since" (changed at or after).
    """

    columns: tuple[Field, ...]
    matches: Condition
    order: tuple[tuple[Field, bool], ...] = ()
    bounds: Mapping[str, Any] = with_default(default_factory=dict)

    def sort(self, records: list[Record]) -> list[Record]:
        """The records in the order asked for; empty values come first, as in the product."""
        for field, descending in reversed(self.order):
            records = sorted(records, key=lambda record: _sort_key(record, field), reverse=descending)
        return records


def _sort_key(record: Record, field: Field) -> tuple[bool, Any]:
    value = record.get(field.reference_name)
    if value is None or value == ():
        return (False, 0)
    if isinstance(value, tuple):
        value = value[0]
    return (True, value.casefold() if isinstance(value, str) else value)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def _tokens(query: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(query):
        if match.lastgroup == "wrong":
            raise caused_by("TF51011: The query contains a character that is not valid.", match.group())
        if match.lastgroup is not None:
            yield _Token(match.lastgroup, match.group(), match.start(), match.end())
    yield _Token("end", "", len(query), len(query))


def parse(query: str, scope: Scope) -> Query:
    """Reads a query. Raises WiqlError for anything that this subset, or the product, does not take."""
    if len(query) > MAXIMUM_LENGTH:
        raise WiqlError(f"VS402346: The query text exceeds the maximum length of {MAXIMUM_LENGTH} characters.")
    return _Parser(query, scope).query()


class _Parser:
    def __init__(self, query: str, scope: Scope) -> None:
        self.source = query
        self.scope = scope
        self.tokens = list(_tokens(query))
        self.at = 0
        self.depth = 0
        self.bounds: dict[str, Any] = {}
        self.known = {name.casefold(): f for f in scope.fields for name in (f.name, f.reference_name)}

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.next
        self.at += token.kind != "end"
        return token

    def word(self, *words: str) -> bool:
        """Takes these words if they come next."""
        ahead = self.tokens[self.at : self.at + len(words)]
        if [t.text.upper() for t in ahead if t.kind == "word"] != list(words):
            return False
        self.at += len(words)
        return True

    def sign(self, text: str) -> bool:
        if self.next.kind != "sign" or self.next.text != text:
            return False
        self.at += 1
        return True

    def query(self) -> Query:
        if not self.word("SELECT"):
            raise caused_by("TF51006: The query statement is missing a SELECT clause.", self.next.text)
        names = [self.name()]
        while self.sign(","):
            names.append(self.name())
        if not self.word("FROM"):
            raise caused_by("TF51006: The query statement is missing a FROM clause.", self.next.text)
        if not self.word("WORKITEMS"):
            raise caused_by("TF51010: Only queries FROM WorkItems are supported here.", self.next.text)
        columns = tuple(self.resolved(name) for name in names)
        matches: Condition = self.either() if self.word("WHERE") else lambda record: True
        order = self.order() if self.word("ORDER", "BY") else ()
        if self.next.kind != "end":
            raise caused_by("Expecting end of string.", self.next.text)
        return Query(columns, matches, order, self.bounds)

    def name(self) -> _Token:
        token = self.take()
        if token.kind not in ("field", "word"):
            raise caused_by("Expecting field name.", token.text)
        return token

    def resolved(self, name: _Token) -> Field:
        field = self.known.get(name.text.strip("[]").strip().casefold())
        if field is None:
            raise caused_by("TF51005: The query references a field that does not exist.", name.text)
        return field

    def field(self) -> Field:
        return self.resolved(self.name())

    def order(self) -> tuple[tuple[Field, bool], ...]:
        found = []
        while True:
            field = self.field()
            if field.type in LONG_TEXT:
                raise caused_by("TF51008: The query cannot be sorted by this field.", field.reference_name)
            found.append((field, self.word("DESC") or (self.word("ASC") and False)))
            if not self.sign(","):
                return tuple(found)

    def either(self) -> Condition:
        self.depth += 1
        if self.depth > MAXIMUM_DEPTH:
            raise caused_by("VS402341: The query is nested too deeply.", self.next.text)
        branches = [self.both()]
        while self.word("OR"):
            branches.append(self.both())
        self.depth -= 1
        if len(branches) == 1:
            return branches[0]
        self.bounds = {}
        return lambda record: any(branch(record) for branch in branches)

    def both(self) -> Condition:
        branches = [self.negated()]
        while self.word("AND"):
            branches.append(self.negated())
        return branches[0] if len(branches) == 1 else lambda record: all(branch(record) for branch in branches)

    def negated(self) -> Condition:
        wanted = True
        while self.word("NOT"):
            wanted = not wanted
        bounds = dict(self.bounds)
        bracketed = self.sign("(")
        condition = self.either() if bracketed else self.condition()
        if bracketed and not self.sign(")"):
            raise caused_by("Expecting closing bracket.", self.next.text)
        if bracketed or not wanted:
            self.bounds = bounds
        return condition if wanted else lambda record: not condition(record)

    def condition(self) -> Condition:
        start = self.next.start
        field = self.field()
        operator = self.operator()
        if operator.endswith("EMPTY"):
            return self.emptiness(field, operator)
        values = self.values() if operator.endswith("IN") else [self.value()]
        cause = self.source[start : self.tokens[self.at - 1].end]
        condition = comparison(field, operator, values, self.scope, cause)
        if field.reference_name == "System.TeamProject" and operator == "=":
            self.bounds["project"] = values[0]
        if field.reference_name == "System.ChangedDate" and operator in (">", ">=", "=") and values[0] != "":
            self.bounds["since"] = moment_of(values[0], cause)
        return condition

    def operator(self) -> str:
        token = self.next
        if token.kind == "sign" and token.text in COMPARISONS:
            return self.take().text
        for words in (
            ("NOT", "IN"),
            ("IN",),
            ("NOT", "CONTAINS"),
            ("CONTAINS",),
            ("NOT", "UNDER"),
            ("UNDER",),
            ("IS", "NOT", "EMPTY"),
            ("IS", "EMPTY"),
        ):
            if self.word(*words):
                if words[-1] in ("IN", "CONTAINS") and self.next.text.upper() in ("GROUP", "WORDS"):
                    break
                return " ".join(words)
        raise caused_by("TF51009: The query contains an operator that is not supported here.", self.next.text)

    @staticmethod
    def emptiness(field: Field, operator: str) -> Condition:
        if field.type not in LONG_TEXT:
            raise caused_by("TF51007: The operator cannot be used with this field.", f"[{field.reference_name}]")
        wanted = operator == "IS EMPTY"
        return lambda record: (not record.get(field.reference_name)) == wanted

    def values(self) -> list[Any]:
        if not self.sign("("):
            raise caused_by("Expecting opening bracket.", self.next.text)
        found = [self.value()]
        while self.sign(","):
            found.append(self.value())
        if not self.sign(")"):
            raise caused_by("Expecting closing bracket.", self.next.text)
        return found

    def value(self) -> Any:
        negative = self.sign("-")
        token = self.take()
        if token.kind == "number":
            number = float(token.text) if "." in token.text else int(token.text)
            return -number if negative else number
        if token.kind == "text" and not negative:
            quote = token.text[0]
            return token.text[1:-1].replace(quote * 2, quote)
        if token.kind == "macro" and not negative:
            return self.macro(token.text)
        raise caused_by("Expecting a constant value.", token.text)

    def macro(self, text: str) -> Any:
        match text.casefold():
            case "@me":
                return self.scope.me
            case "@project":
                if self.scope.project is None:
                    raise caused_by("TF51022: The macro @project is used outside the scope of a project.", text)
                return self.scope.project
            case "@today":
                day = self.scope.now.astimezone(UTC).date()
                for sign, factor in (("-", -1), ("+", 1)):
                    if self.sign(sign):
                        return day + factor * timedelta(days=self.days())
                return day
        raise caused_by("TF51003: The query contains a macro that is not supported here.", text)

    def days(self) -> int:
        token = self.take()
        if token.kind != "number" or len(token.text) > 6 or "." in token.text:
            raise caused_by("Expecting a number of days.", token.text)
        return min(int(token.text), 100_000)
