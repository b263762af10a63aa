"""Pure: a line that was meant as a command and is none -> the one line that would have worked, as it is spoken.

What is guessed is only ever shown, never done. A sentence that merely mentions the bot has no guess.
"""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.commands.around import DASHES, THANKING_WORDS, leads_in, sets_apart, without_courtesies, without_dash
from bot.commands.typed_words import MEANINGS, plain
from bot.words.command_words import WORDS, typed

MAX_GUESSED = 300
"""Longer lines are prose, not mistyped commands."""

NUMBERED = ("accept", "reject", "undo", "explain")
BARE = ("expand", "more", "mute", "unmute", "help")
SYNONYMS = {
    **dict.fromkeys(("approve", "apply", "yes", "ok", "agree", "take", "except", "acccept"), "accept"),
    **dict.fromkeys(("ja", "oui", "si", "sim", "genehmigen", "approuver", "aprobar", "aprovar"), "accept"),
    **dict.fromkeys(("decline", "dismiss", "no", "refuse", "deny", "nein", "non", "nao"), "reject"),
    **dict.fromkeys(("revert", "rollback", "unaccept"), "undo"),
}
"""Words that are guessed and never acted on, as `plain` gives them."""

_FILLERS_WORDS = "please pls plz kindly to can could you change changes number bitte stp svp por favor"
_FILLERS = frozenset(_FILLERS_WORDS.split())
_JOINTS_WORDS = """
    & + - to number nr change changes suggestion suggestions nummer bis vorschlag vorschlage numero sugerencia
    sugestao
"""
_JOINTS = frozenset({*_JOINTS_WORDS.split(), *(word for word, meant in MEANINGS.items() if meant == "and")})
_ALL = frozenset(word for word, meant in MEANINGS.items() if meant == "all")
_NEGATIONS = {"not", "aber", "nicht", "auf", "mais", "pas", "pero", "no", "mas", "nao"}
_WITHOUT = frozenset({*_NEGATIONS, *(word for word, meant in MEANINGS.items() if meant == "without")})
_BULLET = re.compile(r"(?:[-*+\u2022]|[0-9]{1,3}[.)]) ")
_NUMBER = re.compile(r"([0-9]{1,4})([a-z]?)")
_RUN_TOGETHER = re.compile(r"([a-z]{2,16})[#:]?([0-9][0-9,a-z-]{0,9})")
_YES_WORDS = "yes yep ok okay agreed approved ja oui si sim einverstanden d'accord vale"
_YES = frozenset(_YES_WORDS.split())
_LETTER = re.compile(r"[a-z]")
_RANGE = re.compile(r"([0-9]{1,4})-([0-9]{1,4})")
_INFLECTED = ("s", "d", "ed", "ing", "ful", "less", "er")
MAX_RANGE = 10

_TOLD = frozenset(plain(word) for words in WORDS.values() for word in words.values())
_MISTYPED = dict.fromkeys(
    (*NUMBERED, *BARE, *(plain(words[verb]) for words in WORDS.values() for verb in NUMBERED)),
)
"""What a word is compared with. One that takes no number is looked for in English only: alone in a line, a word that
resembles one of ours is nearly always another word."""
_LONG = [word for word in _MISTYPED if len(word) >= 6]
_SHORT = [word for word in _MISTYPED if len(word) < 6]

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
    if "`" in folded or "~~" in folded:
        return None
    words = folded.split()
    if not words:
        return None
    certain, following = _addressed(words)
    if not following:
        return _behind(words)
    words = without_dash(words[0], following)
    certain = certain and words is following
    while certain and len(words) > 1 and words[0] in _FILLERS:
        words = words[1:]
    if not words:
        return None
    return _completed(words, certain)


def _behind(words: list[str]) -> str | None:
    """What a whole command behind "ok" or behind a sentence was meant to be: "I don't like it. steward reject 1"."""
    for position in range(1, len(words)):
        certain, following = _addressed(words[position:])
        if certain:
            return _whole(without_dash(words[position], following)) if leads_in(words[:position]) else None
    return None


def _whole(words: list[str]) -> str | None:
    """The command, if nothing but it stands there: what goes on may be a reason, and may be about anything."""
    arguments = words[1:]
    if not words or not (sets_apart(arguments) or not arguments or _is_numeric(without_courtesies(arguments))):
        return None
    return _completed(words, certain=False)


def _folded(line: str) -> str:
    """Lower case ASCII as far as the letters and digits of the line have a plain form."""
    if line.isascii():
        return line.lower()
    folded = unicodedata.normalize("NFKC", line).lower().translate(_LOOKALIKES)
    letters = []
    for character in folded:
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
    name = name.strip(",.;").rstrip(DASHES)
    following = ([rest] if rest else []) + words[1:]
    if name == "steward":
        return True, following
    if len(name) >= 5 and OSA.distance(name, "steward", score_cutoff=2) <= 2:
        return False, following
    return False, []


