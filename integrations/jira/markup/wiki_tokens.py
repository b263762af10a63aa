"""The macros of Jira's wiki markup, found in linear time.

`{code}`, `{noformat}` and `{html}` take everything up to their own end as it stands; `{quote}`, `{panel}` and
`{color}` hold markup. A macro that is never closed takes the rest of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

VERBATIM = frozenset({"code", "noformat", "html"})

MANY = 50  # so many open macros are not closed again by anybody

_TAG = re.compile(r"(?<!\\)\{(code|noformat|html|quote|panel|color)(?::([^{}\n]{0,500}))?\}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of text, the body of a verbatim macro, or one tag of a macro that holds markup.

    `closed` is False for a verbatim body that nothing ends.
    """

    kind: Literal["text", "verbatim", "tag"]
    text: str
    name: str = ""
    argument: str = ""
    closed: bool = True


def tokens(wiki: str) -> Iterator[Token]:
    """The text cut at its macros."""
    position = 0
    body: tuple[str, str, int] | None = None
    for match in _TAG.finditer(wiki):
        name, argument = match[1].lower(), match[2]
        if body is not None:
            if name == body[0] and argument is None:
                yield Token("verbatim", wiki[body[2] : match.start()], name, body[1])
                body, position = None, match.end()
            continue
        if match.start() > position:
            yield Token("text", wiki[position : match.start()])
        position = match.end()
        if name in VERBATIM:
            body = (name, argument or "", match.end())
        else:
            yield Token("tag", match[0], name, argument or "")
    if body is not None:
        yield Token("verbatim", wiki[body[2] :], body[0], body[1], closed=False)
    elif position < len(wiki):
        yield Token("text", wiki[position:])


def unclosed(wiki: str) -> str | None:
    """The name of a macro that would take whatever is written after this text, or None."""
    open_macros: list[str] = []
    for token in tokens(wiki):
        if token.kind == "verbatim" and not token.closed:
            return token.name
        if token.kind == "tag":
            if token.name in open_macros and not token.argument:
                del open_macros[open_macros.index(token.name) :]
            else:
                open_macros.append(token.name)
        if len(open_macros) > MANY:
            break
    return open_macros[0] if open_macros else None
