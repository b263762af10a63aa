"""The small neutral rich text that comments and sections are built from.

Every tracker's markup module renders these blocks into its own form. Text in a span is data: a renderer must show it
letter for letter and let nothing in it become a link, an image, a mention or a macro. The only live things are
`ItemLink` and `Mention`, and only code builds those.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text with a style; newlines are not allowed inside (use another block)."""

    text: str
    style: Literal["plain", "strong", "emphasis", "strike", "strong_strike", "code"] = "plain"


@dataclass(frozen=True, slots=True)
class ItemLink:
    """A link to a work item of the same connection, shown as its key."""

    key: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A notification to a person, by the tracker's stable id; the name is shown where the tracker needs it."""

    person_id: str
    name: str


Inline = Text | ItemLink | Mention


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph."""

    inlines: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading, level 1 to 6."""

    level: int
    inlines: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """A flat bullet list, one tuple of inlines an entry."""

    entries: tuple[tuple[Inline, ...], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A block of preformatted text; newlines are kept."""

    text: str


Block = Paragraph | Heading | Bullets | Code
Blocks = tuple[Block, ...]


_TYPES: dict[str, Any] = {kind.__name__: kind for kind in (Text, ItemLink, Mention, Paragraph, Heading, Bullets, Code)}


def pack(blocks: Blocks) -> list[dict[str, Any]]:
    """Blocks as JSON, for storing."""
    return [_pack(block) for block in blocks]


def unpack(packed: list[dict[str, Any]]) -> Blocks:
    """Blocks from what `pack` gave. Raises KeyError or TypeError for anything else."""
    return tuple(_unpack(block) for block in packed)


def _pack(node: Block | Inline) -> dict[str, Any]:
    fields = asdict(node)
    match node:
        case Paragraph() | Heading():
            fields["inlines"] = [_pack(inline) for inline in node.inlines]
        case Bullets():
            fields["entries"] = [[_pack(inline) for inline in entry] for entry in node.entries]
    return {"type": type(node).__name__, **fields}


def _unpack(packed: dict[str, Any]) -> Any:
    fields = {name: value for name, value in packed.items() if name != "type"}
    if "inlines" in fields:
        fields["inlines"] = tuple(_unpack(inline) for inline in fields["inlines"])
    if "entries" in fields:
        fields["entries"] = tuple(tuple(_unpack(inline) for inline in entry) for entry in fields["entries"])
    return _TYPES[packed["type"]](**fields)
