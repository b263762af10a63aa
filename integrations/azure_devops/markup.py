"""Blocks out: the HTML and the Markdown that Azure DevOps shows. Pure.

Text in a block is data. In HTML every character of it is escaped; in Markdown every ASCII punctuation mark gets a
backslash, and what a renderer would still turn into a link (addresses, host names) is shown as code.
"""

from __future__ import annotations

import html
import re
import uuid
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from integrations.blocks import Block, Blocks, Bullets, Code, Heading, Inline, ItemLink, Mention, Paragraph, Text
from languages import say

TextFormat = Literal["html", "markdown"]

LONGEST_COMMENT = 100_000  # characters, of the 150,000 or so that the comments API takes
_TOKEN = "steward-ref:"  # noqa: S105 - no secret: the word that stands before a marker, for all to see
_FOOT = re.compile(r"[`*_ ]{0,4}steward-ref:([A-Za-z0-9._:~-]{1,200})[`*_ ]{0,4}")

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_WHITE = re.compile(r"[\s\x00-\x1f\x7f\x85\u2028\u2029]+")
_ADDRESS = re.compile(r"://|^(?:www\.|mailto:|xmpp:)|@[^\s@]*\w|[\w-]\.[^\W\d_]{2}", re.IGNORECASE)
_HTML_STYLES = {
    "plain": ("", ""),
    "strong": ("<b>", "</b>"),
    "emphasis": ("<i>", "</i>"),
    "strike": ("<s>", "</s>"),
    "strong_strike": ("<s><b>", "</b></s>"),
    "code": ("<code>", "</code>"),
}
_MARKDOWN_STYLES = {"plain": "", "strong": "**", "emphasis": "*", "strike": "~~", "strong_strike": "~~**", "code": ""}


@dataclass(frozen=True, slots=True)
class Markup:
    """Renders blocks for one project. `browse` is the address of a work item without its number."""

    browse: str

    @classmethod
    def of(cls, organisation_url: str, project: str) -> Markup:
        """For work items of a project, `organisation_url` being https://dev.azure.com/contoso or the like."""
        return cls(f"{organisation_url.rstrip('/')}/{quote(project, safe='')}/_workitems/edit/")

    def render(self, blocks: Blocks, text_format: TextFormat, marker: str = "", limit: int = LONGEST_COMMENT) -> str:
        """The native text, at most `limit` characters: what is too long ends at the border of a block.

        With a marker, a visible token in the foot makes the text recognisable (see `marker_of`).
        """
        one = self._html if text_format == "html" else self._markdown
        between = "" if text_format == "html" else "\n\n"
        foot = one(foot_block(marker)) if marker else ""
        cut = one(Paragraph((Text(say("[The rest is too long for the tracker.]"), "emphasis"),)))
        shown: list[str] = []
        room = limit - len(foot) - len(cut) - 2 * len(between)
        for block in blocks:
            rendered = one(block)
            room -= len(rendered) + len(between)
            if room < 0:
                shown.append(cut)
                break
            shown.append(rendered)
        return between.join([*shown, foot] if foot else shown)

    def _html(self, block: Block) -> str:
        match block:
            case Paragraph(inlines):
                return f"<p>{self._html_line(inlines)}</p>"
            case Heading(level, inlines):
                level = min(max(level, 1), 6)
                return f"<h{level}>{self._html_line(inlines)}</h{level}>"
            case Bullets(entries):
                return "<ul>" + "".join(f"<li>{self._html_line(entry)}</li>" for entry in entries) + "</ul>"
            case Code(text):
                return f"<pre><code>{_escaped(text)}</code></pre>"

    def _html_line(self, inlines: tuple[Inline, ...]) -> str:
        return "".join(self._html_inline(inline) for inline in inlines)

    def _html_inline(self, inline: Inline) -> str:
        match inline:
            case Text(text, style):
                before, after = _HTML_STYLES[style]
                return f"{before}{_escaped(_one_line(text))}{after}" if text else ""
            case ItemLink(key) if _is_number(key):
                return f'<a href="{html.escape(self.browse)}{key}">#{key}</a>'
            case ItemLink(key):
                return _escaped(_one_line(key))
            case Mention(person_id, name) if guid := _guid(person_id):
                return f'<a href="#" data-vss-mention="version:2.0,{guid}">@{_escaped(_one_line(name))}</a>'
            case Mention(_, name):
                return f"@{_escaped(_one_line(name))}"

    def _markdown(self, block: Block) -> str:
        match block:
            case Paragraph(inlines):
                return self._markdown_line(inlines)
            case Heading(level, inlines):
                return "#" * min(max(level, 1), 6) + " " + self._markdown_line(inlines)
            case Bullets(entries):
                return "\n".join(f"- {self._markdown_line(entry)}" for entry in entries)
            case Code(text):
                text = text.replace("\r\n", "\n").replace("\r", "\n")
                fence = "`" * max(3, _longest_ticks(text) + 1)
                return f"{fence}\n{text}\n{fence}"

    def _markdown_line(self, inlines: tuple[Inline, ...]) -> str:
        line = ""
        for piece in map(self._markdown_inline, inlines):
            # Two spans of code that touch would be read as one, or as none.
            line += f" {piece}" if line.endswith("`") and piece.startswith("`") else piece
        return line.strip()

    def _markdown_inline(self, inline: Inline) -> str:
        match inline:
            case Text(text, "code"):
                return _code_span(_one_line(text))
            case Text(text, style):
                return _styled(_one_line(text), _MARKDOWN_STYLES[style])
            case ItemLink(key) if _is_number(key):
                return f"[\\#{key}](<{self.browse}{key}>)"
            case ItemLink(key):
                return _styled(_one_line(key), "")
            case Mention(person_id, name):
                guid = _guid(person_id)
                return f"@<{guid}>" if guid else _styled(f"@{_one_line(name)}", "")


