"""The Markdown that Azure DevOps takes in comments and long fields, as far as the sandbox shows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

_PIECE = re.compile(
    r"""\\(?P<escaped>[\\`*_{}\[\]()#+\-.!<>|~@&])
    |(?P<entity>&(?:lt|gt|amp|quot|\#\d{1,6});)
    |`(?P<code>[^`\n]{1,500})`
    |\*\*(?P<strong>[^\s*][^*\n]{0,500})\*\*
    |~~(?P<strike>[^\s~][^~\n]{0,500})~~
    |(?<![A-Za-z0-9*])\*(?P<em>[^\s*][^*\n]{0,500})\*(?![A-Za-z0-9*])
    |(?<![A-Za-z0-9_])_(?P<em2>[^\s_][^_\n]{0,500})_(?![A-Za-z0-9_])
    |!\[(?P<alt>[^\[\]\n]{0,200})\]\([^()\s]{1,1000}\)
    |\[(?P<label>[^\[\]\n]{1,500})\]\((?P<target>[^()\s]{1,1000})\)
    |@<(?P<mention>[0-9a-fA-F-]{36})>
    |(?P<url>https?://[^\s<>"\])]{1,1000})
    |(?<![A-Za-z0-9&])\#(?P<item>[1-9][0-9]{0,8})(?![A-Za-z0-9])""",
    re.VERBOSE | re.ASCII,
)
_HEADING = re.compile(r"(#{1,6})\s+(\S.*)", re.DOTALL)
_ITEM = re.compile(r"(\s{0,12})(?:[-*+]|\d{1,9}[.)])\s+(\S.*)", re.DOTALL)


def markdown_to_html(text: str, name_of: Callable[[str], str] = str) -> str:
    """As the work item form shows it: raw HTML tags are shown as text, images by their description."""
    html: list[str] = []
    paragraph: list[str] = []
    entries: list[str] = []
    code: list[str] | None = None

    def flush() -> None:
        if paragraph:
            html.append("<p>" + "<br>".join(_line(line, name_of) for line in paragraph) + "</p>")
            paragraph.clear()
        if entries:
            html.append("<ul>" + "".join(f"<li>{_line(entry, name_of)}</li>" for entry in entries) + "</ul>")
            entries.clear()

    for line in text.replace("\r\n", "\n").split("\n"):
        if line.startswith("```"):
            flush()
            if code is not None:
                html.append(f"<pre><code>{escape(chr(10).join(code))}</code></pre>")
            code = [] if code is None else None
        elif code is not None:
            code.append(line)
        else:
            _block(line, name_of, html, paragraph, entries, flush)
    flush()
    if code is not None:
        html.append(f"<pre><code>{escape(chr(10).join(code))}</code></pre>")
    return "".join(html)


def _block(
    line: str,
    name_of: Callable[[str], str],
    html: list[str],
    paragraph: list[str],
    entries: list[str],
    flush: Callable[[], None],
) -> None:
    heading, item = _HEADING.fullmatch(line), _ITEM.fullmatch(line)
    if not line.strip():
        flush()
    elif heading:
        flush()
        level = len(heading[1])
        html.append(f"<h{level}>{_line(heading[2], name_of)}</h{level}>")
    elif item:
        if paragraph:
            flush()
        entries.append(item[2])
    elif line.startswith("> "):
        flush()
        html.append(f"<blockquote>{_line(line[2:], name_of)}</blockquote>")
    elif line.strip() in ("---", "***"):
        flush()
        html.append("<hr>")
    elif entries:
        entries[-1] += " " + line.strip()
    else:
        paragraph.append(line.strip())


def _line(text: str, name_of: Callable[[str], str]) -> str:
    html, start = "", 0
    for found in _PIECE.finditer(text):
        html += escape(text[start : found.start()]) + _piece(found, name_of)
        start = found.end()
    return html + escape(text[start:])


def _piece(found: re.Match[str], name_of: Callable[[str], str]) -> str:
    for kind, tag in (("strong", "strong"), ("strike", "del"), ("em", "em"), ("em2", "em")):
        if found[kind]:
            return f"<{tag}>{_line(found[kind], name_of)}</{tag}>"
    if found["escaped"]:
        return escape(found["escaped"])
    if found["entity"]:
        return found["entity"]
    if found["code"]:
        return f"<code>{escape(found['code'])}</code>"
    if found["mention"]:
        return f'<span class="mention">@{escape(name_of(found["mention"]))}</span>'
    if found["label"] or found["url"]:
        label, target = found["label"] or found["url"], found["target"] or found["url"]
        return f'<a href="{escape(target)}">{escape(label)}</a>'
    if found["item"]:
        return f"#{found['item']}"
    return f'<span class="image">[image: {escape(found["alt"] or "")}]</span>'
