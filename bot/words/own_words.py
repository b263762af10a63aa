"""Pure: which lines of a comment are its author's own words, and which are quotes, code, mail or a signature."""

from __future__ import annotations

import re
import unicodedata

MAX_TEXT = 100_000
"""Characters of a comment that are read; what lies beyond is ignored."""

_FENCE = re.compile(r" *(?:[-*+] +)?(`{3,}|~{3,})([^\n]*)")
_BACKTICKS = re.compile(r"`+")

_ATTRIBUTION = (
    ("On ", ("wrote",)),
    ("Am ", ("schrieb",)),
    ("Le ", ("a écrit",)),
    ("El ", ("escribió",)),
    ("Em ", ("escreveu",)),
    ("A ", ("escreveu",)),
    ("Il ", ("ha scritto",)),
    ("Op ", ("schreef",)),
)
_FROM = ("from:", "von:", "de:", "da:", "van:")
_HEADER_FIELDS = (
    *("sent:", "date:", "to:", "subject:", "cc:"),
    *("gesendet:", "datum:", "an:", "betreff:"),
    *("envoyé:", "à:", "objet:", "enviado:", "enviado el:", "fecha:", "para:", "asunto:"),
    *("enviado em:", "enviada em:", "data:", "assunto:", "inviato:", "verzonden:", "aan:", "onderwerp:"),
)
_ORIGINAL = (
    *("original message", "forwarded message"),
    *("ursprüngliche nachricht", "weitergeleitete nachricht"),
    *("message d'origine", "message original", "message transféré"),
    *("mensaje original", "mensaje reenviado", "mensagem original", "mensagem encaminhada"),
)
_FOOTERS = (
    *("sent from my ", "sent from outlook", "get outlook for ", "begin forwarded message:"),
    *("von meinem ", "gesendet von ", "gesendet mit ", "holen sie sich outlook", "outlook für "),
    *("envoyé de mon ", "envoyé depuis mon ", "envoyé à partir de ", "obtenez outlook", "télécharger outlook"),
    *("enviado desde mi ", "enviado desde outlook", "obtener outlook"),
    *("enviado do meu ", "enviado a partir do ", "enviado do outlook", "obter o outlook", "inviato da "),
)


def own_words(text: str) -> tuple[str | None, ...]:
    """The lines of a comment; None stands for a line that is quoted, code, or an introduction of a mail's history.

    The tuple ends where a signature or an unmarked mail history begins. Only "\\n" (and "\\r\\n") ends a line: any
    other separator inside a quote must not let its second half escape from the quote.
    """
    lines = text[:MAX_TEXT].replace("\r\n", "\n").split("\n")
    if len(text) > MAX_TEXT:
        lines.pop()
    return _without_spanning_code(_without_mail(_without_blocks(lines), lines))


def _without_blocks(lines: list[str]) -> list[str | None]:
    """Blanks fenced and indented code and quotes; a fence that is never closed reaches to the end.

    As Markdown has it, a quoted paragraph goes on to the next empty line, whether or not each line is marked.
    """
    kept: list[str | None] = []
    fence = ""
    in_quote = False
    for line in lines:
        bare = line.strip()
        if fence:
            kept.append(None)
            fence = "" if _closes(line, fence) else fence
        elif fence := _opened_fence(line):
            kept.append(None)
            in_quote = False
        else:
            in_quote = bool(bare.strip("> ")) if bare.startswith(">") else in_quote and bool(bare)
            hidden = in_quote or bare.startswith(">") or line.startswith(("    ", "\t"))
            kept.append(None if hidden else line)
    return kept


def _without_mail(kept: list[str | None], lines: list[str]) -> list[str | None]:
    """Blanks marked mail history, and cuts off an unmarked one or a signature."""
    own: list[str | None] = []
    while len(own) < len(kept):
        line = kept[len(own)]
        if line is None:
            own.append(None)
        elif length := _attribution(lines, len(own)):
            if not _quoted_from(lines, len(own) + length):
                break
            own += [None] * length
        elif _ends_own_words(lines, len(own)):
            break
        else:
            own.append(line)
    return own


def _opened_fence(line: str) -> str:
    match = _FENCE.match(line)
    if match is None or (match[1][0] == "`" and "`" in match[2]):
        return ""
    return match[1]


def _closes(line: str, fence: str) -> bool:
    bare = line.strip()
    return len(bare) >= len(fence) and bare == fence[0] * len(bare)


def _attribution(lines: list[str], number: int) -> int:
    """How many lines an "On 21 Nov, Dana wrote:" takes from here on (mail programs wrap it); 0: there is none."""
    verbs = next((verbs for start, verbs in _ATTRIBUTION if lines[number].lstrip().startswith(start)), ())
    if not verbs:
        return 0
    joined = ""
    for length in (1, 2, 3):
        if number + length > len(lines):
            break
        joined += " " + _composed(lines[number + length - 1][:300].strip())
        if joined.endswith(":") and any(verb in joined for verb in verbs):
            return length
    return 0


def _composed(text: str) -> str:
    """The text with each accent joined to its letter."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _quoted_from(lines: list[str], number: int) -> bool:
    """Whether the next line that is not empty is marked as a quote, so that the end of the history can be seen."""
    following = next((line for line in lines[number : number + 4] if line.strip()), "")
    return following.lstrip().startswith(">")


def _ends_own_words(lines: list[str], number: int) -> bool:
    bare = lines[number].strip()
    if bare in {"--", "\N{EM DASH}", "\N{EN DASH}"}:
        return True
    low = _composed(bare[:200]).lower().replace("\u2019", "'")
    if low.startswith("--") and low.endswith("--") and any(phrase in low for phrase in _ORIGINAL):
        return True
    if low.startswith(_FOOTERS):
        return True
    return _header(low).startswith(_FROM) and any(
        _header(line[:40].lower()).startswith(_HEADER_FIELDS) for line in lines[number + 1 : number + 4]
    )


def _header(line: str) -> str:
    """A line of a mail header without emphasis and without the French space before the colon."""
    return _composed(line).replace("*", "").replace("_", "").replace("\xa0", " ").replace(" :", ":").strip()


def _without_spanning_code(own: list[str | None]) -> tuple[str | None, ...]:
    """Blanks lines that begin inside an inline code span opened on an earlier line of the same paragraph."""
    result = list(own)
    start = 0
    for number in range(len(own) + 1):
        if number == len(own) or not (own[number] or "").strip():
            _blank_spanned(result, start, number)
            start = number + 1
    return tuple(result)


def _blank_spanned(lines: list[str | None], start: int, end: int) -> None:
    runs = [
        (number, len(match[0])) for number in range(start, end) for match in _BACKTICKS.finditer(lines[number] or "")
    ]
    closing: dict[int, int] = {}
    closed_by = [-1] * len(runs)
    for index in range(len(runs) - 1, -1, -1):
        length = runs[index][1]
        closed_by[index] = closing.get(length, -1)
        closing[length] = index
    index = 0
    while index < len(runs):
        if (close := closed_by[index]) < 0:
            index += 1
            continue
        for number in range(runs[index][0] + 1, runs[close][0] + 1):
            lines[number] = None
        index = close + 1
