"""A whole text from a reading: only for texts whose native form holds nothing that a reading leaves out.

Whether that is so is found by doing it: what is built from the reading must be the native text again. In doubt it is
not, and the text is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from integrations.blocks import Code
from integrations.jira.markup.adf_reading import read_adf
from integrations.jira.markup.places import bare
from integrations.jira.markup.plain import kept_lines
from integrations.jira.markup.reading import one_kind_of_line_end
from integrations.jira.markup.wiki_reading import read_wiki
from integrations.jira.markup.wiki_writing import escaped, wiki_block

_FENCE = re.compile(r"(`{3,})([A-Za-z0-9+#-]{1,20})")
_HEADING = re.compile(r"(#{1,6}) (\S.*)")
_BULLET = re.compile(r"- (\S.*)")
_NUMBER = re.compile(r"([0-9]{1,6})\. (\S.*)")
_LANGUAGE = re.compile(r"[a-z0-9+#-]{1,20}")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A heading, a paragraph of lines, a list, or code; `note` is the level of a heading or the language of code."""

    kind: Literal["heading", "lines", "bullets", "numbers", "code"]
    lines: tuple[str, ...]
    note: str = ""


def is_rewritable_adf(document: Any) -> bool:
    """Whether a document can be built again from its reading without any loss; nothing at all can."""
    if document is None:
        return True
    if not isinstance(document, Mapping) or document.get("type") != "doc":
        return False
    rebuilt = adf_from_reading(read_adf(document))
    return bool(_usual(bare(document.get("content"))) == _usual(bare(rebuilt["content"])))


def is_rewritable_wiki(wiki: Any) -> bool:
    """The same for wiki markup, but for blank lines around it and the kind of its line ends."""
    if wiki is None:
        return True
    return isinstance(wiki, str) and wiki_from_reading(read_wiki(wiki)) == one_kind_of_line_end(wiki).strip("\n")


def adf_from_reading(text: str) -> dict[str, Any]:
    """A document that reads as this text."""
    return {"type": "doc", "version": 1, "content": [_node(piece) for piece in _pieces(text)]}


def wiki_from_reading(text: str) -> str:
    """Wiki markup that reads as this text."""
    return "\n\n".join(_wiki(piece) for piece in _pieces(text))


def _pieces(text: str) -> Iterator[_Piece]:
    lines = kept_lines(text).split("\n")
    run: list[str] = []
    position = 0
    while position < len(lines):
        fence = _FENCE.fullmatch(lines[position])
        if fence is not None and fence[1] in lines[position + 1 :]:
            end = lines.index(fence[1], position + 1)
            yield from _chunk(run)
            run = []
            yield _Piece("code", tuple(lines[position + 1 : end]), fence[2])
            position = end
        elif lines[position].strip():
            run.append(lines[position])
        else:
            yield from _chunk(run)
            run = []
        position += 1
    yield from _chunk(run)


def _chunk(lines: list[str]) -> Iterator[_Piece]:
    if not lines:
        return
    heading = _HEADING.fullmatch(lines[0])
    bullets = [_BULLET.fullmatch(line) for line in lines]
    numbers = [_NUMBER.fullmatch(line) for line in lines]
    if heading and len(lines) == 1:
        yield _Piece("heading", (heading[2],), str(len(heading[1])))
    elif all(bullets):
        yield _Piece("bullets", tuple(found[1] for found in bullets if found))
    elif all(found and int(found[1]) == n for n, found in enumerate(numbers, 1)):
        yield _Piece("numbers", tuple(found[2] for found in numbers if found))
    else:
        yield _Piece("lines", tuple(lines))


def _node(piece: _Piece) -> dict[str, Any]:
    if piece.kind == "code":
        words = "\n".join(piece.lines)
        language = {} if piece.note == "text" else {"language": piece.note}
        return {"type": "codeBlock", "attrs": language, "content": _words(words)}
    if piece.kind == "heading":
        return {"type": "heading", "attrs": {"level": int(piece.note)}, "content": _words(piece.lines[0])}
    if piece.kind == "lines":
        return _paragraph(piece.lines)
    items = [{"type": "listItem", "content": [_paragraph((line,))]} for line in piece.lines]
    return {"type": "bulletList" if piece.kind == "bullets" else "orderedList", "content": items}


def _paragraph(lines: tuple[str, ...]) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for line in lines:
        content += [{"type": "hardBreak"}, *_words(line)] if content else _words(line)
    return {"type": "paragraph", "content": content}


def _words(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text}] if text else []


def _usual(node: Any) -> Any:
    """A node without what says no more than its absence: a list that begins at one."""
    if isinstance(node, list):
        return [_usual(child) for child in node]
    if not isinstance(node, dict):
        return node
    kept = {name: _usual(value) for name, value in node.items()}
    if kept.get("type") == "orderedList" and kept.get("attrs") == {"order": 1}:
        del kept["attrs"]
    return kept


def _wiki(piece: _Piece) -> str:
    if piece.kind == "code":
        return _wiki_code("\n".join(piece.lines), piece.note)
    if piece.kind == "heading":
        return f"h{piece.note}. {escaped(piece.lines[0])}"
    if piece.kind == "lines":
        return "\n".join(escaped(line) for line in piece.lines)
    mark = "*" if piece.kind == "bullets" else "#"
    return "\n".join(f"{mark} {escaped(line)}" for line in piece.lines)


def _wiki_code(text: str, language: str) -> str:
    if language == "text" or "{code" in text.lower() or not _LANGUAGE.fullmatch(language):
        return wiki_block(Code(text), str, lambda mention: None)
    return f"{{code:{language}}}\n{text}\n{{code}}"
