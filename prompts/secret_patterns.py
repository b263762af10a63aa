"""What a secret, a mail address, a bank account and a card number look like.

Every pattern is linear on hostile text: repeats are bounded or possessive, and a pattern that begins with a repeat
looks behind itself so that it starts only at the beginning of a run.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Literal, NamedTuple

Kind = Literal["SECRET", "EMAIL", "IBAN", "CARD"]


class Span(NamedTuple):
    """Where something stands in a text: from `start` up to, not including, `end`."""

    start: int
    end: int
    kind: Kind


_TOKENS = re.compile(
    "|".join(
        (
            r"AT(?:ATT|CTT|BB)[A-Za-z0-9_=.\-]{16,500}",  # Atlassian and Bitbucket
            r"gh[pousr]_[A-Za-z0-9]{16,255}",  # GitHub
            r"github_pat_[A-Za-z0-9_]{16,255}",
            r"gl(?:pat|dt|rt|ptt|oas|ft|soat|cbt|agent|imt)-[A-Za-z0-9_.\-]{16,255}",  # GitLab
            r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",  # AWS
            r"xox[abeoprs]-[A-Za-z0-9\-]{10,250}",  # Slack
            r"xapp-[A-Za-z0-9\-]{10,250}",
            r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_\-]{8,250}",
            r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_\-]{20,300}",  # OpenAI and those who copied its form
            r"(?<![A-Za-z0-9])[srp]k_(?:live|test)_[A-Za-z0-9]{10,250}",  # Stripe
            r"(?<![A-Za-z0-9])whsec_[A-Za-z0-9+/=]{16,250}",
            r"(?<![A-Za-z0-9_~.\-])[A-Za-z0-9_~.\-]{3}\dQ~[A-Za-z0-9_~.\-]{31,34}",  # Azure client secret
            r"(?<![A-Za-z0-9])[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}(?![A-Za-z0-9])",  # Azure DevOps, new form
            r"(?<![A-Za-z0-9])[a-z2-7]{52}(?![A-Za-z0-9])",  # Azure DevOps, old form
            r"AIza[A-Za-z0-9_\-]{30,60}",  # Google
            r"(?<![A-Za-z0-9])ya29\.[A-Za-z0-9_\-]{16,500}",
            r"GOCSPX-[A-Za-z0-9_\-]{16,100}",
            r"npm_[A-Za-z0-9]{30,100}",
            r"pypi-[A-Za-z0-9_\-]{40,300}",
            r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{20,100}",
            r"(?<![A-Za-z0-9])hv[sb]\.[A-Za-z0-9_\-]{20,300}",
            r"(?<![A-Za-z0-9])SG\.[A-Za-z0-9_\-]{16,64}\.[A-Za-z0-9_\-]{16,128}",
            r"dop_v1_[a-f0-9]{32,128}",
            r"(?<![A-Za-z0-9_\-])eyJ[A-Za-z0-9_\-]{5,}+\.[A-Za-z0-9_\-]{5,}+(?:\.[A-Za-z0-9_\-]*+)?",  # JWT
        )
    )
)

_KEY_BLOCK = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    # Up to its end line; if that is missing, as long as lines look like base64.
    r"(?:(?:[^-]|-(?!----))*+-----END [A-Z0-9 ]{0,40}-----|(?:\s*+[A-Za-z0-9+/=]{16,}+)*+)"
)

_VALUE = (
    r"""(?:"(?P<double>[^"\n]{1,400})"|'(?P<single>[^'\n]{1,400})'|`(?P<back>[^`\n]{1,400})`"""
    r"""|(?P<bare>[^\s"'`<>;&]{1,400}))"""
)
_PASSWORD = re.compile(
    r"(?:pass(?:word|wd|wort|phrase)|kennwort|contrase(?:ñ|n)a|pwd)[\w.\-]{0,20}+[\"'`*]{0,2}[ \t]{0,3}"
    r"(?:(?P<sure>:=|=>|[:=|])|is|ist)[ \t*]{0,3}" + _VALUE,
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?:secret|token|credentials?|(?:api|access|auth|account|private|signing|encryption|storage|client|"
    r"subscription|license|master)[_ \-]?(?:key|pin|code)|sharedaccess\w{0,12}|connection[_ \-]?string|"
    r"(?<![A-Za-z0-9])(?:sig|pin|otp))[\w.\-]{0,20}+[\"'`*]{0,2}[ \t]{0,3}(?::=|=>|[:=|]|is|ist)[ \t*]{0,3}" + _VALUE,
    re.IGNORECASE,
)
_SCHEME = re.compile(
    r"(?<![A-Za-z])(?:bearer|basic|negotiate|digest|apikey|token)[ \t]{1,4}[\"']?(?P<bare>[A-Za-z0-9._~+/=\-]{8,4000})",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"(?<![A-Za-z])(?:(?:proxy-)?authorization|(?:set-)?cookie)[\"']?[ \t]{0,3}[:=][ \t\"']{0,4}"
    r"(?P<bare>[^\n\"']{6,4000})",
    re.IGNORECASE,
)
_URL_CREDENTIALS = re.compile(
    r"(?<![A-Za-z0-9+.\-])[A-Za-z][A-Za-z0-9+.\-]{1,20}://(?P<bare>[^\s/@:\"'<>]{0,100}:[^\s/\"'<>]{1,200})@"
)
_EMAIL = re.compile(r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]++@(?:[A-Za-z0-9\-]{1,63}\.){1,8}[A-Za-z]{2,24}")
# Country and length of the account numbers of the IBAN registry (ISO 13616).
_IBAN_LENGTHS = {
    country: int(length)
    for country, length in re.findall(
        r"([A-Z]{2})(\d\d)",
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 "
        "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 "
        "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 "
        "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 "
        "YE30",
    )
}
_IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?=[ \-]?[A-Za-z0-9])")
_IBAN_REST = {
    length: re.compile(rf"(?:[ \-]?[A-Za-z0-9]){{{length - 4}}}(?![A-Za-z0-9])")
    for length in set(_IBAN_LENGTHS.values())
}
_CARD = re.compile(r"(?<!\d)(?:\d{13,19}|\d{4}([ \-])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ \-])\d{6}\2\d{4,5})(?!\d)", re.ASCII)


