"""Atlassian Document Format: what Jira Cloud takes, its wiki form, its look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from typing import Any

# Node -> what it may hold. "inline" and "block" stand for the two families below; () for leaves.
_INLINE = (
    "text",
    "hardBreak",
    "mention",
    "emoji",
    "inlineCard",
    "date",
    "status",
    "placeholder",
    "mediaInline",
    "inlineExtension",
)
_BLOCK = (
    *("paragraph", "heading", "bulletList", "orderedList", "codeBlock", "blockquote", "panel", "rule", "table"),
    *("mediaSingle", "mediaGroup", "expand", "taskList", "decisionList", "blockCard", "embedCard", "extension"),
    *("bodiedExtension", "layoutSection"),
)
_IN_ITEM = ("paragraph", "bulletList", "orderedList", "codeBlock", "mediaSingle", "taskList", "extension")
_IN_CELL = (*_BLOCK, "nestedExpand")
_CONTENT: Mapping[str, tuple[str, ...]] = {
    "doc": _BLOCK,
    "paragraph": _INLINE,
    "heading": _INLINE,
    "bulletList": ("listItem",),
    "orderedList": ("listItem",),
    "listItem": _IN_ITEM,
    "codeBlock": ("text",),
    "blockquote": ("paragraph", "bulletList", "orderedList", "codeBlock", "mediaSingle", "mediaGroup", "extension"),
    "panel": _BLOCK,
    "rule": (),
    "table": ("tableRow",),
    "tableRow": ("tableCell", "tableHeader"),
    "tableCell": _IN_CELL,
    "tableHeader": _IN_CELL,
    "mediaSingle": ("media", "caption"),
    "mediaGroup": ("media",),
    "caption": _INLINE,
    "media": (),
    "expand": (*_BLOCK, "nestedExpand"),
    "nestedExpand": _BLOCK,
    "taskList": ("taskItem", "taskList", "blockTaskItem"),
    "taskItem": _INLINE,
    "blockTaskItem": ("paragraph", "extension"),
    "decisionList": ("decisionItem",),
    "decisionItem": _INLINE,
    "blockCard": (),
    "embedCard": (),
    "extension": (),
    "bodiedExtension": _BLOCK,
    "layoutSection": ("layoutColumn",),
    "layoutColumn": _BLOCK,
    **dict.fromkeys(_INLINE, ()),
}
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "heading": ("level",),
    "mention": ("id",),
    "emoji": ("shortName",),
    "date": ("timestamp",),
    "status": ("text", "color"),
    "panel": ("panelType",),
    "taskList": ("localId",),
    "taskItem": ("localId", "state"),
    "decisionList": ("localId",),
    "decisionItem": ("localId", "state"),
}
_NOT_EMPTY = frozenset({"bulletList", "orderedList", "listItem", "blockquote", "panel", "table", "tableRow", "expand"})
_MARKS = frozenset(
    {
        *("strong", "em", "code", "strike", "underline", "subsup", "textColor", "backgroundColor", "link"),
        *("annotation", "border", "alignment", "indentation", "breakout", "fragment", "dataConsumer", "fontSize"),
    }
)
_WITH_CODE = frozenset({"code", "link", "annotation"})
_DEEPEST = 60


def adf_problem(document: Any) -> str | None:
    """Why Jira Cloud would not take this as a document, or None."""
    if not isinstance(document, Mapping) or document.get("type") != "doc":
        return "not a document"
    if document.get("version") != 1 or isinstance(document.get("version"), bool):
        return "no version"
    if not isinstance(document.get("content"), list):
        return "no content"
    return _problem(document, 0)


def _problem(node: Mapping[str, Any], depth: int) -> str | None:
    kind = str(node.get("type"))
    if depth > _DEEPEST:
        return "too deep"
    children = node.get("content", [])
    if not isinstance(children, list) or (kind in _NOT_EMPTY and not children):
        return f"content of {kind}"
    found = _own_problem(kind, node)
    if found:
        return found
    for child in children:
        if not isinstance(child, Mapping) or child.get("type") not in _CONTENT[kind]:
            return f"unknown child of {kind}"
        found = _problem(child, depth + 1)
        if found:
            return found
    return None


def _own_problem(kind: str, node: Mapping[str, Any]) -> str | None:
    attributes = node.get("attrs", {})
    if not isinstance(attributes, Mapping) or any(name not in attributes for name in _REQUIRED.get(kind, ())):
        return f"attributes of {kind}"
    if kind == "heading" and attributes["level"] not in (1, 2, 3, 4, 5, 6):
        return "heading level"
    marks = node.get("marks", [])
    if not isinstance(marks, list) or not all(isinstance(mark, Mapping) for mark in marks):
        return "marks"
    kinds = {str(mark.get("type")) for mark in marks}
    if not kinds <= _MARKS or ("code" in kinds and not kinds <= _WITH_CODE):
        return "marks"
    for mark in marks:
        target = mark.get("attrs", {})
        if mark["type"] == "link" and (not isinstance(target, Mapping) or not isinstance(target.get("href"), str)):
            return "link without a target"
    if kind == "text" and (not isinstance(node.get("text"), str) or not node["text"]):
        return "empty text"
    return None


def _children(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = node.get("content")
    return [child for child in content if isinstance(child, Mapping)] if isinstance(content, list) else []


def _attrs(node: Mapping[str, Any]) -> Mapping[str, Any]:
    attributes = node.get("attrs")
    return attributes if isinstance(attributes, Mapping) else {}


# ADF -> wiki

_WIKI_MARKS = {"strong": "*", "em": "_", "strike": "-", "underline": "+"}


def adf_to_wiki(document: Any) -> str:
    """The document as Jira's wiki markup, as REST version 2 and webhooks show it."""
    if not isinstance(document, Mapping):
        return "" if document is None else str(document)
    return "\n\n".join(part for part in (_wiki_block(node, "", 0) for node in _children(document)) if part)


