"""Text that Jira can store, in both of its markups."""

from __future__ import annotations

import re
from typing import Any

from integrations.jira.markup.reading import one_kind_of_line_end

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x9f\ufffe\uffff]")
_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,254}-[0-9]{1,18}")


def kept_lines(text: str) -> str:
    """The text with its lines, without what XML and JSON stores refuse: controls and lone surrogates."""
    return _CONTROL.sub("", one_kind_of_line_end(text))


def flat(text: str) -> str:
    """The same on one line, as spans of text have none."""
    return kept_lines(text).replace("\n", " ")


def is_key(text: str) -> bool:
    """Whether this is an issue key, which alone may become a link."""
    return _KEY.fullmatch(text) is not None


def length(text: str) -> int:
    """Length as Jira counts it: in UTF-16 units."""
    return len(text) + sum(1 for character in text if character > "\uffff")


def length_of_text(native: Any) -> int:
    """Length of a native text: of a document only what people read of it, because Jira counts no more than that."""
    if isinstance(native, str):
        return length(native)
    counted, nodes = 0, [native]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            text = node.get("text")
            counted += length(text) if isinstance(text, str) else 0
            nodes.append(node.get("content"))
        elif isinstance(node, list):
            nodes += node
    return counted
