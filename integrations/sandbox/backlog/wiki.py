"""Jira's wiki text, read simply, as an ADF document or as HTML, for trackers that do not speak it.

Headings, lists, quotes, code, and inside a line strong, code and web links; everything else stays as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

_HEADING = re.compile(r"h([1-6])\.[ \t]+(\S.*)")
_ENTRY = re.compile(r"([*#-]{1,6})[ \t]+(\S.*)")
_FENCE = re.compile(r"\{(code|noformat)(?::[^{}\n]{0,80})?\}")
_INLINE = re.compile(
    r"\{\{([^{}\n]{1,500})\}\}"
    r"|\[(?:([^\[\]|\n]{1,300})\|)?(https?://[^\[\]|\s]{1,1000})\]"
    r"|(?<![\w*])\*(\S(?:[^*\n]{0,298}\S)?)\*(?![\w*])"
)


@dataclass(frozen=True, slots=True)
class _Block:
    kind: Literal["paragraph", "heading", "bullets", "numbers", "code", "quote"]
    lines: tuple[str, ...]
    level: int = 0


def wiki_to_adf(text: str) -> dict[str, Any]:
    """An ADF document (version 1) that says the same."""
    content = [_adf_block(block) for block in _blocks(text)]
    return {"type": "doc", "version": 1, "content": content}


def wiki_to_html(text: str) -> str:
    """HTML as an Azure DevOps field holds it; everything in the text is escaped."""
    return "".join(_html_block(block) for block in _blocks(text))


def _blocks(text: str) -> Iterator[_Block]:
    gathered: list[str] = []
    kind: Literal["paragraph", "bullets", "numbers"] = "paragraph"
    lines = iter(text.splitlines())
    for raw in lines:
        line = raw.strip()
        fence, heading, entry = _FENCE.match(line), _HEADING.fullmatch(line), _ENTRY.fullmatch(line)
        quoted = line[4:].strip() if line.startswith("bq. ") else ""
        now: Literal["paragraph", "bullets", "numbers"] = "paragraph"
        if entry is not None:
            now = "numbers" if entry[1].endswith("#") else "bullets"
        if gathered and (now != kind or fence or heading or quoted or not line):
            yield _Block(kind, tuple(gathered))
            gathered = []
        kind = now
        if fence is not None:
            yield _Block("code", tuple(_until_close(fence[0], fence[1], raw.strip()[fence.end() :], lines)))
        elif heading is not None:
            yield _Block("heading", (heading[2],), int(heading[1]))
        elif quoted:
            yield _Block("quote", (quoted,))
        elif line:
            gathered.append(entry[2] if entry is not None else line)
    if gathered:
        yield _Block(kind, tuple(gathered))


def _until_close(opening: str, name: str, first: str, lines: Iterator[str]) -> Iterator[str]:
    """The lines of a code block; what follows the closing mark on its line is kept as a last line."""
    closing = "{" + name + "}"
    line: str | None = first
    is_first = True
    while line is not None:
        before, found, after = line.partition(closing)
        if before or not (is_first or found):
            yield before
        if found:
            if after.strip():
                yield after.strip()
            return
        is_first = False
        line = next(lines, None)


@dataclass(frozen=True, slots=True)
class _Run:
    text: str
    mark: Literal["", "strong", "code"] = ""
    href: str = ""


def _runs(line: str) -> Iterator[_Run]:
    end = 0
    for found in _INLINE.finditer(line):
        if found.start() > end:
            yield _Run(line[end : found.start()])
        code, label, href, strong = found.groups()
        if code is not None:
            yield _Run(code, "code")
        elif href is not None:
            yield _Run(label or href, href=href)
        else:
            yield _Run(strong, "strong")
        end = found.end()
    if end < len(line):
        yield _Run(line[end:])


def _adf_inline(line: str) -> list[dict[str, Any]]:
    nodes = []
    for run in _runs(line):
        node: dict[str, Any] = {"type": "text", "text": run.text}
        if run.href:
            node["marks"] = [{"type": "link", "attrs": {"href": run.href}}]
        elif run.mark:
            node["marks"] = [{"type": run.mark}]
        nodes.append(node)
    return nodes


def _adf_paragraph(lines: tuple[str, ...]) -> dict[str, Any]:
    content: list[dict[str, Any]] = []
    for n, line in enumerate(lines):
        content += [{"type": "hardBreak"}] if n else []
        content += _adf_inline(line)
    return {"type": "paragraph", "content": content}


def _adf_block(block: _Block) -> dict[str, Any]:
    match block.kind:
        case "heading":
            return {"type": "heading", "attrs": {"level": block.level}, "content": _adf_inline(block.lines[0])}
        case "code":
            text = "\n".join(block.lines)
            return {"type": "codeBlock", "content": [{"type": "text", "text": text}] if text else []}
        case "quote":
            return {"type": "blockquote", "content": [_adf_paragraph(block.lines)]}
        case "bullets" | "numbers":
            name = "bulletList" if block.kind == "bullets" else "orderedList"
            entries = [{"type": "listItem", "content": [_adf_paragraph((line,))]} for line in block.lines]
            return {"type": name, "content": entries}
    return _adf_paragraph(block.lines)


def _html_inline(line: str) -> str:
    parts = []
    for run in _runs(line):
        text = escape(run.text)
        if run.href:
            text = f'<a href="{escape(run.href)}">{text}</a>'
        elif run.mark:
            name = {"strong": "b", "code": "code"}[run.mark]
            text = f"<{name}>{text}</{name}>"
        parts.append(text)
    return "".join(parts)


def _html_block(block: _Block) -> str:
    match block.kind:
        case "heading":
            return f"<h{block.level}>{_html_inline(block.lines[0])}</h{block.level}>"
        case "code":
            return f"<pre><code>{escape(chr(10).join(block.lines))}</code></pre>"
        case "quote":
            return f"<blockquote>{_html_inline(block.lines[0])}</blockquote>"
        case "bullets" | "numbers":
            name = "ul" if block.kind == "bullets" else "ol"
            return f"<{name}>" + "".join(f"<li>{_html_inline(line)}</li>" for line in block.lines) + f"</{name}>"
    return "<div>" + "<br>".join(_html_inline(line) for line in block.lines) + "</div>"
