"""What a person reads in a text of Azure DevOps: HTML or Markdown in, a reading (see rules.model) out. Pure.

A parser of its own because texts are untrusted and long: `html.parser` takes seconds for 100 kB of "<!--", a tree
builder takes seconds for 20,000 nested elements. This one looks at each character a bounded number of times, never
fails, and keeps what matters to those who read commands: what is quoted ("> ") and what is code (fences, backticks).
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

LONGEST = 1_000_000  # characters; the product's own limit of a long text field
_DEEPEST = 8  # levels of quotes and lists that are still shown; deeper ones share the last

_TAG = re.compile(r"<(/?[a-zA-Z][^<>]*)>")
_UNSEEN = frozenset({"script", "style", "head", "title", "template", "noscript", "iframe", "object"})
_LOOSE = frozenset({"p", "ul", "ol", "table", "dl", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre"})
_BLOCKS = _LOOSE | frozenset(
    {"div", "section", "article", "header", "footer", "main", "nav", "aside", "address", "figure", "figcaption", "li"}
    | {"form", "details", "summary", "center", "tr", "thead", "tbody", "tfoot", "caption", "dt", "dd", "fieldset"}
)
_HREF = re.compile(r"""\bhref\s{0,5}=\s{0,5}["']?(https?://[^"'\s<>]{1,2000})""", re.IGNORECASE)
_ALT = re.compile(r"""\balt\s{0,5}=\s{0,5}["']([^"'<>]{1,200})["']""", re.IGNORECASE)
_WHITE = re.compile(r"[ \t\r\n\f\v]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)", re.DOTALL)
_RAW_OPEN = re.compile(r"<(pre|blockquote|code)\b", re.IGNORECASE)


def from_html(text: str | None) -> str:
    """The reading of an HTML text; lines as a browser would break them."""
    walker = _Walker()
    position = 0
    source = _without_comments((text or "")[:LONGEST])
    skipping = ""
    for tag in _TAG.finditer(source):
        name, closing, rest = _tag_name(tag[1])
        if skipping:
            if closing and name == skipping:
                skipping = ""
                position = tag.end()
            continue
        walker.text(source[position : tag.start()])
        position = tag.end()
        if name in _UNSEEN and not rest.endswith("/"):
            skipping = "" if closing else name
        elif closing:
            walker.close(name)
        else:
            walker.open(name, rest)
    if not skipping:
        walker.text(source[position:])
    return walker.result()


def from_markdown(text: str | None) -> str:
    """The reading of a Markdown text: the text itself, with entities and escapes resolved outside fenced code.

    Raw HTML quotes and code blocks are read as quotes, so that nothing inside them passes for a person's own line.
    """
    source = _tidy(_without_comments((text or "")[:LONGEST], fenced=True)).replace("\r\n", "\n").replace("\r", "\n")
    lines: list[str] = []
    fence = raw = ""
    for line in source.split("\n"):
        line = _entities(line.rstrip()) if not fence else line.rstrip()  # the product escapes < and > when it saves
        mark = _FENCE.fullmatch(line)
        if fence:
            if mark and mark[1].startswith(fence) and not mark[2].strip():
                fence = ""
        elif raw:
            raw = "" if f"</{raw}" in line.lower() else raw
            line = f"> {line}"
        elif mark and not (mark[1][0] == "`" and "`" in mark[2]):
            fence = mark[1]
        elif (opened := _RAW_OPEN.search(line)) and f"</{opened[1].lower()}" not in line[opened.end() :].lower():
            raw = opened[1].lower()
            line = f"> {line}"
        elif opened and opened.start() == len(line) - len(line.lstrip()):
            line = f"> {line}"
        else:
            line = _unescaped(line)
        lines.append(line)
    return "\n".join(lines).strip("\n")


def reading(text: str | None, text_format: str) -> str:
    """The reading of a native text whose format ("html" or "markdown", any letter case) is known."""
    return from_markdown(text) if text_format.lower() == "markdown" else from_html(text)


def _tidy(text: str) -> str:
    return _CONTROLS.sub("", text.replace("\xa0", " "))


def _entities(text: str) -> str:
    if "&" not in text:
        return text
    try:
        return _tidy(html.unescape(text))
    except (ValueError, OverflowError):  # "&#" with thousands of digits is more than int() takes
        return text


_STRUCK = ("s", "strike", "del")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def _unescaped(line: str) -> str:
    return _ESCAPE.sub(r"\1", line) if "\\" in line and "`" not in line else line


def _without_comments(text: str, *, fenced: bool = False) -> str:
    """Without HTML comments and declarations; an unclosed one hides the rest, as in a browser.

    In Markdown an unclosed one hides nothing here: it may stand in a code block.
    """
    kept: list[str] = []
    position = 0
    while (start := text.find("<!--", position)) >= 0:
        end = text.find("-->", start + 4)
        if end < 0:
            return "".join(kept) + (text[position:] if fenced else text[position:start])
        kept.append(text[position:start])
        position = end + 3
    return "".join(kept) + text[position:]


def _tag_name(inside: str) -> tuple[str, bool, str]:
    closing = inside.startswith("/")
    body = inside[1:] if closing else inside
    end = next((at for at, char in enumerate(body[:40]) if not char.isalnum()), min(len(body), 40))
    return body[:end].lower(), closing, body[end:]


@dataclass
class _Walker:
    """Collects lines while tags open and close. `line` holds (text, is it code) pieces of the line at hand."""

    lines: list[str] = field(default_factory=list)
    line: list[tuple[str, bool]] = field(default_factory=list)
    quotes: int = 0
    lists: list[int] = field(default_factory=list)  # next number of each open list; 0: bullets
    start: str = ""  # what stands before the line's first word: "- ", "# "
    code: int = 0
    verbatim: list[str] | None = None
    anchors: list[tuple[str, int]] = field(default_factory=list)
    depth: int = 0

    def text(self, raw: str) -> None:
        if not raw:
            return
        words = _entities(_tidy(raw))
        if self.verbatim is not None:
            self.verbatim.append(words)
            return
        words = _WHITE.sub(" ", words)
        if words.strip() or self.line:
            self.line.append((words, self.code > 0))

    def open(self, name: str, rest: str) -> None:
        if self.verbatim is not None:
            self._open_verbatim(name)
        elif name == "br":
            self._end_line(force=True)
        elif name == "hr":
            self._blank()
        elif name == "img":
            found = _ALT.search(rest)
            self.line.append((f"[image: {_entities(found[1])}]" if found else "[image]", False))
        elif name == "a":
            found = _HREF.search(rest)
            self.anchors.append((_entities(found[1]) if found else "", len(self.line)))
        elif name in ("code", "tt", "kbd", "samp"):
            self.code += 1
        elif name in _STRUCK:
            self.line.append(("~~", False))  # what is struck out is not said
        elif name in ("td", "th"):
            if self.line:
                self.line.append((" | ", False))
        elif name in _BLOCKS:
            self._open_block(name)

    def _open_verbatim(self, name: str) -> None:
        assert self.verbatim is not None
        if name == "pre":
            self.depth += 1
        elif name == "br" or (name in ("div", "p", "li") and self.verbatim and not self.verbatim[-1].endswith("\n")):
            self.verbatim.append("\n")

    def _open_block(self, name: str) -> None:
        self._end_line()
        if name in _LOOSE and not (name in ("ul", "ol") and self.lists):
            self._blank()
        if name == "pre":
            self.verbatim, self.depth = [], 1
        elif name == "blockquote":
            self.quotes += 1
        elif name in ("ul", "ol"):
            self.lists.append(1 if name == "ol" else 0)
        elif name == "li":
            number = self.lists[-1] if self.lists else 0
            if number:
                self.lists[-1] = number + 1
            self.start = f"{number}. " if number else "- "
        elif len(name) == 2 and name[0] == "h":
            self.start = "#" * int(name[1]) + " "

    def close(self, name: str) -> None:
        if self.verbatim is not None:
            if name == "pre":
                self.depth -= 1
                if self.depth <= 0:
                    self._end_verbatim()
        elif name == "a":
            self._end_anchor()
        elif name in _STRUCK:
            self.line.append(("~~", False))
        elif name in ("code", "tt", "kbd", "samp"):
            self.code = max(0, self.code - 1)
        elif name in _BLOCKS:
            self._end_line()
            self.start = ""
            if name in ("ul", "ol") and self.lists:
                self.lists.pop()
            if name == "blockquote":
                self.quotes = max(0, self.quotes - 1)
            if name in _LOOSE and not self.lists:
                self._blank()

    def result(self) -> str:
        if self.verbatim is not None:
            self._end_verbatim()
        self._end_line()
        return "\n".join(self.lines).strip("\n")

    def _end_anchor(self) -> None:
        if not self.anchors:
            return
        url, since = self.anchors.pop()
        shown = "".join(piece for piece, _ in self.line[since:]).strip()
        # A link to a work item or a mention reads as its text; only another address is worth showing.
        if url and shown and "/_workitems/" not in url and shown.rstrip("/") not in url:
            self.line.append((f" ({url})", False))

    def _prefix(self) -> str:
        return "> " * min(self.quotes, _DEEPEST)

    def _end_line(self, *, force: bool = False) -> None:
        words = _joined(self.line)
        self.line.clear()
        self.anchors = [(url, 0) for url, _ in self.anchors[-_DEEPEST:]]
        if not words and not force:
            return
        inside = "  " * min(max(len(self.lists) - 1, 0), _DEEPEST)
        if self.lists and not self.start:
            inside += "  "
        self.lines.append((self._prefix() + (inside + self.start + words if words else "")).rstrip())
        self.start = self.start if not words else ""

    def _blank(self) -> None:
        self._end_line()
        if self.lines and self.lines[-1].strip("> "):
            self.lines.append(self._prefix().rstrip())

    def _end_verbatim(self) -> None:
        content = "".join(self.verbatim or ()).replace("\r\n", "\n").replace("\r", "\n").strip("\n")
        self.verbatim = None
        fence = "`" * max(3, _longest_run(content, "`") + 1)
        self.lines.extend((self._prefix() + line).rstrip() for line in (fence, *content.split("\n"), fence))
        self._blank()


def _joined(pieces: list[tuple[str, bool]]) -> str:
    """One line of text; what is code stands in backticks."""
    shown: list[str] = []
    code: list[str] = []
    for words, is_code in [*pieces, ("", False)]:
        if is_code:
            code.append(words)
            continue
        if content := "".join(code).strip():
            mark = "`" * (_longest_run(content, "`") + 1)
            shown.append(f"{mark} {content} {mark}" if "`" in content else f"{mark}{content}{mark}")
        code.clear()
        shown.append(words)
    return _WHITE.sub(" ", "".join(shown)).strip()


def _longest_run(text: str, char: str) -> int:
    longest = run = 0
    for one in text:
        run = run + 1 if one == char else 0
        longest = max(longest, run)
    return longest