def _wiki_block(node: Mapping[str, Any], bullets: str, depth: int) -> str:
    kind, children = str(node.get("type")), _children(node)
    if depth > _DEEPEST:
        return ""
    if kind in ("bulletList", "orderedList"):
        return "\n".join(
            _wiki_item(item, bullets + ("*" if kind == "bulletList" else "#"), depth + 1) for item in children
        )
    if kind == "heading":
        return f"h{_attrs(node).get('level', 1)}. {_wiki_inline(children)}"
    if kind == "codeBlock":
        language = _attrs(node).get("language")
        return "{code" + (f":{language}" if language else "") + "}\n" + _plain(children) + "\n{code}"
    if kind == "blockquote":
        return "{quote}" + "\n\n".join(_wiki_block(child, "", depth + 1) for child in children) + "{quote}"
    if kind == "panel":
        return "{panel}\n" + "\n\n".join(_wiki_block(child, "", depth + 1) for child in children) + "\n{panel}"
    if kind == "rule":
        return "----"
    if kind == "table":
        return "\n".join(_wiki_row(row, depth + 1) for row in children)
    if kind in ("taskItem", "decisionItem"):
        return "* " + _wiki_inline(children)
    if children and all(child.get("type") in _INLINE for child in children):
        return _wiki_inline(children)
    return "\n\n".join(_wiki_block(child, "", depth + 1) for child in children)


def _wiki_item(item: Mapping[str, Any], bullets: str, depth: int) -> str:
    parts = []
    for child in _children(item):
        text = _wiki_block(child, bullets, depth)
        parts.append(text if child.get("type") in ("bulletList", "orderedList") else f"{bullets} {text}")
    return "\n".join(parts)


def _wiki_row(row: Mapping[str, Any], depth: int) -> str:
    cells = []
    for cell in _children(row):
        bar = "||" if cell.get("type") == "tableHeader" else "|"
        cells.append(bar + " ".join(_wiki_block(child, "", depth) for child in _children(cell)))
    return "".join(cells) + ("||" if cells and cells[-1].startswith("||") else "|")


def _wiki_inline(nodes: Iterable[Mapping[str, Any]]) -> str:
    return "".join(_wiki_piece(node) for node in nodes)


