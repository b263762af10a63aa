"""Words and signs inside one line of Jira's wiki markup, read in one pass."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "strong", "em", "strike", "underline", "code", "link", "mention", "image", "key", "break"]

# One alternative a construct; every run excludes its own end and the line's, and is bounded, so a failed try is short.
_PIECE = re.compile(
    r"""(?P<escaped>\\[\\{}\[\]()!|*_+\-~^?#&%@])
    |(?P<entity>&(?:\#[0-9]{1,5}|amp|lt|gt|quot);)
    |\{\{(?P<code>[^{}\n]{1,500})\}\}
    |\[~(?:accountid:)?(?P<mention>[^\[\]\s|]{1,128})\]
    |\[(?:(?P<alias>[^\[\]|\n]{1,500})\|)?(?P<target>[^\[\]|\s]{1,1000})\]
    |(?<![A-Za-z0-9])!(?P<image>[^!\s|]{1,500})(?:\|[^!\n]{0,100})?!(?![A-Za-z0-9])
    |(?<![A-Za-z0-9*])\*(?P<strong>[^\s*][^*\n]{0,500})\*(?![A-Za-z0-9*])
    |(?<![A-Za-z0-9_])_(?P<em>[^\s_][^_\n]{0,500})_(?![A-Za-z0-9_])
    |(?<![A-Za-z0-9-])-(?P<strike>[^\s-][^\-\n]{0,500})-(?![A-Za-z0-9-])
    |(?<![A-Za-z0-9+])\+(?P<underline>[^\s+][^+\n]{0,500})\+(?![A-Za-z0-9+])
    |(?P<url>https?://[^\s\[\]|<>"{}]{1,1000})
    |(?<![A-Za-z0-9-])(?P<key>[A-Z][A-Z0-9]{1,9}-[1-9][0-9]{0,8})(?![A-Za-z0-9-])
    |(?P<break>\\\\|\n)""",
    re.VERBOSE | re.ASCII,
)

# Jira lets character entities through, so that text can hold a sign that would otherwise be markup.
_ENTITY = re.compile(r"&(?:#[0-9]{1,5}|amp|lt|gt|quot);")


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece: `text` is what shows (for a mention its id), `target` a link's or an image's address."""

    kind: Kind
    text: str
    target: str = ""


def pieces(line: str) -> Iterator[Piece]:
    """The pieces of a line (or of lines joined by newlines), in order."""
    start, plain = 0, ""
    for found in _PIECE.finditer(line):
        plain += line[start : found.start()]
        start = found.end()
        if found["escaped"] and found["escaped"] != "\\\\":
            plain += found["escaped"][1]
            continue
        if found["entity"]:
            plain += html.unescape(found["entity"])
            continue
        if plain:
            yield Piece("text", plain)
            plain = ""
        yield _piece(found)
    plain += line[start:]
    if plain:
        yield Piece("text", plain)


def _piece(found: re.Match[str]) -> Piece:
    if found["code"]:
        return Piece("code", _ENTITY.sub(lambda entity: html.unescape(entity[0]), found["code"]))
    for kind in ("mention", "strong", "em", "strike", "underline", "key"):
        if found[kind]:
            return Piece(kind, found[kind])
    if found["target"]:
        return Piece("link", found["alias"] or found["target"], found["target"])
    if found["image"]:
        return Piece("image", found["image"], found["image"])
    if found["url"]:
        return Piece("link", found["url"], found["url"])
    return Piece("break", "\n")
