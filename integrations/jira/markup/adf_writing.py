"""Blocks -> Atlassian Document Format.

Text nodes are literal in ADF: Jira makes nothing in them live. Only `ItemLink` and `Mention` become links and
notifications.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from integrations.blocks import Block, Blocks, Bullets, Code, Heading, Inline, ItemLink, Mention, Paragraph, Text
from integrations.jira.markup.plain import flat, is_key, kept_lines

Node = dict[str, Any]

_MARKS = {
    "plain": (),
    "strong": ("strong",),
    "emphasis": ("em",),
    "strike": ("strike",),
    "strong_strike": ("strong", "strike"),
    "code": ("code",),
}


def adf_nodes(blocks: Blocks, browse: Callable[[str], str]) -> list[Node]:
    """The blocks as nodes of a document; `browse` gives the address of a key."""
    return [node for block in blocks for node in _block(block, browse)]


def adf_document(nodes: Iterable[Node]) -> Node:
    """The nodes as a document."""
    return {"type": "doc", "version": 1, "content": list(nodes)}


def _block(block: Block, browse: Callable[[str], str]) -> list[Node]:
    match block:
        case Paragraph(inlines):
            return [{"type": "paragraph", "content": _inlines(inlines, browse)}]
        case Heading(level, inlines):
            level = min(max(level, 1), 6)
            return [{"type": "heading", "attrs": {"level": level}, "content": _inlines(inlines, browse)}]
        case Bullets(entries):
            items = [_list_item(entry, browse) for entry in entries]
            return [{"type": "bulletList", "content": items}] if items else []
        case Code(text):
            return [{"type": "codeBlock", "attrs": {}, "content": _text(kept_lines(text), ())}]


def _list_item(entry: tuple[Inline, ...], browse: Callable[[str], str]) -> Node:
    return {"type": "listItem", "content": [{"type": "paragraph", "content": _inlines(entry, browse)}]}


def _inlines(inlines: tuple[Inline, ...], browse: Callable[[str], str]) -> list[Node]:
    nodes: list[Node] = []
    for inline in inlines:
        match inline:
            case Text(text, style):
                nodes += _text(flat(text), _MARKS[style])
            case ItemLink(key) if is_key(key):
                link = {"type": "link", "attrs": {"href": browse(key)}}
                nodes.append({"type": "text", "text": key, "marks": [link]})
            case ItemLink(key):
                nodes += _text(flat(key), ())
            case Mention(person_id, name) if person_id:
                attributes = {"id": flat(person_id), "text": f"@{flat(name)}"}
                nodes.append({"type": "mention", "attrs": attributes})
            case Mention(_, name):
                nodes += _text(f"@{flat(name)}", ())
    return nodes


def _text(text: str, marks: tuple[str, ...]) -> list[Node]:
    """One text node, or none: ADF has no empty text."""
    if not text:
        return []
    node: Node = {"type": "text", "text": text}
    if marks:
        node["marks"] = [{"type": mark} for mark in marks]
    return [node]
