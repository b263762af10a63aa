"""Pure: how the bot puts names, times and other people's words into its sentences.

Whatever comes from outside becomes one clean line of data; the only live things are links to keys that code
vouches for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Literal

from bot.words.command_words import typed
from integrations.blocks import Block, Blocks, Bullets, Heading, Inline, ItemLink, Mention, Paragraph, Text
from languages import Place, enumeration, pieces, say

Style = Literal["plain", "strong", "emphasis", "strike", "strong_strike", "code"]

CUT = "\N{HORIZONTAL ELLIPSIS}"
_MARK = "\N{OBJECT REPLACEMENT CHARACTER}"

_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})  # controls, invisible and bidi, halves, private, unassigned
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")  # letters by category that show nothing
_KEY = re.compile(r"(?<![\w/.#-])(?:[A-Za-z][A-Za-z0-9_]{0,30}-[0-9]{1,9}|#[0-9]{1,9})(?![\w-])")


def _is_seen(character: str) -> bool:
    if character in _BLANKS or "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef":
        return False
    return unicodedata.category(character) not in _DROPPED


def unseen(text: str) -> int:
    """How many characters of a text a reader cannot see (line ends and tabs aside)."""
    return sum(not _is_seen(character) for character in text if not character.isspace())


def clean(text: str, limit: int) -> str:
    """One line without control or invisible characters, at most `limit` characters; what is cut ends in an ellipsis."""
    spaced = "".join(" " if character.isspace() else character for character in text[: 4 * limit + 1000])
    seen = " ".join("".join(filter(_is_seen, spaced)).split())
    if len(seen) <= limit and len(text) <= 4 * limit + 1000:
        return seen
    return seen[: limit - 1].rstrip() + CUT


def plain(text: str) -> Text:
    """A span in plain style."""
    return Text(text)


def strong(text: str) -> Text:
    """A span in bold."""
    return Text(text, "strong")


def emphasis(text: str) -> Text:
    """A span in italics."""
    return Text(text, "emphasis")


def command(text: str) -> Text:
    """A command, or a label, as it is typed."""
    return Text(text, "code")


def to_type(verb: str, *arguments: object) -> Text:
    """A command of the bot's, as people of the language type it."""
    return command(typed(verb, *arguments))


def spoken(sentence: str, style: Style = "plain", /, **values: str | Inline | tuple[Inline, ...]) -> tuple[Inline, ...]:
    """One whole sentence in the language that is spoken, each value in its place; texts are in the sentence's style."""
    inlines: list[Inline] = []
    for piece in pieces(sentence):
        match values[piece.name] if isinstance(piece, Place) else piece:
            case str() as text:
                inlines.append(Text(text, style))
            case Text() | ItemLink() | Mention() as inline:
                inlines.append(inline)
            case several:
                inlines += several
    return tuple(inlines)


def enumerated(parts: Iterable[Inline], style: Style = "plain") -> tuple[Inline, ...]:
    """As `enumeration`, of links; what stands between them is in the style."""
    listed = list(parts)
    words = enumeration(_MARK for _ in listed).split(_MARK)
    inlines: list[Inline] = [Text(words[0], style)]
    for inline, after in zip(listed, words[1:], strict=True):
        inlines += [inline, Text(after, style)]
    return tuple(inlines)


def quoted(text: str, limit: int) -> str:
    """Other people's words in quotation marks."""
    return say("\N{LEFT DOUBLE QUOTATION MARK}{words}\N{RIGHT DOUBLE QUOTATION MARK}", words=clean(text, limit))


def linked(text: str, known_keys: Collection[str], style: Style = "plain") -> tuple[Inline, ...]:
    """A clean text in which the keys that code vouches for are links."""
    if text in known_keys:
        return (ItemLink(text),)
    inlines: list[Inline] = []
    position = 0
    for match in _KEY.finditer(text):
        key = match[0].removeprefix("#")
        if key not in known_keys:
            continue
        if match.start() > position:
            inlines.append(Text(text[position : match.start()], style))
        inlines.append(ItemLink(key))
        position = match.end()
    if position < len(text):
        inlines.append(Text(text[position:], style))
    return tuple(inlines)


def sentence(text: str) -> str:
    """The text with a full stop unless it ends like a sentence."""
    return text if not text or text[-1] in f".?!{CUT}" else text + "."


def tidy(blocks: Iterable[Block]) -> Blocks:
    """The blocks with neighbouring spans of one style joined, and no styled span that begins or ends with a space.

    Trackers' own markup ("*bold*") needs both to be read as meant.
    """
    return tuple(_tidy_block(block) for block in blocks)


def _tidy_block(block: Block) -> Block:
    if isinstance(block, Paragraph):
        return Paragraph(_tidy_inlines(block.inlines))
    if isinstance(block, Bullets):
        return Bullets(tuple(_tidy_inlines(entry) for entry in block.entries))
    return block


def _tidy_inlines(inlines: Iterable[Inline]) -> tuple[Inline, ...]:
    apart = (piece for inline in _joined(inlines) for piece in _spaces_apart(inline))
    return tuple(_joined(apart))


def _joined(inlines: Iterable[Inline]) -> list[Inline]:
    joined: list[Inline] = []
    for inline in inlines:
        last = joined[-1] if joined else None
        if isinstance(inline, Text) and isinstance(last, Text) and inline.style == last.style:
            joined[-1] = Text(last.text + inline.text, inline.style)
        elif inline != Text(""):
            joined.append(inline)
    return joined


def _spaces_apart(inline: Inline) -> tuple[Inline, ...]:
    if not isinstance(inline, Text) or inline.style == "plain":
        return (inline,)
    core = inline.text.strip(" ")
    before = inline.text[: len(inline.text) - len(inline.text.lstrip(" "))]
    after = inline.text[len(before) + len(core) :]
    return tuple(filter(lambda span: span.text, (Text(before), Text(core, inline.style), Text(after))))


def block_size(block: Block) -> int:
    """Characters that a block shows."""
    if isinstance(block, Paragraph | Heading):
        return sum(map(_inline_size, block.inlines))
    if isinstance(block, Bullets):
        return sum(_inline_size(inline) for entry in block.entries for inline in entry)
    return len(block.text)


def _inline_size(inline: Inline) -> int:
    if isinstance(inline, Text):
        return len(inline.text)
    return len(inline.key) if isinstance(inline, ItemLink) else len(inline.name)
