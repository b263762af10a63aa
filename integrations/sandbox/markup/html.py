"""HTML of an exported Azure DevOps text as Jira's wiki text: blocks, lists, emphasis; the rest as its words."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import nh3

_BLOCKS = frozenset({"p", "div", "ul", "ol", "table", "tr", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"})
_MARKS = {"b": "*", "strong": "*", "i": "_", "em": "_"}
_KEPT = {*_BLOCKS, *_MARKS, "li", "br", "td", "th"}
_DEEPEST = 6


def html_to_wiki(html: str) -> str:
    """Total: what is no HTML comes out as its text."""
    reader = _Reader()
    reader.feed(nh3.clean(html, tags=_KEPT, attributes={}))  # well-formed: the parser is slow on anything else
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.out).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.out: list[str] = []
        self._lists: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("ul", "ol"):
            self.out.append("" if self._lists else "\n")
            self._lists.append("*" if tag == "ul" else "#")
        elif tag == "li":
            self.out.append(f"\n{''.join(self._lists[-_DEEPEST:]) or '*'} ")
        elif tag == "br":
            self.out.append("\n")
        elif tag in _BLOCKS:
            self.out.append("" if self._lists else "\n")
            if tag[0] == "h":
                self.out.append(f"{tag}. ")
        elif tag in ("td", "th"):
            self.out.append("| ")
        self.out.append(_MARKS.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            del self._lists[-1:]
        self.out.append(_MARKS.get(tag, "\n" if tag in _BLOCKS and not self._lists else ""))

    def handle_data(self, data: str) -> None:
        self.out.append(data.replace("\n", " "))