def foot_block(marker: str) -> Paragraph:
    """The last line of what the bot writes; raises ValueError for a marker that could not be found again."""
    if not _FOOT.fullmatch(f"{_TOKEN}{marker}"):
        raise ValueError("a marker is 1 to 200 of the characters A-Z a-z 0-9 . _ : ~ -")
    return Paragraph((Text(f"{_TOKEN}{marker}", "code"),))


def marker_of(reading: str) -> str | None:
    """The marker in the last line of a reading, or None. A token anywhere else (a quote, a sentence) is none."""
    last = reading[-400:].rstrip().rpartition("\n")[2]
    found = _FOOT.fullmatch(last.strip())
    return found[1] if found else None


def link_comment(marker: str) -> str:
    """The comment on a link of ours, by which it is known again."""
    return f"{_TOKEN}{marker}"


def _escaped(text: str) -> str:
    return html.escape(text.replace("\x00", ""))


def _one_line(text: str) -> str:
    return _WHITE.sub(" ", text)


def _is_number(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= 10


def _guid(text: str) -> str | None:
    try:
        return str(uuid.UUID(text)).upper() if len(text) == 36 else None
    except ValueError:
        return None


def _styled(text: str, mark: str) -> str:
    """Escaped text between emphasis marks, which must touch a word to count."""
    inner = text.strip(" ")
    if not inner:
        return text
    words = [_code_span(word) if _ADDRESS.search(word) else _PUNCTUATION.sub(r"\\\1", word) for word in inner.split()]
    lead, trail = text[: len(text) - len(text.lstrip(" "))], text[len(text.rstrip(" ")) :]
    return f"{lead}{mark}{' '.join(words)}{mark[::-1]}{trail}"


def _code_span(text: str) -> str:
    if not text.strip():
        return ""
    mark = "`" * (_longest_ticks(text) + 1)
    space = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{mark}{space}{text}{space}{mark}"


def _longest_ticks(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
