"""Where in a text a section of ours stands, letter for letter (documents: but for what Jira adds on storing)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

Place = TypeVar("Place")


class SectionEditedError(ValueError):
    """The section is not in the text as it was added."""


def chosen(places: Sequence[Place], earlier: int | None) -> Place:
    """Our place among those where the very same section stands: the one after `earlier` others, or the last.

    Raises SectionEditedError where there is none.
    """
    if not places:
        raise SectionEditedError("the section is not there as it was added")
    return places[-1 if earlier is None else min(earlier, len(places) - 1)]


def in_document(document: Any, piece: Any) -> list[int]:
    """The positions of these nodes among a document's."""
    content = document.get("content") if isinstance(document, Mapping) else None
    if not isinstance(content, list) or not isinstance(piece, list) or not piece:
        return []
    wanted = [bare(node) for node in piece]
    present = [bare(node) for node in content]
    return [n for n in range(len(content) - len(piece) + 1) if present[n : n + len(piece)] == wanted]


def in_wiki(wiki: Any, piece: Any) -> list[tuple[int, int]]:
    """The stretches of wiki markup that are this, on lines of their own."""
    if not isinstance(wiki, str) or not isinstance(piece, str) or not piece:
        return []
    # A browser sends a text area back with other line ends.
    forms = sorted({re.escape(piece), re.escape(piece.replace("\n", "\r\n"))})
    return [
        match.span(1)
        for match in re.finditer(f"(?=({'|'.join(forms)}))", wiki)
        if wiki[match.end(1) : match.end(1) + 1] in {"", "\r", "\n"}
        and (piece[0] == "\n" or wiki[: match.start(1)][-1:] in {"", "\r", "\n"})
    ]


def in_line(line: Any, piece: Any) -> list[tuple[int, int]]:
    """The stretches of a line that are this, with nothing or a semicolon behind them."""
    if not isinstance(line, str) or not isinstance(piece, str) or not piece:
        return []
    found = re.finditer(f"(?=({re.escape(piece)})(?:;|$))", line)
    return [match.span(1) for match in found]


def bare(node: Any) -> Any:
    """A node without what Jira adds on storing it: local ids, and attributes and lists that hold nothing."""
    if isinstance(node, list):
        return [bare(child) for child in node]
    if not isinstance(node, Mapping):
        return node
    kept = {name: bare(value) for name, value in node.items() if name != "localId"}
    return {name: value for name, value in kept.items() if value not in (None, {}, [])}
