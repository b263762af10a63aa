"""Jira's wiki markup: read into blocks, shown as HTML, turned into ADF the way Jira Cloud does for REST version 2."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any, Literal

from integrations.sandbox.markup.inline import Piece, pieces

_HEADING = re.compile(r"\s{0,8}h([1-6])\.\s(.*)", re.DOTALL)
_ITEM = re.compile(r"\s{0,8}([*#-]{1,12})\s+(\S.*)", re.DOTALL)
_FENCE = re.compile(r"(?<!\\)\{(code|noformat)(?::[^{}\n]{0,200})?\}")
_OPENED = re.compile(r"(?<!\\)\{(code|noformat|quote|panel|info|note|warning|tip)(?::[^{}\n]{0,200})?\}")

BlockKind = Literal["paragraph", "heading", "list", "code", "quote", "panel", "rule", "table"]


@dataclass(slots=True)
class Block:
    """One block. `text` is a paragraph's or heading's line(s) or a code block's text; `items` are (signs, text) of a
    list; `rows` are rows of (is a header, text) of a table; `inside` are the blocks of a quote or panel."""

    kind: BlockKind
    text: str = ""
    level: int = 0
    items: list[tuple[str, str]] = field(default_factory=list)
    rows: list[list[tuple[bool, str]]] = field(default_factory=list)
    inside: list[Block] = field(default_factory=list)


def blocks(text: str, depth: int = 0) -> Iterator[Block]:
    """The blocks of a wiki text, in order; nothing is lost but the markup."""
    at = 0
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    while at < len(text):
        found = _next_frame(text, at, depth)
        if found is None:
            yield from _lines(text[at:])
            return
        start, kind, inner, end = found
        yield from _lines(text[at:start])
        if kind in ("code", "noformat"):
            yield Block("code", inner.removeprefix("\n").removesuffix("\n"))
        else:
            yield Block("quote" if kind == "quote" else "panel", inside=list(blocks(inner, depth + 1)))
        at = end


def _next_frame(text: str, at: int, depth: int) -> tuple[int, str, str, int] | None:
    opened = (_OPENED if depth < 5 else _FENCE).search(text, at)
    if opened is None:
        return None
    closing = "{" + opened[1] + "}"
    end = text.find(closing, opened.end())
    if end < 0:
        return None  # never closed: it is text, and so is whatever follows it
    return opened.start(), opened[1], text[opened.end() : end], end + len(closing)


def _lines(text: str) -> Iterator[Block]:
    current: Block | None = None
    for line in text.split("\n"):
        made = _line(line)
        if current is not None and made is not None and made.kind == current.kind:
            if made.kind == "paragraph":
                current.text += "\n" + made.text
                continue
            if made.kind == "list":
                current.items += made.items
                continue
            if made.kind == "table":
                current.rows += made.rows
                continue
        if current is not None:
            yield current
        current = made
    if current is not None:
        yield current


def _line(line: str) -> Block | None:
    bare = line.strip()
    if not bare:
        return None
    if len(bare) >= 4 and set(bare) == {"-"}:
        return Block("rule")
    heading = _HEADING.fullmatch(line)
    if heading:
        return Block("heading", heading[2].strip(), int(heading[1]))
    if bare.startswith("bq. "):
        return Block("quote", inside=[Block("paragraph", bare[4:])])
    item = _ITEM.fullmatch(line)
    if item:
        return Block("list", items=[(item[1], item[2])])
    if bare.startswith("|") and bare.endswith("|") and len(bare) > 2:
        return Block("table", rows=[_cells(bare)])
    return Block("paragraph", bare)


def _cells(row: str) -> list[tuple[bool, str]]:
    header = row.startswith("||")
    mark = "||" if header else "|"
    return [(header, cell.strip()) for cell in row.strip("|").split(mark)]


# HTML


def wiki_to_html(text: str, name_of: Callable[[str], str] = str, browse: str = "/browse/") -> str:
    """As a Jira Data Center page shows it; every text is escaped."""
    return "".join(_html(block, name_of, browse) for block in blocks(text))


def _html(block: Block, name_of: Callable[[str], str], browse: str) -> str:
    def line(text: str) -> str:
        return "".join(_html_piece(piece, name_of, browse) for piece in pieces(text))

    if block.kind == "heading":
        return f"<h{block.level}>{line(block.text)}</h{block.level}>"
    if block.kind == "code":
        return f"<pre><code>{escape(block.text)}</code></pre>"
    if block.kind in ("quote", "panel"):
        inside = "".join(_html(inner, name_of, browse) for inner in block.inside)
        return f"<blockquote>{inside}</blockquote>" if block.kind == "quote" else f'<div class="panel">{inside}</div>'
    if block.kind == "rule":
        return "<hr>"
    if block.kind == "table":
        rows = "".join(
            "<tr>"
            + "".join(f"<t{'h' if head else 'd'}>{line(cell)}</t{'h' if head else 'd'}>" for head, cell in row)
            + "</tr>"
            for row in block.rows
        )
        return f"<table><tbody>{rows}</tbody></table>"
    if block.kind == "list":
        return _html_list(block.items, line)
    return f"<p>{line(block.text)}</p>"


def _html_list(items: list[tuple[str, str]], line: Callable[[str], str]) -> str:
    html, opened = "", ""
    for signs, text in items:
        while not signs.startswith(opened) or len(opened) > len(signs):
            html, opened = html + _close(opened[-1]), opened[:-1]
        if opened == signs:
            html += "</li><li>"
        while len(opened) < len(signs):
            sign = signs[len(opened)]
            html, opened = html + ("<ol><li>" if sign == "#" else "<ul><li>"), opened + sign
        html += line(text)
    for sign in reversed(opened):
        html += _close(sign)
    return html


def _close(sign: str) -> str:
    return "</li></ol>" if sign == "#" else "</li></ul>"


_TAGS = {"strong": "strong", "em": "em", "strike": "del", "underline": "u"}


def _html_piece(piece: Piece, name_of: Callable[[str], str], browse: str) -> str:
    text = escape(piece.text)
    if piece.kind in _TAGS:
        inside = "".join(_html_piece(inner, name_of, browse) for inner in pieces(piece.text))
        return f"<{_TAGS[piece.kind]}>{inside}</{_TAGS[piece.kind]}>"
    if piece.kind == "code":
        return f"<code>{text}</code>"
    if piece.kind == "mention":
        return f'<span class="mention">@{escape(name_of(piece.text))}</span>'
    if piece.kind == "key":
        return f'<a href="{escape(browse)}{text}">{text}</a>'
    if piece.kind == "link":
        return f'<a href="{escape(piece.target)}">{text}</a>'
    if piece.kind == "image":
        return f'<span class="image">[image: {text}]</span>'
    return "<br>" if piece.kind == "break" else text


# ADF


def wiki_to_adf(text: str) -> dict[str, Any]:
    """What Jira Cloud keeps when REST version 2 brings a wiki text."""
    return {"type": "doc", "version": 1, "content": [node for block in blocks(text) for node in _adf(block)]}


def _adf(block: Block) -> list[dict[str, Any]]:
    if block.kind == "heading":
        return [{"type": "heading", "attrs": {"level": block.level}, "content": _adf_line(block.text)}]
    if block.kind == "code":
        return [
            {"type": "codeBlock", "attrs": {}, "content": [{"type": "text", "text": block.text}] if block.text else []}
        ]
    if block.kind in ("quote", "panel"):
        return [_adf_frame(block)]
    if block.kind == "rule":
        return [{"type": "rule"}]
    if block.kind == "table":
        return [{"type": "table", "content": [_adf_row(row) for row in block.rows]}]
    if block.kind == "list":
        return _adf_lists(block.items)
    return [{"type": "paragraph", "content": _adf_line(block.text)}]


def _adf_frame(block: Block) -> dict[str, Any]:
    inside = [node for inner in block.inside for node in _adf(inner)] or [{"type": "paragraph", "content": []}]
    if block.kind == "panel":
        taken = ("paragraph", "heading", "bulletList", "orderedList", "codeBlock", "rule")
        kept = [node for node in inside if node["type"] in taken]
        return {
            "type": "panel",
            "attrs": {"panelType": "info"},
            "content": kept or [{"type": "paragraph", "content": []}],
        }
    quotable = ("paragraph", "bulletList", "orderedList", "codeBlock")
    kept = [
        node if node["type"] in quotable else {"type": "paragraph", "content": node.get("content", [])}
        for node in inside
        if node["type"] in (*quotable, "heading")
    ]
    return {"type": "blockquote", "content": kept or [{"type": "paragraph", "content": []}]}


def _adf_row(row: list[tuple[bool, str]]) -> dict[str, Any]:
    cells: list[dict[str, Any]] = [
        {
            "type": "tableHeader" if header else "tableCell",
            "attrs": {},
            "content": [{"type": "paragraph", "content": _adf_line(cell)}],
        }
        for header, cell in row
    ]
    return {"type": "tableRow", "content": cells}


def _adf_lists(items: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Lists by the signs before each entry; a deeper entry goes into the last entry above it."""
    top: list[dict[str, Any]] = []
    opened: list[tuple[str, dict[str, Any]]] = []
    for signs, text in items:
        while opened and not signs.startswith(opened[-1][0]):
            opened.pop()
        if not opened or len(opened[-1][0]) < len(signs):
            made: dict[str, Any] = {"type": "orderedList" if signs[-1] == "#" else "bulletList", "content": []}
            (opened[-1][1]["content"][-1]["content"] if opened else top).append(made)
            opened.append((signs, made))
        opened[-1][1]["content"].append(
            {"type": "listItem", "content": [{"type": "paragraph", "content": _adf_line(text)}]}
        )
    return top


_ADF_MARKS = {"strong": "strong", "em": "em", "strike": "strike", "underline": "underline"}


def _adf_line(text: str, marks: tuple[dict[str, Any], ...] = ()) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = []
    for piece in pieces(text):
        if piece.kind in _ADF_MARKS:
            nodes += _adf_line(piece.text, (*marks, {"type": _ADF_MARKS[piece.kind]}))
        elif piece.kind == "mention":
            nodes.append({"type": "mention", "attrs": {"id": piece.text, "text": f"@{piece.text}"}})
        elif piece.kind == "break":
            nodes.append({"type": "hardBreak"})
        else:
            nodes.append(_adf_text(piece, marks))
    return nodes


def _adf_text(piece: Piece, marks: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    own: tuple[dict[str, Any], ...] = marks
    if piece.kind == "code":
        own = ({"type": "code"},)
    elif piece.kind == "link":
        own = (*marks, {"type": "link", "attrs": {"href": piece.target}})
    text = f"!{piece.text}!" if piece.kind == "image" else piece.text
    node: dict[str, Any] = {"type": "text", "text": text}
    unique = {mark["type"]: mark for mark in own}
    return {**node, "marks": list(unique.values())} if unique else node
