"""Pure: a line that was meant as a command and is none -> the one line that would have worked.

What is guessed is only ever shown, never done. A sentence that merely mentions the bot has no guess.
"""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz.distance import OSA

MAX_GUESSED = 300
"""Longer lines are prose, not mistyped commands."""

NUMBERED = ("accept", "reject", "undo", "explain")
BARE = ("expand", "more", "mute", "unmute", "help")
SYNONYMS = {
    **dict.fromkeys(("approve", "apply", "yes", "ok", "agree", "take", "except", "acccept"), "accept"),
    **dict.fromkeys(("decline", "dismiss", "no", "refuse", "deny"), "reject"),
    **dict.fromkeys(("revert", "rollback", "unaccept"), "undo"),
}

_FILLERS = frozenset({"please", "pls", "plz", "kindly", "to", "can", "could", "you", "change", "changes", "number"})
_JOINTS = frozenset({"and", "&", "+", "-", "to", "number", "nr", "change", "changes", "suggestion", "suggestions"})
_ALL = frozenset({"all", "everything"})
_WITHOUT = frozenset({"without", "except", "but", "not"})
_BULLET = re.compile(r"(?:[-*+\u2022]|[0-9]{1,3}[.)]) ")
_NUMBER = re.compile(r"([0-9]{1,4})([a-z]?)")
_RUN_TOGETHER = re.compile(r"([a-z]{2,10})[#:]?([0-9][0-9,a-z-]{0,9})")
_YES = frozenset({"yes", "yep", "ok", "okay", "agreed", "approved"})
_COURTESIES = frozenset({"please", "pls", "plz", "thanks", "thank", "you", "thx", "all"})
_LETTER = re.compile(r"[a-z]")
_RANGE = re.compile(r"([0-9]{1,4})-([0-9]{1,4})")
_INFLECTED = ("s", "d", "ed", "ing", "ful", "less", "er")
MAX_RANGE = 10

# Letters of other scripts that look like Latin ones: people paste them, and so do those who want to be misread.
_LOOKALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u0442\u043a\u043c\u03b1\u03bf\u03c1\u03b5\u03c4\u0131",
    "aeopcyxijshdtkmaopeti",
)


def guess(line: str) -> str | None:
    """The command that this line was probably meant to be, or None for a line that is not for the bot."""
    if len(line) > MAX_GUESSED:
        return None
    folded = _folded(line)
    if bullet := _BULLET.match(folded):
        folded = folded[bullet.end() :]
    if "`" in folded:
        return None
    words = folded.split()
    if not words:
        return None
    certain, words = _addressed(words)
    while certain and len(words) > 1 and words[0] in _FILLERS:
        words = words[1:]
    if not words:
        return None
    return _completed(words, certain)


def _folded(line: str) -> str:
    """Lower case ASCII as far as the letters and digits of the line have a plain form."""
    if line.isascii():
        return line.lower()
    plain = unicodedata.normalize("NFKC", line).lower().translate(_LOOKALIKES)
    letters = []
    for character in plain:
        digit = unicodedata.digit(character, None)
        kept = str(digit) if digit is not None else character
        letters.append("" if unicodedata.category(character) == "Cf" else kept)
    return "".join(letters)


def _addressed(words: list[str]) -> tuple[bool, list[str]]:
    """Whether the line names the bot without doubt, and the words after its name; no words: it is not for the bot."""
    head = words[0]
    if head.startswith("/") and len(head) > 1 and head != "/steward":
        return False, [head[1:], *words[1:]] if head[1:].isalnum() else []
    name, _, rest = head.lstrip("/@").partition(":")
    name = name.strip(",.;")
    following = ([rest] if rest else []) + words[1:]
    if name == "steward":
        return True, following
    if len(name) >= 5 and OSA.distance(name, "steward", score_cutoff=2) <= 2:
        return False, following
    return False, []


