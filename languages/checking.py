"""For maintainers: what is wrong with the catalogues."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from babel.messages.catalog import Message

from languages.extracting import sentences, translations
from languages.saying import Place, taken_apart

NUMBER = "number"
"""The place that a sentence about one thing may do without."""
_CODE = re.compile(r"`[^`]*`")


def faults(code: str, domain: str) -> Iterator[str]:
    """Each sentence that a catalogue lacks, has not translated or keeps for nothing, and each that it would spoil."""
    said, told = sentences(domain), translations(code, domain)
    known = {message.id for message in told if message.id}
    spoken = {message.id for message in said if message.id}
    for stale in known - spoken:
        yield f"nobody says {stale!r} any longer"
    for missing in spoken - known:
        yield f"{missing!r} is not in the catalogue"
    for message in told:
        if message.id in spoken:
            yield from _of(message)


def _of(message: Message) -> Iterator[str]:
    originals, forms = _texts(message.id), _texts(message.string)
    if message.fuzzy:
        yield f"{message.id!r} is fuzzy: look at its translation"
    if not all(forms):
        yield f"{message.id!r} is not translated"
        return
    wanted = set().union(*map(_places, originals))
    spare = {NUMBER} if len(originals) > 1 else set[str]()
    for form in forms:
        try:
            there = _places(form)
        except ValueError as error:
            yield f"{form!r} cannot be read: {error}"
            continue
        if not there <= wanted or not wanted - there <= spare:
            yield f"{form!r} has other places than {message.id!r}"
        if Counter(_CODE.findall(form)) != Counter(_CODE.findall(originals[-1])):
            yield f"{form!r} has other code than {message.id!r}"


def _texts(text: object) -> tuple[str, ...]:
    return tuple(map(str, text)) if isinstance(text, list | tuple) else (str(text),)


def _places(sentence: str) -> set[str]:
    return {piece.name for piece in taken_apart(sentence) if isinstance(piece, Place)}
