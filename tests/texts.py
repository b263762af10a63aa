"""Plain words as a tracker's editor would store them, and stored text as people read it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from integrations.sandbox.markup import to_html
from integrations.sandbox.records import Flavour, Item

CRITERIA_FIELD = "Microsoft.VSTS.Common.AcceptanceCriteria"


def native(flavour: Flavour, text: str) -> Any:
    """Paragraphs, "## " headings and "- " lists in the flavour's own form."""
    blocks = [_block(part) for part in text.split("\n\n")]
    if flavour == "jira-cloud":
        return {"version": 1, "type": "doc", "content": [_adf(kind, lines) for kind, lines in blocks]}
    if flavour == "azure-devops":
        return "".join(_html(kind, lines) for kind, lines in blocks)
    return "\n\n".join(_wiki(kind, lines) for kind, lines in blocks)


def below(flavour: Flavour, body: Any, text: str) -> Any:
    """A native body with a text put below it."""
    added = native(flavour, text)
    if body is None:
        return added
    if flavour == "jira-cloud":
        return {**body, "content": [*body["content"], *added["content"]]}
    return body + added if flavour == "azure-devops" else f"{body}\n\n{added}"


def seen(flavour: Flavour, body: Any, format: str = "html") -> str:
    """A native body as people read it."""
    html = to_html(flavour, body, format)
    broken = re.sub(r"</(p|div|li|h\d|pre)>|<br ?/?>", "\n", html)
    return unescape(re.sub(r"<[^>]*>", "", broken)).strip()


def item_seen(flavour: Flavour, item: Item) -> str:
    """What people read of an item: its description, and its acceptance criteria where they have a field."""
    text = seen(flavour, item.description, item.formats.get("description", "html"))
    criteria = item.fields.get(CRITERIA_FIELD)
    return f"{text}\nAcceptance criteria\n{seen(flavour, criteria)}" if criteria else text


def _block(part: str) -> tuple[str, list[str]]:
    lines = part.split("\n")
    if lines[0].startswith("## "):
        return "heading", [lines[0][3:]]
    if all(line.startswith("- ") for line in lines):
        return "list", [line[2:] for line in lines]
    return "paragraph", lines


def _adf(kind: str, lines: list[str]) -> dict[str, Any]:
    if kind == "list":
        entries = [{"type": "listItem", "content": [_adf("paragraph", [line])]} for line in lines]
        return {"type": "bulletList", "content": entries}
    inline: list[dict[str, Any]] = []
    for line in lines:
        inline += [{"type": "hardBreak"}] if inline else []
        inline += [{"type": "text", "text": line}] if line else []
    attributes = {"attrs": {"level": 2}} if kind == "heading" else {}
    return {"type": kind, **attributes, "content": inline}


def _html(kind: str, lines: list[str]) -> str:
    escaped = [line.replace("&", "&amp;").replace("<", "&lt;") for line in lines]
    if kind == "list":
        return "<ul>" + "".join(f"<li>{line}</li>" for line in escaped) + "</ul>"
    return f"<h2>{escaped[0]}</h2>" if kind == "heading" else f"<div>{'<br>'.join(escaped)}</div>"


def _wiki(kind: str, lines: list[str]) -> str:
    if kind == "list":
        return "\n".join(f"* {line}" for line in lines)
    return f"h2. {lines[0]}" if kind == "heading" else "\n".join(lines)
