"""A whole description written anew from a reading of it, and whether that loses nothing of the one that is there. Pure.

A description may be rewritten only where headings, flat lists, plain paragraphs and code are all that it holds: then
its native form can be rebuilt from its reading. In doubt it may not.
"""

from __future__ import annotations

import html
import re

from integrations.azure_devops.markup import Markup, TextFormat
from integrations.azure_devops.reading import LONGEST, reading
from integrations.blocks import Block, Blocks, Bullets, Code, Heading, Inline, Paragraph, Text

_HEADING = re.compile(r"(#{1,6}) (.+)")
_FENCE = re.compile(r"(`{3,})")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)\s*/?>")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ODD = re.compile(r"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")
_LIVE = re.compile(r"[*_`~\[\]<>|\\&$]|^\s*(?:[0-9]+[.)]|[+>=-]\s|[-=]{2,}\s*$)", re.MULTILINE)


def is_rewritable(native: str, text_format: str) -> bool:
    """Whether the native text could be rebuilt from its reading without loss."""
    if not native.strip():
        return not native
    if len(native) > LONGEST or _ODD.search(native):
        return False
    rebuilt = rewritten(reading(native, text_format), text_format)
    if text_format == "markdown":
        return _plain_markdown(native) and _ESCAPED.sub(r"\1", rebuilt) == native.replace("\r\n", "\n").strip("\n")
    return _bare(native) is not None and _bare(native) == _bare(rebuilt)


def rewritten(text: str, text_format: str) -> str:
    """The native text that reads as `text`."""
    form: TextFormat = "markdown" if text_format == "markdown" else "html"
    return Markup("").render(blocks_of(text), form, limit=10 * LONGEST)


def blocks_of(text: str) -> Blocks:
    """A reading as blocks; what is none of heading, list or code is a paragraph, line by line."""
    found: list[Block] = []
    entries: list[tuple[Inline, ...]] = []
    code: list[str] | None = None
    fence = ""
    for line in [*text.replace("\r\n", "\n").split("\n"), ""]:
        if code is not None:
            if line.startswith(fence) and not line.strip("`"):
                found.append(Code("\n".join(code)))
                code = None
            else:
                code.append(line)
            continue
        if line.startswith("- ") and line[2:].strip():
            entries.append((Text(line[2:].strip()),))
            continue
        if entries:
            found.append(Bullets(tuple(entries)))
            entries = []
        if opened := _FENCE.match(line):
            fence, code = opened[1], []
        elif heading := _HEADING.fullmatch(line):
            found.append(Heading(len(heading[1]), (Text(heading[2].strip()),)))
        elif line.strip():
            found.append(Paragraph((Text(line.strip()),)))
    if code is not None:
        found.append(Code("\n".join(code[:-1])))
    return tuple(found)


def _plain_markdown(native: str) -> bool:
    """Whether nothing in a Markdown text is markup but headings and "- " lists."""
    without_bullets = re.sub(r"^- ", "", native, flags=re.MULTILINE)
    return not _LIVE.search(without_bullets)


def _bare(native: str) -> str | None:
    """An HTML text in one spelling, or None where it holds more than bare blocks."""
    kept: list[str] = []
    position = 0
    for tag in _TAG.finditer(native):
        kept.append(_words(native[position : tag.start()]))
        position = tag.end()
        name = {"div": "p"}.get(tag[2].lower(), tag[2].lower())
        if name not in ("p", "ul", "li", "h1", "h2", "h3", "h4", "h5", "h6", "br"):
            return None
        kept.append("\x00</p>\x00\x00<p>\x00" if name == "br" else f"\x00<{tag[1]}{name}>\x00")
    kept.append(_words(native[position:]))
    joined = "".join(kept)
    if "<" in re.sub(r"\x00[^\x00]*\x00", "", joined):
        return None  # an element with attributes, a comment, or a sign that a browser may take for one
    if "\x00" not in joined:
        joined = f"\x00<p>\x00{joined}\x00</p>\x00"
    return html.unescape(joined.replace("\x00<p>\x00\x00</p>\x00", ""))


def _words(text: str) -> str:
    return " ".join(text.split())
