"""Characters a reader cannot see, taken out of what goes to a model and of what comes back.

Text that people cannot see but a model reads is a way to smuggle orders in (Unicode tag characters spell whole
sentences) and to show a reviewer something else than what is applied (bidirectional controls). What is removed:

    tag                 U+E0000 to U+E007F; the flags of England, Scotland and Wales become plain black flags
    variation selector  all, except U+FE0F right after an emoji, where it chooses the coloured picture
    zero-width          zero-width space, word joiner, byte order mark, fillers, other ignorable code points
    joiner              U+200C and U+200D, except one U+200D between two emoji (families, professions) and a single
                        one between two letters of scripts that spell with it (Arabic to Sinhala, Burmese, Khmer)
    bidi                all marks, embeddings, overrides and isolates; Hebrew and Arabic order stays right without them
    soft hyphen         U+00AD
    control             C0 and C1 except tab and newline; every kind of line end becomes one newline
    surrogate           half a character: becomes U+FFFD, because it cannot be sent
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_RANGES: Mapping[str, tuple[tuple[int, int], ...]] = MappingProxyType(
    {
        "tag": ((0xE0000, 0xE007F),),
        "variation selector": ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF), (0x180B, 0x180D), (0x180F, 0x180F)),
        "joiner": ((0x200C, 0x200D),),
        "bidi": ((0x061C, 0x061C), (0x200E, 0x200F), (0x202A, 0x202E), (0x2066, 0x2069)),
        "soft hyphen": ((0x00AD, 0x00AD),),
        "zero-width": (
            (0x034F, 0x034F),
            (0x115F, 0x1160),
            (0x17B4, 0x17B5),
            (0x180E, 0x180E),
            (0x200B, 0x200B),
            (0x2060, 0x2065),
            (0x206A, 0x206F),
            (0x3164, 0x3164),
            (0xFEFF, 0xFEFF),
            (0xFFA0, 0xFFA0),
            (0xFFF0, 0xFFFB),
            (0x1D173, 0x1D17A),
            (0xE0080, 0xE00FF),
            (0xE01F0, 0xE0FFF),
        ),
        "control": ((0x00, 0x08), (0x0E, 0x1F), (0x7F, 0x84), (0x86, 0x9F)),
        "surrogate": ((0xD800, 0xDFFF),),
    }
)
_PLURALS = MappingProxyType(
    {
        "tag": "tag characters",
        "variation selector": "variation selectors",
        "joiner": "joiners",
        "bidi": "direction controls",
        "soft hyphen": "soft hyphens",
        "zero-width": "zero-width characters",
        "control": "control characters",
        "surrogate": "broken characters",
    }
)


def _character_class(ranges: tuple[tuple[int, int], ...]) -> str:
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


_HIDDEN = re.compile("|".join(f"(?P<k{n}>[{_character_class(_RANGES[kind])}])" for n, kind in enumerate(_RANGES)))
_KINDS = tuple(_RANGES)
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_EMOJI = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2934\u2935"
    "\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_JOINING_LETTER = re.compile("[\u0600-\u0dff\u1000-\u109f\u1780-\u17ff]")
_ZWJ, _COLOURED = "\u200d", "\ufe0f"


@dataclass(frozen=True, slots=True)
class Stripped:
    """The text as a reader sees it, and how many characters of each kind were taken out (empty: none)."""

    text: str
    removed: Mapping[str, int]


def strip_invisible(text: str) -> Stripped:
    """Take out what a reader cannot see; doing it twice changes nothing more."""
    text = _LINE_END.sub("\n", text)
    removed: Counter[str] = Counter()

    def visible(match: re.Match[str]) -> str:
        kind = _KINDS[(match.lastindex or 1) - 1]
        if _belongs(text, match.start()):
            return match[0]
        removed[kind] += 1
        return "\ufffd" if kind == "surrogate" else ""

    return Stripped(_HIDDEN.sub(visible, text), MappingProxyType(dict(removed)))


def visible(text: str) -> str:
    """`strip_invisible(text).text`, for callers who need no count."""
    return strip_invisible(text).text


def invisible_warning(*texts: str) -> str:
    """One sentence on what is hidden in these texts, to be shown beside a difference; empty if nothing is."""
    removed: Counter[str] = Counter()
    for text in texts:
        removed.update(strip_invisible(text).removed)
    if not removed:
        return ""
    parts = ", ".join(f"{count} {_PLURALS[kind] if count > 1 else kind}" for kind, count in removed.most_common())
    return f"Invisible characters were left out: {parts}."


def _belongs(text: str, at: int) -> bool:
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if text[at] == _COLOURED:
        keycap = before != "" and before in "0123456789#*" and after == "\u20e3"
        return keycap or _EMOJI.fullmatch(before) is not None
    if text[at] not in "\u200c\u200d":
        return False
    if _JOINING_LETTER.fullmatch(before) and _JOINING_LETTER.fullmatch(after):
        return True
    picture = text[at - 2 : at - 1] if before == _COLOURED else before
    return text[at] == _ZWJ and _EMOJI.fullmatch(picture) is not None and _EMOJI.fullmatch(after) is not None
