"""A section that the bot owns, at the end of a person's description: added, found again and removed.

Everything else stays byte for byte as it is. What was added (the piece) is kept with the receipt, so that exactly it
can be taken away again, wherever in the text it stands by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from integrations.blocks import Blocks, Bullets, Heading, Inline, Text
from integrations.jira.markup.adf_reading import read_adf
from integrations.jira.markup.adf_writing import adf_nodes
from integrations.jira.markup.wiki_tokens import unclosed
from integrations.jira.markup.wiki_writing import UserName, wiki_block
from rules.changes import Criterion

HEADING = "Acceptance criteria"
ASSUMPTION = "assumption:"


class SectionRefusedError(ValueError):
    """No section can be added behind this text: it is of an unknown form, or it would swallow the section."""


class SectionEditedError(ValueError):
    """The section is not in the text as it was added."""


@dataclass(frozen=True, slots=True)
class Added:
    """The description with the section; `piece` and `empty` (what stood there when nothing did) are for `remove`."""

    description: Any
    piece: Any
    empty: Any = None


class Sections(Protocol):
    """Sections in one of Jira's two native forms."""

    def add(self, description: Any, blocks: Blocks) -> Added:
        """Raises SectionRefusedError."""

    def remove(self, description: Any, piece: Any, empty: Any) -> Any:
        """The description without the section. Raises SectionEditedError."""

    def stored(self, description: Any, before: Any, piece: Any) -> Any:
        """The piece as Jira holds it, in a description that was `before`; None where it is not there."""

    def same(self, one: Any, other: Any) -> bool:
        """Whether two descriptions are the same; nothing and an empty one are."""


def criteria_section(criteria: tuple[Criterion, ...]) -> Blocks:
    """A heading and one bullet a criterion; an assumption is marked in italics."""
    entries: list[tuple[Inline, ...]] = []
    for criterion in criteria:
        assumed = (Text(ASSUMPTION, "emphasis"), Text(" ")) if criterion.is_assumption else ()
        entries.append((*assumed, Text(criterion.text)))
    return (Heading(3, (Text(HEADING),)), Bullets(tuple(entries)))


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
        return Added({**description, "content": [*content, *piece]}, piece, None if content else description)

    def remove(self, description: Any, piece: Any, empty: Any) -> Any:
        start = self._find(description, piece)
        if start is None:
            raise SectionEditedError("the section is not there as it was added")
        content = description["content"]
        left = [*content[:start], *content[start + len(piece) :]]
        return {**description, "content": left} if left else empty

    def stored(self, description: Any, before: Any, piece: Any) -> Any:
        if self._find(description, piece) is not None:
            return piece
        # Jira may have stored our nodes with attributes of its own, but still in their place and with their words.
        content = description.get("content") if isinstance(description, Mapping) else None
        earlier = before.get("content", []) if isinstance(before, Mapping) else []
        if not isinstance(content, list) or _bare(content[: len(earlier)]) != _bare(earlier):
            return None
        found = content[len(earlier) :]
        return found if found and read_adf({"content": found}) == read_adf({"content": piece}) else None

    def same(self, one: Any, other: Any) -> bool:
        return bool(_bare_document(one) == _bare_document(other))

    def _find(self, description: Any, piece: Any) -> int | None:
        content = description.get("content") if isinstance(description, Mapping) else None
        if not isinstance(content, list) or not isinstance(piece, list) or not piece:
            return None
        wanted = [_bare(node) for node in piece]
        present = [_bare(node) for node in content]
        for start in range(len(content) - len(piece), -1, -1):
            if present[start : start + len(piece)] == wanted:
                return start
        return None


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
        return Added(f"{description or ''}{piece}", piece, None if description else description)

    def remove(self, description: Any, piece: Any, empty: Any) -> Any:
        found = self._find(description, piece)
        if found is None:
            raise SectionEditedError("the section is not there as it was added")
        left = description[: found[0]] + description[found[1] :]
        return left or empty

    def stored(self, description: Any, before: Any, piece: Any) -> Any:
        return None if self._find(description, piece) is None else piece

    def same(self, one: Any, other: Any) -> bool:
        return (one or "") == (other or "")

    def _find(self, description: Any, piece: Any) -> tuple[int, int] | None:
        if not isinstance(description, str) or not isinstance(piece, str) or not piece:
            return None
        # A browser sends a text area back with other line ends.
        for wanted in (piece, piece.replace("\n", "\r\n")):
            start = description.rfind(wanted)
            end = start + len(wanted)
            if start >= 0 and (end == len(description) or description[end] in "\r\n"):
                return start, end
        return None


def _bare_document(document: Any) -> Any:
    if isinstance(document, Mapping) and not document.get("content"):
        return None
    return _bare(document) or None


def _bare(node: Any) -> Any:
    """A node without what Jira adds on storing it: local ids, and attributes and lists that hold nothing."""
    if isinstance(node, list):
        return [_bare(child) for child in node]
    if not isinstance(node, Mapping):
        return node
    kept = {name: _bare(value) for name, value in node.items() if name != "localId"}
    return {name: value for name, value in kept.items() if value not in (None, {}, [])}
