"""The languages that the bot speaks: a sentence in English -> the sentence in the language of the project.

Each sentence is written in the code in English, with named places: `say("Suggestion {number} is open.", number=2)`.
Its translations stand in catalogues (gettext's .po files) in one folder a language; a sentence that has none is said
in English. Which language is spoken is set around a piece of work (`with speaking("de"):`), as the project chooses.
"""

from languages.catalogues import ENGLISH, LANGUAGES, Language
from languages.dates import moment
from languages.numbers import figure
from languages.saying import (
    Place,
    enumeration,
    language,
    name_in_english,
    pieces,
    say,
    say_many,
    speaking,
    to_say,
)

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "Language",
    "Place",
    "enumeration",
    "figure",
    "language",
    "moment",
    "name_in_english",
    "pieces",
    "say",
    "say_many",
    "speaking",
    "to_say",
]
