"""ADF and wiki markup <-> readings and blocks. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from integrations.blocks import Blocks, Mention, Paragraph, Text
from integrations.jira.markup.adf_reading import read_adf
from integrations.jira.markup.adf_writing import adf_document, adf_nodes
from integrations.jira.markup.plain import length
from integrations.jira.markup.rewriting import (
    adf_from_reading,
    is_rewritable_adf,
    is_rewritable_wiki,
    wiki_from_reading,
)
from integrations.jira.markup.wiki_reading import read_wiki
from integrations.jira.markup.wiki_writing import wiki_block
from languages import say

LIMIT = 32_000  # Jira takes 32,767 characters in a text; some room is left for what it adds itself

Piece = TypeVar("Piece")


class Markup(Protocol):
    """One of Jira's two native forms of text."""

    def read(self, native: object) -> str:
        """The reading of a native value; total."""

    def render(self, blocks: Blocks) -> Any:
        """The native form of blocks: under Jira's limit, cut at the border of a block where need be."""

    def is_rewritable(self, native: object) -> bool:
        """Whether a native text can be built again from its reading without any loss."""

    def rewritten(self, text: str) -> Any:
        """The native text of a reading."""


class AdfMarkup:
    """Jira Cloud's documents (REST version 3)."""

    def __init__(self, browse: Callable[[str], str]) -> None:
        self._browse = browse

    def read(self, native: object) -> str:
        return read_adf(native)

    def render(self, blocks: Blocks) -> dict[str, Any]:
        pieces = [adf_nodes((block,), self._browse) for block in blocks]
        closing = adf_nodes((_cut(),), self._browse)
        return adf_document(node for piece in _within(pieces, closing, _json_length) for node in piece)

    def is_rewritable(self, native: object) -> bool:
        return is_rewritable_adf(native)

    def rewritten(self, text: str) -> Any:
        return adf_from_reading(text)


class WikiMarkup:
    """Wiki markup (Data Center, REST version 2). `user_name` finds the name in `[~name]` of a mention."""

    def __init__(self, browse: Callable[[str], str], user_name: Callable[[Mention], str | None]) -> None:
        self._browse = browse
        self._user_name = user_name

    def read(self, native: object) -> str:
        return read_wiki(native)

    def render(self, blocks: Blocks) -> str:
        pieces = [wiki_block(block, self._browse, self._user_name) for block in blocks]
        closing = wiki_block(_cut(), self._browse, self._user_name)
        return "\n\n".join(_within([piece for piece in pieces if piece.strip()], closing, length))

    def is_rewritable(self, native: object) -> bool:
        return is_rewritable_wiki(native)

    def rewritten(self, text: str) -> Any:
        return wiki_from_reading(text)


def _json_length(nodes: Sequence[dict[str, Any]]) -> int:
    return length(json.dumps(nodes, ensure_ascii=False))


def _within(pieces: list[Piece], closing: Piece, size: Callable[[Piece], int]) -> list[Piece]:
    """All pieces, or as many of the first as fit together with the closing one."""
    sizes = [size(piece) + 2 for piece in pieces]
    if sum(sizes) + 50 <= LIMIT:
        return pieces
    room, kept = LIMIT - size(closing) - 50, []
    for piece, needed in zip(pieces, sizes, strict=True):
        if needed > room:
            break
        room -= needed
        kept.append(piece)
    return [*kept, closing]


def _cut() -> Paragraph:
    return Paragraph((Text(say("This text was cut here, because it is longer than Jira takes."), "emphasis"),))
