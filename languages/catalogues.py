"""The catalogues of a language, read once: languages/<code>/*.po."""

from __future__ import annotations

import functools
import io
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from typing import Literal, get_args

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

Language = Literal["en", "de", "fr", "es", "pt"]
ENGLISH: Language = "en"
LANGUAGES: tuple[Language, ...] = get_args(Language)


@functools.cache
def catalogue(code: str) -> NullTranslations:
    """All that is said in a language of LANGUAGES; English, in which the code is written, needs no catalogue."""
    told: NullTranslations = NullTranslations()
    if code == ENGLISH:
        return told
    for entry in sorted(files("languages").joinpath(code).iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".po"):
            one = _compiled(entry.read_bytes(), code)
            one.add_fallback(told)
            told = one
    return told


def _compiled(source: bytes, code: str) -> GNUTranslations:
    """A catalogue whose doubtful ("fuzzy") entries are left out: those are said in English."""
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source), locale=code, abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)
