"""What a condition of a WIQL query means: the comparison of one field of a record with constants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
LONG_TEXT = frozenset({"html", "plainText", "history"})


class WiqlError(Exception):
    """A query that the product would answer with a 400; the message is the product's."""


def caused_by(problem: str, cause: str) -> WiqlError:
    return WiqlError(f"{problem} The error is caused by «{cause}».")


@dataclass(frozen=True, slots=True)
class Field:
    """What a query must know of a field; `type` is the REST word (string, integer, dateTime, identity, ...)."""

    reference_name: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What a query's words mean to the one who asks: their project, themselves, the moment, and the precision.

    `areas` holds the area paths that there are, in lower case; None where any will do.
    """

    fields: tuple[Field, ...]
    project: str | None
    me: str
    now: datetime
    time_precision: bool = False
    areas: frozenset[str] | None = None


Record = Mapping[str, Any]
"""Values by reference name: identities are a tuple of the spellings that mean them, tags a tuple, dates aware."""

Condition = Callable[[Record], bool]


def comparison(field: Field, operator: str, values: list[Any], scope: Scope, cause: str) -> Condition:
    key = field.reference_name
    if field.type in LONG_TEXT or key == "System.Tags":
        return _containment(key, operator, values, cause)
    if operator.endswith("UNDER"):
        if field.type != "treePath":
            raise caused_by("TF51007: The operator cannot be used with this field.", cause)
        path = str(values[0])
        if key == "System.AreaPath" and scope.areas is not None and path.casefold() not in scope.areas:
            raise caused_by("TF51011: The specified area path does not exist.", cause)
        return _beneath(key, operator, path)
    if operator.endswith("CONTAINS"):
        if field.type not in ("string", "identity"):
            raise caused_by("TF51007: The operator cannot be used with this field.", cause)
        return _containment(key, operator, values, cause)
    wanted = [_coerce(field, value, scope, cause) for value in values]

    def spellings(record: Record) -> tuple[Any, ...]:
        value = record.get(key)
        return value or ("",) if isinstance(value, tuple) else (value,)

    def compare(record: Record, sign: str, value: Any) -> bool:
        if sign == "<>":
            return not compare(record, "=", value)
        return any(_holds(field, sign, one, value, scope) for one in spellings(record))

    if operator in ("IN", "NOT IN"):
        inside = operator == "IN"
        return lambda record: any(compare(record, "=", value) for value in wanted) == inside
    return lambda record: compare(record, operator, wanted[0])


def _holds(field: Field, sign: str, actual: Any, value: Any, scope: Scope) -> bool:
    if actual is None:
        return sign == "=" and value == ""
    if field.type == "dateTime":
        if value == "":
            return False
        actual = actual if scope.time_precision else actual.astimezone(UTC).date()
    elif isinstance(actual, str):
        actual = actual.casefold()
    elif value == "":
        return False
    return COMPARISONS[sign](actual, value)


def _coerce(field: Field, value: Any, scope: Scope, cause: str) -> Any:
    if field.type == "dateTime":
        return "" if value == "" else _moment(value, scope, cause)
    if field.type in ("integer", "double"):
        if value == "" or isinstance(value, int | float):
            return value
        try:
            return int(value) if field.type == "integer" else float(value)
        except (TypeError, ValueError) as error:
            raise caused_by("TF51012: The value is not of the type of the field.", cause) from error
    return str(value).casefold()


def moment_of(value: Any, cause: str) -> datetime:
    """The moment that a constant means; a day is its first moment. Times without a zone are UTC."""
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise caused_by("TF51013: The value is not a date.", cause) from error


def _moment(value: Any, scope: Scope, cause: str) -> datetime | date:
    moment = moment_of(value, cause)
    if scope.time_precision:
        return moment
    if (moment.hour, moment.minute, moment.second, moment.microsecond) != (0, 0, 0, 0):
        raise caused_by("You cannot supply a time with the date when running a query using date precision.", cause)
    return moment.date()


def _containment(key: str, operator: str, values: list[Any], cause: str) -> Condition:
    if operator not in ("CONTAINS", "NOT CONTAINS"):
        raise caused_by("TF51007: The operator cannot be used with this field.", cause)
    wanted, needle = operator == "CONTAINS", str(values[0]).casefold()

    def contains(record: Record) -> bool:
        value = record.get(key)
        if key == "System.Tags":
            # The product looks tags up whole: CONTAINS 'steward' does not find 'steward-draft'.
            return any(tag.casefold() == needle for tag in value or ())
        texts = value if isinstance(value, tuple) else (value,)
        return any(needle in str(text or "").casefold() for text in texts)

    return lambda record: contains(record) == wanted


def _beneath(key: str, operator: str, path: str) -> Condition:
    wanted, top = operator == "UNDER", path.casefold()

    def under(record: Record) -> bool:
        actual = str(record.get(key) or "").casefold()
        return actual == top or actual.startswith(top + "\\")

    return lambda record: under(record) == wanted
