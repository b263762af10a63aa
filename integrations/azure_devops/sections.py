"""A section that the bot owns at the foot of a person's description, which stays as it is to the last byte. Pure.

Added, the section is always the end of the text; taken away, it must still be there letter for letter. Before it is
added, the person's text is checked for anything left open (a tag, a comment, a code fence) that would swallow it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import nh3

from integrations.azure_devops.markup import Markup, TextFormat
from integrations.blocks import Bullets, Heading, Text
from rules.changes import Criterion

HEADING = "Acceptance criteria"

_DEEPEST = 200  # open elements; nh3 takes time that grows with the square of the depth
# Every element that may hold others is kept for the check, so that one left open shows.
_TAGS = (
    nh3.ALLOWED_TAGS
    | {"font", "form", "button", "label", "fieldset", "legend", "select", "option", "optgroup", "datalist", "output"}
    | {"template", "object", "address", "main", "dialog", "menu", "nobr", "big", "marquee", "svg", "math", "slot"}
    | {"video", "audio", "canvas", "picture", "noscript", "progress", "meter", "textarea"}
)
_ELEMENT = re.compile(r"<(/?)[a-zA-Z][^<>]*>")
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


def add(native: str, criteria: tuple[Criterion, ...], text_format: TextFormat) -> Extended:
    """Adds the section "Acceptance criteria" to a native text. Raises UnclosedTextError."""
    entries = tuple(
        (Text("assumption:", "emphasis"), Text(f" {one.text}")) if one.is_assumption else (Text(one.text),)
        for one in criteria
    )
    blocks = (Heading(3, (Text(HEADING),)), Bullets(entries))
    section = Markup("").render(blocks, text_format, limit=1_000_000)
    if text_format == "markdown" and native:
        section = f"\n\n{section}"
    if not (_markdown_stands_alone(native, section) if text_format == "markdown" else _html_stands_alone(native)):
        raise UnclosedTextError("something in the text is not closed, so a section after it would become part of it")
    return Extended(native + section, section)


def remove(native: str, section: str) -> str:
    """The text without the section. Raises SectionEditedError unless the section is at its end, letter for letter."""
    if not section or not native.endswith(section):
        raise SectionEditedError("the section has been edited")
    return native[: -len(section)]


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


def _markdown_stands_alone(native: str, section: str) -> bool:
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
