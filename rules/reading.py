"""Take a reading apart: headings, list entries, sentences; code and quotes set aside."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from rules.sections import Section, section_of

READ_CHARACTERS = 40_000
"""Rules read this much of a text: what lies beyond it is nearly always a pasted log."""

_READ_LINES = 2_000
_LINE_CHARACTERS = 2_000
_TITLE_CHARACTERS = 300
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_HEADING = re.compile(r"(#{1,6})\s+(\S.*)")
_ENTRY = re.compile(r"(?:[-*+•\u2013]|\(?\d{1,3}[.)]|\(\*\)|[a-z]\))\s+(\S.*)")
_CHECKBOX = re.compile(r"\[([ xX])\]\s*(.*)")
_LABEL = re.compile(r"([^:：\n]{2,60})[:：]\s*(.*)")  # noqa: RUF001 - the colon of Chinese and Japanese texts
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+(?=[\"'(\[A-Z0-9À-ÞА-Я])|(?<=[。！？])")  # noqa: RUF001 - other scripts' full stops
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|approx|ca|no|fig|st|dr|mr|mrs)\.$", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_](?:[^\W_]|['\u2019-](?=[^\W_]))*")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a reading. `section` is what the heading or label above it announces, `depth` its indent in lists.

    `checked` is None where the entry has no check box.
    """

    kind: Literal["heading", "entry", "text", "code", "quote"]
    text: str
    section: Section | None = None
    depth: int = 0
    checked: bool | None = None


def clean(text: str) -> str:
    """The text without characters that cannot be seen, cut to what rules read."""
    return _INVISIBLE.sub("", text[:READ_CHARACTERS].replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " "))


def headline(summary: str) -> str:
    """The title in one line, without characters that cannot be seen."""
    return " ".join(clean(summary[: 4 * _TITLE_CHARACTERS]).split())[:_TITLE_CHARACTERS]


def read(text: str) -> tuple[Line, ...]:
    """The lines of a reading, blank ones left out."""
    lines: list[Line] = []
    section: Section | None = None
    fenced = False
    for raw in clean(text).split("\n", _READ_LINES)[:_READ_LINES]:
        stripped = raw.strip()[:_LINE_CHARACTERS]
        if stripped.startswith("```"):
            fenced = not fenced
        elif fenced or not stripped:
            if stripped:
                lines.append(Line("code", stripped, section))
        elif stripped.startswith(">"):
            lines.append(Line("quote", stripped.lstrip("> "), section))
        else:
            found = _line(stripped, len(raw) - len(raw.lstrip()), section)
            section = found[-1].section
            lines.extend(found)
    return tuple(lines)


def _line(stripped: str, depth: int, section: Section | None) -> list[Line]:
    """One visible line; a label ("Expected: a receipt") becomes a heading and the text behind it."""
    if heading := _HEADING.fullmatch(stripped):
        return [Line("heading", heading[2].strip(" #:*_"), section_of(heading[2]))]
    entry = _ENTRY.fullmatch(stripped)
    body = entry[1] if entry else stripped
    label = _LABEL.fullmatch(body.strip("*_ "))
    named = section_of(label[1]) if label else None
    if named is not None and label is not None:
        rest = label[2].strip("*_ ")
        heading_line = Line("heading", label[1].strip(" *_"), named)
        return [heading_line, Line("text", rest, named)] if rest else [heading_line]
    if entry is None:
        bare = section_of(stripped) if len(stripped) <= 60 and stripped[-1] not in ".!?," else None
        return [Line("heading", stripped.strip("*_ "), bare)] if bare is not None else [Line("text", stripped, section)]
    box = _CHECKBOX.fullmatch(body)
    if box is None:
        return [Line("entry", body, section, depth)]
    return [Line("entry", box[2], section, depth, box[1] in "xX")] if box[2] else [Line("text", "", section)]


def sentences(lines: Iterable[Line]) -> tuple[tuple[str, Section | None], ...]:
    """The sentences people wrote, with the section each stands in: no headings, code or quotes.

    Lines of text that belong together are joined first, because a sentence may run over several.
    """
    paragraphs: list[tuple[str, Section | None, bool]] = []
    for line in lines:
        if (
            line.kind == "text"
            and paragraphs
            and paragraphs[-1][2]
            and paragraphs[-1][1] == line.section
            and line.text[:1].islower()
        ):
            paragraphs[-1] = (f"{paragraphs[-1][0]} {line.text}", line.section, True)
        elif line.kind in ("text", "entry"):
            paragraphs.append((line.text, line.section, line.kind == "text"))
        else:
            paragraphs.append(("", line.section, False))
    found: list[tuple[str, Section | None]] = []
    for text, section, _ in paragraphs:
        held = ""
        for piece in _SENTENCE_END.split(text):
            held = f"{held} {piece}".strip()
            if held and not _ABBREVIATION.search(held[-12:]):
                found.append((held, section))
                held = ""
        if held:
            found.append((held, section))
    return tuple(found)


def words(text: str) -> list[str]:
    """The words of a text as written; numbers and punctuation left out."""
    return _WORD.findall(text)


def shorten(text: str, limit: int = 90) -> str:
    """The text, cut at a word to at most `limit` characters."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:.-") + "…"
