"""Pure: the words of a command in each language that the bot speaks; its own name is the same in all of them.

What the bot writes is in the language that is spoken. People may type the words of any of these languages anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping

from languages import language

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "accept": "accept",
        "reject": "reject",
        "undo": "undo",
        "expand": "expand",
        "explain": "explain",
        "more": "more",
        "mute": "mute",
        "unmute": "unmute",
        "help": "help",
        "all": "all",
        "without": "without",
        "and": "and",
    },
    "de": {
        "accept": "annehmen",
        "reject": "ablehnen",
        "undo": "zurücknehmen",
        "expand": "neu",
        "explain": "erklären",
        "more": "mehr",
        "mute": "stumm",
        "unmute": "laut",
        "help": "hilfe",
        "all": "alle",
        "without": "ohne",
        "and": "und",
    },
    "fr": {
        "accept": "accepter",
        "reject": "refuser",
        "undo": "annuler",
        "expand": "relire",
        "explain": "expliquer",
        "more": "plus",
        "mute": "silence",
        "unmute": "reprendre",
        "help": "aide",
        "all": "tout",
        "without": "sauf",
        "and": "et",
    },
    "es": {
        "accept": "aceptar",
        "reject": "rechazar",
        "undo": "deshacer",
        "expand": "revisar",
        "explain": "explicar",
        "more": "más",
        "mute": "silenciar",
        "unmute": "reanudar",
        "help": "ayuda",
        "all": "todo",
        "without": "excepto",
        "and": "y",
    },
    "pt": {
        "accept": "aceitar",
        "reject": "rejeitar",
        "undo": "desfazer",
        "expand": "rever",
        "explain": "explicar",
        "more": "mais",
        "mute": "silenciar",
        "unmute": "retomar",
        "help": "ajuda",
        "all": "tudo",
        "without": "exceto",
        "and": "e",
    },
}
"""Language -> English word -> the word that people of the language type: one word in lower case, with its accents."""


def typed(verb: str, *arguments: object) -> str:
    """A command as it is typed in the language that is spoken: ("accept", 2) is "steward accept 2".

    `verb` is a key of WORDS["en"]; of the arguments, those that are keys of it are said in the language too.
    """
    words = WORDS[language()]
    return " ".join(("steward", words[verb], *(words.get(str(one), str(one)) for one in arguments)))