def _completed(words: list[str], certain: bool) -> str | None:
    words = _verb_first(words) if certain else words
    first = plain(words[0].strip(".,:;!?"))
    arguments = words[1:] if certain else without_courtesies(words[1:])
    if certain and first in _YES and all(plain(word.strip(".,!")) in THANKING_WORDS | _ALL for word in arguments):
        return typed("accept", "all")
    if (together := _RUN_TOGETHER.fullmatch(first)) and _verb(together[1])[0] in NUMBERED:
        first, arguments = together[1], [together[2], *arguments]
    verb, exact = _verb(first)
    numeric = _is_numeric(arguments)
    if verb is None:
        return typed("help") if certain and arguments and numeric and len(arguments) <= 3 else None
    if verb in BARE:
        return _bare(words[0], verb, arguments, exact=exact, certain=certain)
    if certain:
        meant = _starts_numeric(arguments) or (exact and len(arguments) <= 4)
    else:
        meant = numeric or (exact and verb == "reject" and _starts_numeric(arguments))
    return _numbered(verb, arguments) if meant else None


def _verb_first(words: list[str]) -> list[str]:
    """The verb at the front where it stands behind its numbers, as in "2 bitte annehmen"."""
    said = [word for word in words if plain(word.strip(".,!")) not in THANKING_WORDS]
    last = plain(said[-1].strip(".!")) if said else ""
    if MEANINGS.get(last) not in NUMBERED or not _is_numeric(said[:-1]):
        return words
    return [last, *said[:-1]]


def _verb(word: str) -> tuple[str | None, bool]:
    """What a plain word means, and whether it is one of the words that people are told."""
    meant = MEANINGS.get(word)
    if meant in NUMBERED or meant in BARE:
        return meant, word in _TOLD
    if word in SYNONYMS:
        return SYNONYMS[word], False
    best, distance = None, 3
    for known, allowed in ((_LONG, 2), (_SHORT, 1)):
        found = process.extractOne(word, known, scorer=OSA.distance, score_cutoff=allowed)
        if found is not None and found[1] < distance:
            best, distance = MEANINGS[found[0]], int(found[1])
    return best, False


def _bare(word: str, verb: str, arguments: list[str], *, exact: bool, certain: bool) -> str | None:
    # In other languages these words are everyday ones: "Steward neu starten" is not for the bot.
    any_arguments = certain and plain(word.strip(".,:;!?")) == verb
    if exact and (any_arguments or not arguments or _is_numeric(arguments)) and len(arguments) <= 2:
        return typed(verb)
    inflected = any(word.strip(".!?") == verb.removesuffix("e") + end or word == verb + end for end in _INFLECTED)
    return typed(verb) if certain and not exact and not arguments and not inflected else None


def _starts_numeric(arguments: list[str]) -> bool:
    first = next((word for word in arguments if plain(word) not in _JOINTS), "")
    return first.lstrip("#(")[:1].isdigit() or plain(first.rstrip(".,;:")) in _ALL


def _is_numeric(arguments: list[str]) -> bool:
    """Whether nothing but numbers, "all" and the words between them is there."""
    bare = [word.strip("#.,;:!()") for word in arguments]
    allowed = _JOINTS | _ALL | _WITHOUT
    return any(word[:2].isdigit() or plain(word) in _ALL for word in bare) and all(
        word[:1].isdigit() or plain(word) in allowed for word in bare if word
    )


def _numbered(verb: str, arguments: list[str]) -> str:
    chosen: list[str] = []
    which: tuple[str, ...] = ()
    rest = 0
    for position, word in enumerate(arguments):
        bare = plain(word.strip("#.,;:!()"))
        pieces = [piece for part in bare.split(",") for piece in _numbers(part.strip("#"))]
        if pieces:
            chosen += pieces
        elif bare in _ALL and verb in {"accept", "reject"}:
            which = ("all",)
        elif bare in _WITHOUT and which:
            which = ("all", "without")
        elif _is_variant(bare, chosen, arguments[position + 1 :]) and verb != "reject":
            chosen[-1] += bare
        elif bare and bare not in _JOINTS and not bare[0].isdigit():
            break
        rest = position + 1
    numbers = tuple(dict.fromkeys(chosen[:MAX_RANGE]))
    if which == ("all", "without") and not numbers:
        which = ("all",)
    reason = " ".join(arguments[rest:])[:80].strip() if verb == "reject" and _starts_numeric(arguments) else ""
    return f"{typed(verb, *(which if which == ('all',) else (*which, *numbers) or ('1',)))} {reason}".strip()


def _is_variant(letter: str, chosen: list[str], following: list[str]) -> bool:
    """Whether a letter belongs to the number before it ("3 a"), and is no "and" between two ("3 e 4", "3 y 4")."""
    if not (_LETTER.fullmatch(letter) and chosen and chosen[-1].isdigit()):
        return False
    return not (letter in _JOINTS and following and following[0].lstrip("#")[:1].isdigit())


def _numbers(word: str) -> list[str]:
    if (span := _RANGE.fullmatch(word)) and 0 <= int(span[2]) - int(span[1]) < MAX_RANGE:
        return [str(number) for number in range(int(span[1]), int(span[2]) + 1)]
    return [f"{int(found[1])}{found[2]}"] if (found := _NUMBER.fullmatch(word)) else []
