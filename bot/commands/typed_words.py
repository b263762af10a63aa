"""Pure: every word that people may type in a command, in each language, and how each may be spelt.

Beside the words that the bot itself writes (bot/words/command_words.py) people use others that mean the same. All
count everywhere, whatever language a project speaks; none means two things.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from bot.words.command_words import WORDS

_OTHERS: Mapping[str, tuple[str, ...]] = {
    "accept": (
        *("akzeptieren", "akzeptiere", "übernehmen"),
        *("accepte", "acceptez", "acepta", "acepto", "aceita", "aceite", "aceito"),
    ),
    "reject": (
        *("verwerfen", "zurückweisen", "rejeter", "rejette", "refusez"),
        *("rechaza", "rechazo", "descartar", "rejeita", "rejeito", "recusar", "recusa"),
    ),
    "undo": (
        *("rückgängig", "rückgängig machen", "widerrufen", "annule", "annulez"),
        *("deshaz", "anular", "desfaz", "desfaça"),
    ),
    "expand": ("neu prüfen", "relis", "relisez", "revisa", "reveja"),
    "explain": ("erkläre", "explique", "expliquez", "explica"),
    "more": (),
    "mute": ("stummschalten", "muet", "silencio", "silêncio"),
    "unmute": ("reprends", "reprenez", "reactivar", "reativar"),
    "help": (),
    "all": ("everything", "alles", "tous", "toutes", "todos", "todas"),
    "without": ("except", "but", "außer", "bis auf", "sans", "excepté", "sin", "menos", "salvo", "sem"),
    "and": (),
}

TYPED: Mapping[str, tuple[str, ...]] = {
    verb: tuple(dict.fromkeys((*(words[verb] for words in WORDS.values()), *others)))
    for verb, others in _OTHERS.items()
}
"""English word -> all words that mean it, the bot's own first, in lower case and with their accents."""

THANKS = (
    *("please", "pls", "plz", "thanks", "many thanks", "thanks a lot", "thank you", "thank you very much"),
    *("thx", "cheers", "bitte", "danke", "danke schön", "dankeschön", "vielen dank"),
    *("merci", "merci beaucoup", "merci bien", "s'il te plaît", "s'il vous plaît", "stp", "svp"),
    *("por favor", "gracias", "muchas gracias", "obrigado", "obrigada", "muito obrigado", "muito obrigada"),
)
COURTESIES = ("please", "pls", "plz", "bitte", "s'il te plaît", "s'il vous plaît", "stp", "svp", "por favor")
"""What may stand before the bot's name."""
PRAISE = (
    *("ok", "okay", "yes", "fine", "good", "great", "nice", "perfect", "agreed", "lgtm"),
    *("looks good", "looks good to me", "looks fine", "looks fine to me"),
    *("sounds good", "sounds good to me", "sounds fine", "sounds fine to me"),
    *("ja", "gut", "sehr gut", "prima", "perfekt", "passt", "einverstanden", "sieht gut aus"),
    *("oui", "bien", "très bien", "parfait", "d'accord", "sí", "muy bien", "perfecto", "de acuerdo", "vale"),
    *("sim", "bom", "muito bom", "ótimo", "perfeito", "tudo bem", "de acordo"),
)

_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def any_of(words: Iterable[str]) -> str:
    """A regular expression for any of the words, however spelt; for matching with re.ASCII and re.IGNORECASE."""
    return f"(?:{'|'.join(map(_pattern, words))})"


def plain(text: str) -> str:
    """The text in small letters without accents: "Rückgängig" is "ruckgangig", "außer" is "ausser"."""
    apart = unicodedata.normalize("NFD", text.lower().replace("ß", "ss"))
    return "".join(character for character in apart if not unicodedata.combining(character))


def _pattern(word: str) -> str:
    return "".join(letter if letter.isascii() else _letter(letter) for letter in word).replace("'", "['\u2019]")


def _letter(letter: str) -> str:
    """A letter with its accent in one piece, or apart, or without it; "ue" for "ü", "ss" for "ß". Nothing else.

    Both cases are named, because re.ASCII folds the case of no other letters.
    """
    if letter == "ß":
        return "(?:ss|ß|\u1e9e)"
    base, accent = tuple(unicodedata.normalize("NFD", letter))
    apart = f"(?:e|{accent})" if letter in "äöü" else accent
    return f"(?:{base}{apart}?|{letter}|{letter.upper()})"


def _spellings() -> Iterator[tuple[str, str]]:
    for verb, words in TYPED.items():
        for word in words:
            yield plain(word), verb
            yield plain(word.translate(_TWO_LETTERS)), verb


MEANINGS: Mapping[str, str] = dict(_spellings())
"""A word as `plain` gives it -> the English word that it means."""
