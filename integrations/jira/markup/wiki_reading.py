"""Jira's wiki markup -> reading text. Total and linear; what is not understood is left as it stands.

Of what may be quoted or code, too much rather than too little is read as such: an unclosed `{code}` or `{quote}` takes
the rest. The package jira2markdown is not used: it needs seconds for ten kilobytes of plain text.
"""

from __future__ import annotations

import html
import re

from integrations.jira.markup.html_reading import read_html
from integrations.jira.markup.reading import fenced, joined, one_kind_of_line_end, quoted, tidied
from integrations.jira.markup.wiki_tokens import tokens

_HEADING = re.compile(r"[ \t]{0,20}h([1-6])\.[ \t]+")
_QUOTED_LINE = re.compile(r"[ \t]{0,20}bq\.[ \t]*")
_LIST = re.compile(r"[ \t]{0,20}([*#-]{1,20})[ \t]+(?=\S)")
_RULE = re.compile(r"[ \t]{0,20}-{4,}[ \t]*")
_CELL = re.compile(r"(?<!\\)\|{1,2}")

_MONOSPACED = re.compile(r"(?<!\\)\{\{([^{}\n]{1,1000})\}\}")
_MENTION = re.compile(r"(?<!\\)\[~(?:accountid:)?([^\[\]|\n]{1,200})\]")
_NAMED_LINK = re.compile(r"(?<!\\)\[([^\[\]|\n]{1,2000})\|([^\[\]|\n]{1,2000})(?:\|[^\[\]|\n]{0,100})?\]")
_BARE_LINK = re.compile(r"(?<!\\)\[((?:https?://|ftp://|mailto:|\^)[^\[\]|\n]{1,2000})\]", re.IGNORECASE)
_IMAGE = re.compile(r"(?<![\\\w])!([^!|\s][^!|\n]{0,300}\.[A-Za-z0-9]{2,5})(?:\|[^!\n]{0,300})?!")
_STRONG = re.compile(r"(?<![\w*\\])\*(?=\S)([^*\n]{1,1000})(?<=\S)\*(?![\w*])")
_EMPHASIS = re.compile(r"(?<![\w\\])_(?=[^\s_])([^_\n]{1,1000})(?<=\S)_(?!\w)")
_STRIKE = re.compile(r"(?<![\w\\-])-(?=[^\s-])([^-\n]{1,1000})(?<=[^\s\\])-(?![\w-])")
_LINE_BREAK = re.compile(r"(?<!\\)\\\\(?=\s|$)")
_ESCAPE = re.compile(r"\\([-#*_+?^~|%{}\[\]()!@])")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,7});")


def read_wiki(wiki: object) -> str:
    """The reading of wiki markup (a string as the API gives it, or None)."""
    if not isinstance(wiki, str):
        return ""
    blocks: list[str] = []
    pending: list[str] = []
    in_quote = False

    def close_text() -> None:
        text = _lines("".join(pending)).strip("\n")
        pending.clear()
        if text.strip():
            blocks.append(quoted(text) if in_quote else text)

    for token in tokens(one_kind_of_line_end(wiki)):
        if token.kind == "text":
            pending.append(token.text)
        elif token.kind == "verbatim":
            close_text()
            html_body = token.name == "html"
            body = read_html(token.text) if html_body else fenced(token.text.strip("\n"), token.argument)
            blocks.append(quoted(body) if in_quote else body)
        elif token.name != "color":
            close_text()
            in_quote ^= token.name == "quote"
            if token.name == "panel" and "title=" in token.argument:
                pending.append(token.argument.split("title=", 1)[1].split("|")[0] + "\n")
    close_text()
    return tidied(joined(blocks))


def _lines(text: str) -> str:
    counters: dict[int, int] = {}
    lines: list[str] = []
    for line in text.split("\n"):
        if not line:
            lines.append(line)
            counters.clear()
            continue
        mark = _LIST.match(line)
        if mark is None:
            counters.clear()
        lines.append(_line(line) if mark is None or _RULE.fullmatch(line) else _list_line(line, mark, counters))
    return "\n".join(lines)


def _list_line(line: str, mark: re.Match[str], counters: dict[int, int]) -> str:
    depth = len(mark[1])
    for deeper in [level for level in counters if level > depth]:
        del counters[deeper]
    bullet = "-"
    if mark[1].endswith("#"):
        counters[depth] = counters.get(depth, 0) + 1
        bullet = f"{counters[depth]}."
    indent = "  " * (depth - 1)
    return f"{indent}{bullet} " + _inline(line[mark.end() :]).replace("\n", f"\n{indent}  ")


def _line(line: str) -> str:
    if _RULE.fullmatch(line):
        return "---"
    if heading := _HEADING.match(line):
        return "#" * int(heading[1]) + " " + _inline(line[heading.end() :]).replace("\n", " ")
    if mark := _QUOTED_LINE.match(line):
        return quoted(_inline(line[mark.end() :]))
    if line.lstrip(" \t").startswith("|"):
        plain = _links(line).strip().strip("|")
        return " | ".join(_unescaped(_styles(cell)).strip() for cell in _CELL.split(plain)).replace("\n", " ")
    return _inline(line)


def _inline(text: str) -> str:
    return _unescaped(_styles(_links(text)))


def _links(text: str) -> str:
    text = _MONOSPACED.sub(r"`\1`", text)
    text = _MENTION.sub(r"@\1", text)
    text = _NAMED_LINK.sub(lambda link: link[1] if link[1] == link[2] else f"{link[1]} ({link[2]})", text)
    text = _BARE_LINK.sub(lambda link: link[1].removeprefix("^"), text)
    return _IMAGE.sub(r"[attachment \1]", text)


def _styles(text: str) -> str:
    text = _STRIKE.sub(r"~~\1~~", text)
    text = _STRONG.sub(r"\1", text)
    return _EMPHASIS.sub(r"\1", text)


def _unescaped(text: str) -> str:
    text = _LINE_BREAK.sub("\n", text)
    text = _ESCAPE.sub(r"\1", text)
    return one_kind_of_line_end(_ENTITY.sub(lambda entity: html.unescape(entity[0]), text))
