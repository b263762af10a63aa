"""A section that the bot owns, at the end of a person's description: added, found again and removed.

Everything else stays byte for byte as it is. What was added (the piece) is kept with the receipt, so that exactly it
can be taken away again, wherever in the text it stands by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from integrations.blocks import Blocks, Bullets, Text
from integrations.jira.markup.adf_reading import read_adf
from integrations.jira.markup.adf_writing import adf_nodes
from integrations.jira.markup.places import SectionEditedError, bare, chosen, in_document, in_line, in_wiki
from integrations.jira.markup.plain import flat
from integrations.jira.markup.wiki_tokens import unclosed
from integrations.jira.markup.wiki_writing import UserName, wiki_block

__all__ = [
    "Added",
    "AdfSections",
    "LineSections",
    "SectionEditedError",
    "SectionRefusedError",
    "Sections",
    "WikiSections",
]


class SectionRefusedError(ValueError):
    """No section can be added behind this text: it is of an unknown form, or it would swallow the section."""


@dataclass(frozen=True, slots=True)
class Added:
    """The description with the section; the rest is for `remove`.

    `empty` is what stood there when nothing did; `earlier` how many times the very same section stood there already.
    """

    description: Any
    piece: Any
    empty: Any = None
    earlier: int = 0


class Sections(Protocol):
    """Sections in one of Jira's two native forms."""

    def add(self, description: Any, blocks: Blocks) -> Added:
        """Raises SectionRefusedError."""

    def remove(self, description: Any, piece: Any, empty: Any, earlier: int | None = None) -> Any:
        """The description without the section (`earlier` None: the last such). Raises SectionEditedError."""

    def stored(self, description: Any, before: Any, piece: Any) -> Any:
        """The piece as Jira holds it, in a description that was `before`; None where it is not there."""

    def same(self, one: Any, other: Any) -> bool:
        """Whether two descriptions are the same; nothing and an empty one are."""


class AdfSections:
    """Sections in documents (dicts, or None where there is no description)."""

    def __init__(self, browse: Callable[[str], str]) -> None:
        self._browse = browse

    def add(self, description: Any, blocks: Blocks) -> Added:
        piece = adf_nodes(blocks, self._browse)
        if description is None:
            return Added({"type": "doc", "version": 1, "content": piece}, piece, None)
        content = description.get("content", []) if isinstance(description, Mapping) else None
        if not isinstance(content, list):
            raise SectionRefusedError("the description is not a document")
        whole = {**description, "content": [*content, *piece]}
        return Added(whole, piece, None if content else description, len(in_document(description, piece)))

    def remove(self, description: Any, piece: Any, empty: Any, earlier: int | None = None) -> Any:
        start = chosen(in_document(description, piece), earlier)
        content = description["content"]
        left = [*content[:start], *content[start + len(piece) :]]
        return {**description, "content": left} if left else empty

    def stored(self, description: Any, before: Any, piece: Any) -> Any:
        if len(in_document(description, piece)) > len(in_document(before, piece)):
            return piece
        # Jira may have stored our nodes with attributes of its own, but still in their place and with their words.
        content = description.get("content") if isinstance(description, Mapping) else None
        earlier = before.get("content", []) if isinstance(before, Mapping) else []
        if not isinstance(content, list) or bare(content[: len(earlier)]) != bare(earlier):
            return None
        found = content[len(earlier) :]
        return found if found and read_adf({"content": found}) == read_adf({"content": piece}) else None

    def same(self, one: Any, other: Any) -> bool:
        return bool(_bare_document(one) == _bare_document(other))


class WikiSections:
    """Sections in wiki markup (strings, or None where there is no description)."""

    def __init__(self, browse: Callable[[str], str], user_name: UserName) -> None:
        self._browse = browse
        self._user_name = user_name

    def add(self, description: Any, blocks: Blocks) -> Added:
        if description is not None and not isinstance(description, str):
            raise SectionRefusedError("the description is not wiki markup")
        macro = unclosed(description or "")
        if macro:
            raise SectionRefusedError(f"the description has an unclosed {{{macro}}} that would swallow the section")
        section = "\n\n".join(wiki_block(block, self._browse, self._user_name) for block in blocks)
        piece = f"\n\n{section}" if description else section
        whole = f"{description or ''}{piece}"
        return Added(whole, piece, None if description else description, len(in_wiki(description, piece)))

    def remove(self, description: Any, piece: Any, empty: Any, earlier: int | None = None) -> Any:
        start, end = chosen(in_wiki(description, piece), earlier)
        return description[:start] + description[end:] or empty

    def stored(self, description: Any, before: Any, piece: Any) -> Any:
        return piece if len(in_wiki(description, piece)) > len(in_wiki(before, piece)) else None

    def same(self, one: Any, other: Any) -> bool:
        return (one or "") == (other or "")


class LineSections:
    """Criteria in a field of one line: strings, with semicolons between what was added and what stood there."""

    def add(self, description: Any, blocks: Blocks) -> Added:
        if description is not None and not isinstance(description, str):
            raise SectionRefusedError("the field is not a line of text")
        entries = [entry for block in blocks if isinstance(block, Bullets) for entry in block.entries]
        line = "; ".join(flat("".join(part.text for part in entry if isinstance(part, Text))) for entry in entries)
        piece = f"; {line}" if description else line
        whole = f"{description or ''}{piece}"
        return Added(whole, piece, None if description else description, len(in_line(description, piece)))

    def remove(self, description: Any, piece: Any, empty: Any, earlier: int | None = None) -> Any:
        start, end = chosen(in_line(description, piece), earlier)
        return description[:start] + description[end:] or empty

    def stored(self, description: Any, before: Any, piece: Any) -> Any:
        return piece if len(in_line(description, piece)) > len(in_line(before, piece)) else None

    def same(self, one: Any, other: Any) -> bool:
        return (one or "") == (other or "")


def _bare_document(document: Any) -> Any:
    if isinstance(document, Mapping) and not document.get("content"):
        return None
    return bare(document) or None
