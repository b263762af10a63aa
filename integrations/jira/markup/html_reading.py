"""The body of an {html} macro -> reading text. Old imports into Jira are full of it.

A tokeniser, not a parser: it is linear and total, and knows the few elements that make blocks.
"""

from __future__ import annotations

import html
import re

from integrations.jira.markup.reading import fenced, one_kind_of_line_end, quoted, tidied

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,10})(?![A-Za-z0-9])[^<>]{0,2000}>")
_SPACES = re.compile(r"[ \t\n]+")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,7});")
_BLOCKS = frozenset({"p", "div", "ul", "ol", "table", "tr", "pre", "blockquote"})


def read_html(body: str) -> str:
    """The reading of a piece of HTML."""
    reading = _HtmlReading()
    position = 0
    for tag in _TAG.finditer(body):
        reading.text(body[position : tag.start()])
        reading.tag(tag[2].lower(), closing=bool(tag[1]))
        position = tag.end()
    reading.text(body[position:])
    return reading.finished()


class _HtmlReading:
    """Blocks so far, and the one that is being read."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._parts: list[str] = []
        self._in_code = False
        self._quotes = 0

    def text(self, raw: str) -> None:
        if raw:
            shown = one_kind_of_line_end(_ENTITY.sub(lambda entity: html.unescape(entity[0]), raw))
            self._parts.append(shown if self._in_code else _SPACES.sub(" ", shown))

    def tag(self, name: str, *, closing: bool) -> None:
        if name == "br":
            self._parts.append("\n")
        elif name == "li":
            self._parts.append("" if closing else "\n- ")
        elif name in {"td", "th"}:
            self._parts.append(" | " if closing else "")
        elif name in _BLOCKS or (len(name) == 2 and name[0] == "h" and name[1] in "123456"):
            self._close()
            if name == "pre":
                self._in_code = not closing
            elif name == "blockquote":
                self._quotes = max(self._quotes + (-1 if closing else 1), 0)
            elif name[0] == "h" and not closing:
                self._parts.append("#" * int(name[1]) + " ")

    def finished(self) -> str:
        self._close()
        return tidied("\n\n".join(self._blocks))

    def _close(self) -> None:
        text = "".join(self._parts)
        self._parts.clear()
        if not text.strip(" \n\t|"):
            return
        if self._in_code:
            block = fenced(text.strip("\n"))
        else:
            block = "\n".join(line.strip(" ").removesuffix(" |") for line in text.strip().split("\n"))
        self._blocks.append(quoted(block) if self._quotes else block)
