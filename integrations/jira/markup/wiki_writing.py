"""Blocks -> Jira's wiki markup, with every text escaped: nothing in it becomes a link, an image, a mention or a macro.

Jira takes a backslash before the signs of its markup. What else could become live (the colon of an address, a
backslash, the point of "h1.") is written as a character entity, which Jira shows as the character.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from integrations.blocks import Block, Bullets, Code, Heading, Inline, ItemLink, Mention, Paragraph, Text
from integrations.jira.markup.plain import flat, is_key, kept_lines

Browse = Callable[[str], str]
UserName = Callable[[Mention], str | None]

_ALWAYS = re.compile(r"[*_+^~|{}\[\]#]")
_SOMETIMES = re.compile(
    r"(?<![A-Za-z ])-|(?<=[A-Za-z ])-(?![A-Za-z ])|(?<=[A-Za-z])-(?= )|(?<= )-(?=[A-Za-z])"  # strike, list, issue key
    r"|!(?!\s)"  # image
    r"|\?(?=\?|$)|(?<=\?)\?|^\?"  # citation
    r"|\((?=[^()]{1,5}\))"  # emoticon
)
_ENTITIES = re.compile(
    r"\\"
    r"|&(?=[#A-Za-z0-9]|$)"  # an entity that is text
    r"|:(?!\s|$)(?!(?<=[0-9]:)[0-9])"  # an address, an emoticon
    r"|;(?=[()])|;$"
    r"|(?<=[Ww][Ww][Ww])\."
)
_LINE_START = re.compile(r"(\s*(?:h[1-6]|bq))\.", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)")
_VERBATIM_TAG = re.compile(r"\{(code|noformat)", re.IGNORECASE)
_USER_NAME = re.compile(r"(?:accountid:)?[A-Za-z0-9][A-Za-z0-9._@:+-]{0,200}")

_STYLES: Mapping[str, tuple[str, str]] = {
    "strong": ("*", "*"),
    "emphasis": ("_", "_"),
    "strike": ("-", "-"),
    "strong_strike": ("-*", "*-"),
    "code": ("{{", "}}"),
}


def wiki_block(block: Block, browse: Browse, user_name: UserName) -> str:
    """One block as wiki markup.

    `browse` gives the address of a key; `user_name` what stands in `[~...]` for a person, or None to show the name.
    """
    match block:
        case Paragraph(inlines):
            return _line(inlines, browse, user_name)
        case Heading(level, inlines):
            return f"h{min(max(level, 1), 6)}. {_line(inlines, browse, user_name)}"
        case Bullets(entries):
            return "\n".join(f"* {_line(entry, browse, user_name)}" for entry in entries)
        case Code(text):
            return _code(kept_lines(text))


def escaped(text: str, after: str = "") -> str:
    """Text that shows as it is, wherever on one line it stands; `after` is the character that follows it."""
    text = flat(text)
    if text.endswith(":") and after.strip():
        return f"{escaped(text[:-1])}&#58;"
    text = _ENTITIES.sub(lambda sign: f"\0{ord(sign[0])};", text)
    text = _LINE_START.sub("\\1\x0046;", text) if _LINE_START.match(text) else text
    text = _SOMETIMES.sub(r"\\\g<0>", text)
    text = _ALWAYS.sub(r"\\\g<0>", text)
    return text.replace("\0", "&#")


def _line(inlines: tuple[Inline, ...], browse: Browse, user_name: UserName) -> str:
    line = ""
    for index, inline in enumerate(inlines):
        match inline:
            case Text(text, style):
                following = inlines[index + 1] if index + 1 < len(inlines) else None
                line += _styled(text, style, line[-1:], following.text[:1] if isinstance(following, Text) else "")
            case ItemLink(key):
                line += f"[{key}|{browse(key)}]" if is_key(key) else escaped(key)
            case Mention(_, name) as mention:
                known = user_name(mention)
                line += f"[~{known}]" if known and _USER_NAME.fullmatch(known) else escaped(f"@{name}")
    return line.strip()


def _styled(text: str, style: str, before: str, after: str) -> str:
    """The text between the signs of its style, or plain where a letter stands right beside them: Jira wants none."""
    inner = flat(text).strip()
    if style == "plain" or not inner or _clings(text[:1], before) or _clings(text[-1:], after):
        return escaped(text, after)
    opening, closing = _STYLES[style]
    # Between the signs of a style only entities are safe: a backslash does not keep a sign from ending the style.
    shown = _ESCAPED.sub(lambda sign: f"&#{ord(sign[1])};", escaped(inner))
    lead, trail = " " * text[:1].isspace(), " " * text[-1:].isspace()
    return f"{lead}{opening}{shown}{closing}{trail}"


def _clings(edge: str, neighbour: str) -> bool:
    return not edge.isspace() and (neighbour.isalnum() or neighbour in set("*_-{}\\"))


def _code(text: str) -> str:
    used = {match[1].lower() for match in _VERBATIM_TAG.finditer(text)}
    for name in ("noformat", "code"):
        if name not in used:
            return f"{{{name}}}\n{text}\n{{{name}}}"
    # Both end signs are in the text, and neither can be escaped inside the other.
    return "\n".join(escaped(line).strip() for line in text.split("\n"))
