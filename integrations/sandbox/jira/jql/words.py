"""A query cut into its words."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<quoted>"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+')"""
    r"""|(?P<sign><=|>=|!=|!~|[=<>~(),])|(?P<word>[^\s"'=<>!~(),]++)|(?P<bad>\S)"""
)


class JqlError(ValueError):
    """What Jira says about a query it does not take."""


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    quoted: bool
    at: int

    def is_(self, *words: str) -> bool:
        return not self.quoted and self.text.casefold() in words


def words_of(text: str) -> list[Word]:
    """Raises JqlError."""
    words = []
    for found in _TOKEN.finditer(text):
        at = found.start(found.lastgroup or 0) + 1
        if found["bad"]:
            raise JqlError(
                f"Error in the JQL Query: The character '{found['bad']}' is a reserved JQL character. You must enclose "
                f"it in a string or use the escape '\\u{ord(found['bad']):04x}' instead. (line 1, character {at})"
            )
        if found["quoted"]:
            words.append(Word(re.sub(r"\\(.)", r"\1", found["quoted"][1:-1]), True, at))
        else:
            words.append(Word(found["sign"] or found["word"], False, at))
    return words