def find_spans(text: str, known: Collection[str] = ()) -> Iterator[Span]:
    """All finds in the text, in no order; they may overlap."""
    for pattern in (_TOKENS, _KEY_BLOCK):
        yield from (Span(*match.span(), "SECRET") for match in pattern.finditer(text))
    for match in _PASSWORD.finditer(text):
        yield from _value(match, certain=match["sure"] is not None)
    for pattern in (_NAMED, _SCHEME):
        for match in pattern.finditer(text):
            yield from _value(match, certain=False)
    for pattern in (_HEADER, _URL_CREDENTIALS):
        for match in pattern.finditer(text):
            yield from _value(match, certain=True)
    yield from (Span(*match.span(), "EMAIL") for match in _EMAIL.finditer(text))
    yield from _ibans(text)
    yield from _cards(text)
    for secret in filter(None, known):
        yield from (Span(*match.span(), "SECRET") for match in re.finditer(re.escape(secret), text))


def _value(match: re.Match[str], *, certain: bool) -> Iterator[Span]:
    group = next(name for name, value in match.groupdict().items() if value is not None and name != "sure")
    start, end = match.span(group)
    if group == "bare":
        end = start + len(match[group].rstrip(".,:!?)]}*|"))
    value = match.string[start:end]
    if value and (certain or _looks_drawn(value)):
        yield Span(start, end, "SECRET")


def _looks_drawn(value: str) -> bool:
    """Whether a value looks drawn or chosen rather than written: words of a sentence have neither digits nor signs."""
    if len(value) < 4 or value.startswith("[["):
        return False
    if any(character.isdigit() for character in value):
        return True
    inner_capital = any(character.isupper() for character in value[1:]) and not value.isupper()
    return len(value) >= 8 and (inner_capital or any(not (c.isalpha() or c in " -_./'") for c in value))


def _ibans(text: str) -> Iterator[Span]:
    for start in _IBAN_START.finditer(text):
        length = _IBAN_LENGTHS.get(start[0][:2].upper())
        rest = _IBAN_REST[length].match(text, start.end()) if length else None
        if rest and _mod97(re.sub("[ -]", "", start[0] + rest[0]).upper()):
            yield Span(start.start(), rest.end(), "IBAN")


def _mod97(number: str) -> bool:
    """ISO 13616: the first four characters to the back, letters as numbers from 10, remainder 1."""
    return int("".join(str(int(c, 36)) for c in number[4:] + number[:4])) % 97 == 1


def _cards(text: str) -> Iterator[Span]:
    at = 0
    while match := _CARD.search(text, at):
        digits = [int(c) for c in match[0] if c.isascii() and c.isdigit()]
        if 13 <= len(digits) <= 19 and any(digits) and _luhn(digits):
            yield Span(*match.span(), "CARD")
            at = match.end()
        else:
            at = match.start() + 1


def _luhn(digits: list[int]) -> bool:
    doubled = (d if position % 2 == 0 else sum(divmod(2 * d, 10)) for position, d in enumerate(reversed(digits)))
    return sum(doubled) % 10 == 0