def _completed(words: list[str], certain: bool) -> str | None:
    first = words[0].strip(".,:;!?")
    arguments = words[1:]
    if certain and first in _YES and all(word.strip(".,!") in _COURTESIES for word in arguments):
        return "steward accept all"
    if (together := _RUN_TOGETHER.fullmatch(first)) and _verb(together[1])[0] in NUMBERED:
        first, arguments = together[1], [together[2], *arguments]
    verb, exact = _verb(first)
    numeric = _is_numeric(arguments)
    if verb is None:
        return "steward help" if certain and arguments and numeric and len(arguments) <= 3 else None
    if verb in BARE:
        return _bare(words[0], verb, arguments, exact=exact, certain=certain)
    if certain:
        meant = _starts_numeric(arguments) or (exact and len(arguments) <= 4)
    else:
        meant = numeric or (exact and verb == "reject" and _starts_numeric(arguments))
    return _numbered(verb, arguments) if meant else None


def _verb(word: str) -> tuple[str | None, bool]:
    if word in NUMBERED or word in BARE:
        return word, True
    if word in SYNONYMS:
        return SYNONYMS[word], False
    best, distance = None, 3
    for verb in (*NUMBERED, *BARE):
        allowed = 2 if len(verb) >= 6 else 1
        found = OSA.distance(word, verb, score_cutoff=allowed)
        if found <= allowed and found < distance:
            best, distance = verb, found
    return best, False


def _bare(word: str, verb: str, arguments: list[str], *, exact: bool, certain: bool) -> str | None:
    if exact and (certain or not arguments or _is_numeric(arguments)) and len(arguments) <= 2:
        return f"steward {verb}"
    inflected = any(word.strip(".!?") == verb.removesuffix("e") + end or word == verb + end for end in _INFLECTED)
    return f"steward {verb}" if certain and not exact and not arguments and not inflected else None


def _starts_numeric(arguments: list[str]) -> bool:
    first = next((word for word in arguments if word not in _JOINTS), "")
    return first.lstrip("#(")[:1].isdigit() or first.rstrip(".,;:") in _ALL


def _is_numeric(arguments: list[str]) -> bool:
    """Whether nothing but numbers, "all" and the words between them is there."""
    allowed = _JOINTS | _ALL | _WITHOUT
    return any(word[:2].lstrip("#").isdigit() or word in _ALL for word in arguments) and all(
        word.strip("#.,;:!()")[:1].isdigit() or word.strip(".,;:!") in allowed for word in arguments
    )


def _numbered(verb: str, arguments: list[str]) -> str:
    chosen: list[str] = []
    prefix = ""
    rest = 0
    for position, word in enumerate(arguments):
        bare = word.strip("#.,;:!()")
        pieces = [piece for part in bare.split(",") for piece in _numbers(part.strip("#"))]
        if pieces:
            chosen += pieces
        elif bare in _ALL and verb in {"accept", "reject"}:
            prefix = "all"
        elif bare in _WITHOUT and prefix:
            prefix = "all without"
        elif chosen and _LETTER.fullmatch(bare) and chosen[-1].isdigit() and verb != "reject":
            chosen[-1] += bare
        elif bare and bare not in _JOINTS and not bare[0].isdigit():
            break
        rest = position + 1
    numbers = " ".join(dict.fromkeys(chosen[:MAX_RANGE]))
    if prefix == "all without" and not numbers:
        prefix = "all"
    what = prefix if prefix == "all" else " ".join(filter(None, (prefix, numbers))) or "1"
    reason = " ".join(arguments[rest:])[:80].strip() if verb == "reject" and _starts_numeric(arguments) else ""
    return " ".join(filter(None, ("steward", verb, what, reason)))


def _numbers(word: str) -> list[str]:
    if (span := _RANGE.fullmatch(word)) and 0 <= int(span[2]) - int(span[1]) < MAX_RANGE:
        return [str(number) for number in range(int(span[1]), int(span[2]) + 1)]
    return [f"{int(found[1])}{found[2]}"] if (found := _NUMBER.fullmatch(word)) else []
