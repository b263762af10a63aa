"""Sections that the bot owns at the foot of a person's text, which stays as it is to the last byte. Pure.

Added, a section is always the end of the text; taken away, it must still be there letter for letter, at the end or
right before a block that is surely another one. Before it is added, the text is checked for anything left open (a tag,
a comment, a code fence) that would swallow it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import nh3

from integrations.azure_devops.markup import Markup, TextFormat
from integrations.blocks import Blocks, Bullets

_LONGEST = 1_000_000  # characters that the product takes in one text
_MARKS = "-*+"
_DEEPEST = 200  # open elements; nh3 takes time that grows with the square of the depth
# Every element that may hold others is kept for the check, so that one left open shows.
_TAGS = (
    nh3.ALLOWED_TAGS
    | {"font", "form", "button", "label", "fieldset", "legend", "select", "option", "optgroup", "datalist", "output"}
    | {"template", "object", "address", "main", "dialog", "menu", "nobr", "big", "marquee", "svg", "math", "slot"}
    | {"video", "audio", "canvas", "picture", "noscript", "progress", "meter", "textarea"}
)
_ELEMENT = re.compile(r"<(/?)[a-zA-Z][^<>]*>")
_BLOCK = re.compile(r"\s*<(?:div|p|h[1-6]|ul|ol|table|blockquote|pre|hr|br)[\s/>]")
_FENCE = re.compile(r"((?:[ \t>]|[*+-][ \t]|[0-9]{1,9}[.)][ \t]){0,40})(`{3,}|~{3,})(.*)", re.DOTALL)


class UnclosedTextError(ValueError):
    """The text has something open in which a section at its end would not be a section of its own."""


class SectionEditedError(ValueError):
    """The section is not at the end of the text as it was added: somebody has edited it."""


@dataclass(frozen=True, slots=True)
class Extended:
    """A text with the section (`value`), and exactly what was added to it (`section`)."""

    value: str
    section: str


def add(native: str, blocks: Blocks, text_format: TextFormat) -> Extended:
    """Adds a section to a native text. Raises UnclosedTextError where it would not be one of its own there."""
    added = Markup("").render(blocks, text_format, limit=_LONGEST)
    if text_format == "markdown":
        if blocks and isinstance(blocks[0], Bullets):
            added = _list_of_its_own(native, added)
        if native:
            added = f"\n\n{added}"
    if not (_markdown_stands_alone(native) if text_format == "markdown" else _html_stands_alone(native)):
        raise UnclosedTextError("something in the text is not closed, so a section after it would become part of it")
    if len(native) + len(added) > _LONGEST:
        raise UnclosedTextError("the text would be longer than the tracker takes")
    return Extended(native + added, added)


def remove(native: str, section: str, text_format: TextFormat) -> str:
    """The text without the section. Raises SectionEditedError unless it is there, letter for letter."""
    at = find(native, section, text_format)
    if at is None:
        raise SectionEditedError("the section has been edited")
    return native[:at] + native[at + len(section) :]


def find(native: str, section: str, text_format: TextFormat) -> int | None:
    """Where a section stands as it was added, at the end of the text or before another block; None if nowhere."""
    if not section:
        return None
    # What was added to an empty text has no blank line before it, and is looked for where it was put.
    first = native.startswith(section) and _ends_here(native[len(section) :], section, text_format)
    if first and not section.startswith("\n"):
        return 0
    at = native.rfind(section)
    while at >= 0 and not _ends_here(native[at + len(section) :], section, text_format):
        at = native.rfind(section, 0, at + len(section) - 1)
    return at if at >= 0 else None


def _ends_here(rest: str, section: str, text_format: TextFormat) -> bool:
    if text_format != "markdown":
        return not rest or _BLOCK.match(rest) is not None
    mark = re.escape(section.rpartition("\n")[2][:1])
    return not rest or re.match(rf"\n\n(?!{mark}(?:\s|$))\S", rest) is not None


def _list_of_its_own(native: str, rendered: str) -> str:
    """The list with a mark that no list of the text has, because lists of the same mark become one."""
    for mark in _MARKS:
        if not re.search(rf"^[ \t>0-9.)*+-]*{re.escape(mark)}[ \t]", native, re.MULTILINE):
            return "\n".join(f"{mark}{line[1:]}" for line in rendered.split("\n"))
    raise UnclosedTextError("the text holds lists of every kind, so one more would become part of the last")


def _html_stands_alone(native: str) -> bool:
    """Whether a browser would read what follows the text as it would read it alone."""
    deepest = depth = 0
    for element in _ELEMENT.finditer(native):
        depth += -1 if element[1] else 1
        deepest = max(deepest, depth)
    if deepest > _DEEPEST:
        return False
    probe = "<h3>x</h3><ul><li>x</li></ul>"
    return _parsed(native + probe) == _parsed(native) + probe


def _parsed(native: str) -> str:
    return nh3.clean(native, tags=_TAGS, link_rel=None)


def _markdown_stands_alone(native: str) -> bool:
    prose = _without_fences(native)
    if prose is None:
        return False
    if any(prose.count(mark) % 2 for mark in ("$$", ":::")):
        return False
    prose = _without_code_spans(prose)
    if "<?" in prose or "<![" in prose or "<!" in prose.replace("<!--", ""):
        return False
    return "<" not in prose or _html_stands_alone(prose)


def _without_fences(native: str) -> str | None:
    """The text outside fenced code, or None where a fence may be open at the end.

    A fence within a list or a quote ends with it, so only fences that close at the indent at which they opened are
    taken for closed; in doubt the answer is None.
    """
    outside: list[str] = []
    opened: tuple[str, str] | None = None
    for line in native.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        mark = _FENCE.fullmatch(line.expandtabs(4))
        if not mark:
            if opened is None:
                outside.append(line)
            continue
        prefix, ticks, rest = mark[1], mark[2], mark[3]
        if opened is None:
            if not (ticks[0] == "`" and "`" in rest):
                opened = (prefix, ticks)
            else:
                outside.append(line)
        elif ticks.startswith(opened[1]) and not rest.strip():
            if prefix != opened[0] or len(prefix) > 3 or prefix.strip():
                return None
            opened = None
    return None if opened else "\n".join(outside)


def _without_code_spans(prose: str) -> str:
    """Inline code taken out: it may show tags that are none. A span lies within one paragraph."""
    return "\n\n".join(_without_spans_of(paragraph) for paragraph in re.split(r"\n[ \t]*\n", prose))


def _without_spans_of(paragraph: str) -> str:
    runs = list(re.finditer(r"`+", paragraph))
    later: dict[int, list[int]] = {}
    for index in range(len(runs) - 1, -1, -1):
        later.setdefault(len(runs[index][0]), []).append(index)
    kept: list[str] = []
    position = index = 0
    while index < len(runs):
        same = later[len(runs[index][0])]
        while same and same[-1] <= index:
            same.pop()
        if same:
            kept.append(paragraph[position : runs[index].start()])
            index = same[-1]
            position = runs[index].end()
        index += 1
    kept.append(paragraph[position:])
    return "".join(kept)