def _wiki_piece(node: Mapping[str, Any]) -> str:
    kind, attributes = node.get("type"), _attrs(node)
    if kind == "hardBreak":
        return "\n"
    if kind == "mention":
        return f"[~accountid:{attributes.get('id', '')}]"
    if kind == "inlineCard":
        return f"[{attributes.get('url', '')}]"
    if kind != "text":
        return str(attributes.get("text") or attributes.get("shortName") or "")
    text = _wiki_escape(str(node.get("text", "")))
    for mark in node.get("marks") or []:
        mark_kind = mark.get("type") if isinstance(mark, Mapping) else None
        if mark_kind == "code":
            text = "{{" + text + "}}"
        elif mark_kind == "link":
            text = f"[{text}|{_attrs(mark).get('href', '')}]"
        elif mark_kind in _WIKI_MARKS:
            text = _WIKI_MARKS[mark_kind] + text + _WIKI_MARKS[mark_kind]
    return text


def _wiki_escape(text: str) -> str:
    return "".join("\\" + letter if letter in "{}[]!|" else letter for letter in text)


def _plain(nodes: Iterable[Mapping[str, Any]]) -> str:
    return "".join(str(node.get("text", "")) for node in nodes)


# ADF -> HTML

_HTML_MARKS = {"strong": "strong", "em": "em", "strike": "del", "underline": "u", "code": "code"}
_HTML_BLOCKS = {
    "paragraph": "p",
    "bulletList": "ul",
    "orderedList": "ol",
    "listItem": "li",
    "blockquote": "blockquote",
    "table": "table",
    "tableRow": "tr",
    "tableCell": "td",
    "tableHeader": "th",
    "expand": "details",
    "taskList": "ul",
    "taskItem": "li",
    "decisionList": "ul",
    "decisionItem": "li",
}


def adf_to_html(document: Mapping[str, Any], name_of: Callable[[str], str] = str) -> str:
    """The document as HTML; every text is escaped, and link targets are left to the sanitiser."""
    return "".join(_html(node, name_of, 0) for node in _children(document))


def _html(node: Mapping[str, Any], name_of: Callable[[str], str], depth: int) -> str:
    kind, attributes = str(node.get("type")), _attrs(node)
    if depth > _DEEPEST:
        return ""
    if kind == "text":
        return _html_text(node)
    if kind in ("hardBreak", "rule"):
        return "<br>" if kind == "hardBreak" else "<hr>"
    if kind == "mention":
        name = name_of(str(attributes.get("id", ""))).lstrip("@")
        return f'<span class="mention">@{escape(name)}</span>'
    if kind in ("inlineCard", "blockCard", "embedCard"):
        url = str(attributes.get("url", ""))
        return f'<a href="{escape(url)}">{escape(url)}</a>'
    inside = "".join(_html(child, name_of, depth + 1) for child in _children(node))
    if kind == "heading":
        level = attributes.get("level") if attributes.get("level") in (1, 2, 3, 4, 5, 6) else 1
        return f"<h{level}>{inside}</h{level}>"
    if kind == "codeBlock":
        return f"<pre><code>{inside}</code></pre>"
    if kind == "panel":
        return f'<div class="panel">{inside}</div>'
    if kind in _HTML_BLOCKS:
        title = f"<summary>{escape(str(attributes.get('title', '')))}</summary>" if kind == "expand" else ""
        return f"<{_HTML_BLOCKS[kind]}>{title}{inside}</{_HTML_BLOCKS[kind]}>"
    return inside or escape(str(attributes.get("text") or attributes.get("shortName") or ""))


def _html_text(node: Mapping[str, Any]) -> str:
    html = escape(str(node.get("text", "")))
    for mark in node.get("marks") or []:
        kind = mark.get("type") if isinstance(mark, Mapping) else None
        if kind == "link":
            html = f'<a href="{escape(str(_attrs(mark).get("href", "")))}">{html}</a>'
        elif kind in _HTML_MARKS:
            html = f"<{_HTML_MARKS[kind]}>{html}</{_HTML_MARKS[kind]}>"
    return html
