"""One English sentence of the code -> the sentence in the language that is spoken."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from babel.core import Locale
from babel.lists import format_list

from languages.catalogues import ENGLISH, LANGUAGES, catalogue

_spoken: ContextVar[str] = ContextVar("language", default=ENGLISH)
_LOCALES: dict[str, str] = {ENGLISH: "en_GB"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands in a sentence."""

    name: str


def language() -> str:
    """The code of the language that is spoken now."""
    return _spoken.get()


def locale() -> str:
    """The spoken language as the library of dates, numbers and lists knows it."""
    return _LOCALES.get(language(), language())


def name_in_english() -> str:
    """The spoken language by its English name: "German"."""
    return str(Locale(language()).english_name)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak a language of LANGUAGES within the block, in this thread or task; another raises ValueError."""
    if code not in LANGUAGES:
        raise ValueError(f"{code!r} is not one of {', '.join(LANGUAGES)}")
    before = _spoken.set(code)
    try:
        yield
    finally:
        _spoken.reset(before)


def say(sentence: str, /, **values: object) -> str:
    """The sentence with each value in the place of its name. The values are put in as they are."""
    return _filled(catalogue(language()).gettext(sentence), values)


def say_many(one: str, many: str, number: int, /, **values: object) -> str:
    """Like `say`, of a number of things; "{number}" stands for it."""
    return _filled(catalogue(language()).ngettext(one, many, number), {"number": number, **values})


def to_say(sentence: str, /) -> str:
    """The English sentence itself: what is kept or compared, and said only later, is marked for the catalogues."""
    return sentence


def pieces(sentence: str, /) -> tuple[str | Place, ...]:
    """The sentence as texts and places in their order, for values that are more than text."""
    return tuple(taken_apart(catalogue(language()).gettext(sentence)))


def taken_apart(sentence: str) -> Iterator[str | Place]:
    """The texts and places of a sentence in any language. Raises ValueError where its braces do not match."""
    for text, name, _, _ in string.Formatter().parse(sentence):
        if text:
            yield text
        if name is not None:
            yield Place(name)


def enumeration(parts: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return format_list(list(parts), locale=locale())


def _filled(sentence: str, values: dict[str, object]) -> str:
    return "".join(str(values[piece.name]) if isinstance(piece, Place) else piece for piece in taken_apart(sentence))
