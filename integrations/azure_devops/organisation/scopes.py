"""A scope, as an administrator writes it, as a condition of a query. Pure.

A scope is the path of an area, meaning everything under it, or a condition in the query language of the product. It
is put in brackets behind the condition on the project, so it must be a condition and nothing else.
"""

from __future__ import annotations

import re

from integrations.tracker import Invalid

_TOKEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\[[^\[\]]*\]|[A-Za-z_][\w.]*|.", re.DOTALL)
_OTHER_CLAUSES = {
    "SELECT": "SELECT",
    "FROM": "FROM",
    "WHERE": "WHERE",
    "ORDER": "ORDER BY",
    "ASOF": "ASOF",
    "MODE": "MODE",
}
_LONGEST = 8_000  # characters, of the 32,000 that a query may have


def condition(scope: str) -> str:
    """The condition in brackets; empty for an empty scope. Raises Invalid, in words for an administrator."""
    scope = scope.strip()
    if not scope:
        return ""
    if len(scope) > _LONGEST:
        raise Invalid(f"The scope is longer than {_LONGEST} characters.")
    if is_area(scope):
        path = scope.strip("\\").replace("'", "''")
        return f"([System.AreaPath] UNDER '{path}')"
    _check(scope)
    return f"({scope})"


def is_area(scope: str) -> bool:
    """Whether a scope is the path of an area: it compares nothing."""
    return not re.search(r"[\[\]=<>]", scope) and not re.match(r"\s*(?:System|Microsoft|Custom)\.\w", scope)


def _check(scope: str) -> None:
    depth = 0
    for piece in _TOKEN.findall(scope):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth -= 1
            if depth < 0:
                raise Invalid("The scope closes a bracket that it has not opened.")
        elif piece in ("'", '"'):
            raise Invalid("The scope has a quotation mark that is not closed.")
        elif piece in ("[", "]"):
            raise Invalid("The scope has a square bracket that is not closed.")
        elif clause := _OTHER_CLAUSES.get(piece.upper()):
            raise Invalid(f"The scope must be a condition only: leave out {clause} and what follows it.")
        elif piece in (";", "{", "}"):
            raise Invalid(f"The scope holds a character that a condition cannot have: {piece}")
    if depth:
        raise Invalid("The scope opens a bracket that it does not close.")
