"""Atlassian Document Format -> reading text. Total: no document, however odd, makes it fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from integrations.jira.markup.reading import entry, fenced, joined, one_kind_of_line_end, one_line, quoted, tidied

DEEPEST = 24  # what lies deeper is read without its structure


def read_adf(document: object) -> str:
    """The reading of a document (a dict as the API gives it, or None). A plain string is taken as text."""
    if isinstance(document, str):
        return tidied(one_kind_of_line_end(document))
    return tidied(_blocks(_content(document), 0, quote=False))


def _content(node: object) -> list[Any]:
    content = node.get("content") if isinstance(node, Mapping) else None
    return content if isinstance(content, list) else []


def _attribute(node: Mapping[str, Any], name: str) -> str:
    attributes = node.get("attrs")
    value = attributes.get(name) if isinstance(attributes, Mapping) else None
    if isinstance(value, int) and abs(value) < 10**18:
        return str(value)
    return one_kind_of_line_end(value) if isinstance(value, str) else ""


def _kind(node: object) -> str:
    kind = node.get("type") if isinstance(node, Mapping) else None
    return kind if isinstance(kind, str) else ""


def _blocks(nodes: list[Any], depth: int, *, quote: bool) -> str:
    """Runs of inline nodes are one paragraph; every other node is a block of its own."""
    if depth > DEEPEST:
        return quoted(_flat(nodes)) if quote else _flat(nodes)
    blocks: list[str] = []
    run: list[Any] = []
    for node in nodes:
        if _is_inline(node):
            run.append(node)
            continue
        blocks += [_inlines(run), _block(node, depth, quote)]
        run = []
    return joined([*blocks, _inlines(run)])


def _is_inline(node: object) -> bool:
    return _kind(node) == "text" or _kind(node) in _INLINE


def _block(node: object, depth: int, quote: bool) -> str:
    if not isinstance(node, Mapping):
        return ""
    kind = _kind(node)
    content = _content(node)
    if kind == "heading":
        level = _attribute(node, "level")
        return "#" * (int(level) if level in {"1", "2", "3", "4", "5", "6"} else 1) + " " + one_line(_inlines(content))
    if kind == "codeBlock":
        return fenced(_flat(content), _attribute(node, "language"))
    if kind == "blockquote":
        inside = _blocks(content, depth + 1, quote=True)
        return inside if quote else quoted(inside)
    if kind in _LISTS:
        return "\n".join(_entries(node, kind, depth, quote))
    if kind == "table":
        return "\n".join(_row(row, depth) for row in content)
    if kind == "rule":
        return "---"
    title = _attribute(node, "title") if kind in {"expand", "nestedExpand"} else ""
    return joined([title, _blocks(content, depth + 1, quote=quote)])


_LISTS = frozenset({"bulletList", "orderedList", "taskList", "decisionList"})


def _entries(node: Mapping[str, Any], kind: str, depth: int, quote: bool) -> list[str]:
    entries = []
    start = _attribute(node, "order")
    number = int(start) if start.isdecimal() and len(start) < 7 else 1
    for child in _content(node):
        inside = _blocks(_content(child), depth + 1, quote=quote)
        mark = "-"
        if kind == "orderedList":
            mark = f"{number}."
            number += 1
        elif isinstance(child, Mapping) and _kind(child) == "taskItem":
            mark = "- [x]" if _attribute(child, "state") == "DONE" else "- [ ]"
        elif _kind(child) == "taskList":
            mark, inside = " ", _block(child, depth + 1, quote)
        entries.append(entry(mark, inside))
    return entries


def _row(row: object, depth: int) -> str:
    return " | ".join(one_line(_blocks(_content(cell), depth + 2, quote=False)) for cell in _content(row))


def _inlines(nodes: list[Any]) -> str:
    return "".join(_inline(node) for node in nodes).strip()


def _inline(node: object) -> str:
    kind = _kind(node)
    if not isinstance(node, Mapping):
        return ""
    if kind == "text":
        return _marked(node)
    return _INLINE[kind](node) if kind in _INLINE else _flat([node])


def _marked(node: Mapping[str, Any]) -> str:
    value = node.get("text")
    text = one_kind_of_line_end(value) if isinstance(value, str) else ""
    marks = node.get("marks")
    for mark in marks if isinstance(marks, list) else []:
        kind = _kind(mark)
        if kind == "code":
            text = f"`{text}`"
        elif kind == "strike":
            text = f"~~{text}~~"
        elif kind == "link":
            address = _attribute(mark, "href")
            text = f"{text} ({address})" if address and address != text else text
    return text


def _mention(node: Mapping[str, Any]) -> str:
    return "@" + (_attribute(node, "text").lstrip("@") or _attribute(node, "id"))


def _date(node: Mapping[str, Any]) -> str:
    try:
        return datetime.fromtimestamp(int(_attribute(node, "timestamp")) / 1000, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def _media(node: Mapping[str, Any]) -> str:
    return f"[attachment {_attribute(node, 'alt')}]".replace(" ]", "]")


def _extension(node: Mapping[str, Any]) -> str:
    return _attribute(node, "text")


_INLINE: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "hardBreak": lambda node: "\n",
    "mention": _mention,
    "emoji": lambda node: _attribute(node, "text") or _attribute(node, "shortName"),
    "date": _date,
    "status": lambda node: _attribute(node, "text"),
    "placeholder": lambda node: "",
    "inlineCard": lambda node: _attribute(node, "url"),
    "blockCard": lambda node: _attribute(node, "url"),
    "embedCard": lambda node: _attribute(node, "url"),
    "media": _media,
    "mediaInline": _media,
    "inlineExtension": _extension,
    "extension": _extension,
}


def _flat(nodes: list[Any]) -> str:
    """All text below these nodes, without recursion."""
    stack, parts = list(reversed(nodes)), []
    while stack:
        node = stack.pop()
        if isinstance(node, Mapping):
            text = node.get("text")
            if isinstance(text, str):
                parts.append(one_kind_of_line_end(text))
            elif _kind(node) == "hardBreak":
                parts.append("\n")
            stack.extend(reversed(_content(node)))
    return "".join(parts)
