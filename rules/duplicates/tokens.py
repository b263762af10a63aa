"""Split text into the terms that duplicates share.

Identifiers are split (camelCase, snake_case, dotted names, paths) AND kept whole, because a reporter may write either;
words are stemmed; scripts without spaces become pairs of characters; the boilerplate of report forms is dropped.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise

import snowballstemmer

VERSION = 1
"""Grows whenever the same text would give other tokens, so that an index built before is dropped and rebuilt."""

READ_CHARACTERS = 20_000
"""What lies beyond this many characters of a text is not indexed: it is nearly always a pasted log."""

_MARKS = re.escape("".join(chr(c) for c in range(0x300, 0x1B00) if unicodedata.category(chr(c)).startswith("M")))
_LONG_MARKS = re.compile(f"([{_MARKS}]{{4}})[{_MARKS}]+")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
)
_MARKUP = re.compile(
    r"\{(?:html|code|noformat|quote|panel|color)[^{}\n]{0,80}\}|</?[a-zA-Z][^<>\n]{0,200}>|&[a-z]{2,6};"
)
_ADDRESS = re.compile(r"https?://[^\s/<>()\[\]|]{1,200}")
_CHUNK = re.compile(rf"[\w{_MARKS}]+(?:[.\-/\\:$][\w{_MARKS}]+)*")
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]+"
)
_CAMEL = re.compile(r"(?<=[a-z][a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PART = re.compile(rf"(?:[^\W_]|[{_MARKS}])+")
_LETTERS_AND_DIGITS = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")

_STOP_WORDS = """
    a about after again all also am an and any are as at be because been before being both but by can cannot could
    did do does doing done don during each else even ever few for from further get gets getting got had has have
    having he her here hers him his how i if in into is isn it its itself just let like ll lot make makes many may
    me might more most much must my need needs new no nor not now of off on once one only or other our out over
    own per quite rather re really same she should so some still such than that the their them then there these
    they thing things this those though through to too until up upon us use used user users using ve very via want
    was way we well were what when where whether which while who why will with without won would yes yet you your
"""
_STOP = frozenset(_STOP_WORDS.split())
_BOILERPLATE_WORDS = """
    actual attach attached attachment attachments behavior behaviour description detail details env environment
    expected hello hi html http https identifier issue issues lang noformat note observed org com www please problem
    proceed quote report reproduce reproduced reproducible reproduction result results screenshot screenshots see
    sample step steps summary thank thanks ticket title
"""
_BOILERPLATE = frozenset(_BOILERPLATE_WORDS.split())
_STEMMERS = (("a", "z", "english"), ("а", "ё", "russian"), ("α", "ω", "greek"), ("ء", "ي", "arabic"))  # noqa: RUF001 - the first and last letters of four scripts


def folded(text: str) -> str:
    """The text in one compatible spelling: invisible characters gone, look-alike widths folded."""
    text = _INVISIBLE.sub("", text[:READ_CHARACTERS])
    # Ordering a long run of combining marks takes quadratic time in the normaliser.
    return unicodedata.normalize("NFKC", _LONG_MARKS.sub(r"\1", text))[:READ_CHARACTERS]


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The stem of a lower-case word in the language its first letter suggests; other scripts stay as they are."""
    for first, last, language in _STEMMERS:
        if first <= word[:1] <= last:
            return str(snowballstemmer.stemmer(language).stemWord(word))
    return word


def is_filler(word: str) -> bool:
    """Whether a lower-case word says nothing about which report this is."""
    return word in _STOP or word in _BOILERPLATE


def _of_chunk(chunk: str) -> Iterator[tuple[str, str]]:
    """(term, surface) for one run of word characters and joining punctuation."""
    parts = [p for piece in _CAMEL.split(chunk) for p in _PART.findall(piece)]
    whole = chunk.casefold()
    if len(parts) > 1 and len(whole) <= 80:
        yield whole, chunk
    for part in parts:
        word = part.casefold()
        if 1 < len(word) <= 40 and not is_filler(word):
            yield stem(word), part
            halves = _LETTERS_AND_DIGITS.split(word)
            if len(halves) == 2 and len(halves[0]) > 1:
                yield stem(halves[0]), halves[0]


def _of_spaceless(run: str) -> Iterator[tuple[str, str]]:
    if len(run) == 1:
        yield run, run
    for first, second in pairwise(run):
        yield first + second, first + second


def terms(text: str) -> Iterator[tuple[str, str]]:
    """Every term of the text in reading order with the words as they were written, repeats included."""
    for found in _CHUNK.finditer(_ADDRESS.sub(" ", _MARKUP.sub(" ", folded(text)))):
        chunk, start = found.group(), 0
        for run in _SPACELESS.finditer(chunk):
            yield from _of_chunk(chunk[start : run.start()])
            yield from _of_spaceless(run.group())
            start = run.end()
        yield from _of_chunk(chunk[start:])


def tokens(text: str) -> tuple[str, ...]:
    """The terms alone, in reading order, repeats included."""
    return tuple(term for term, _ in terms(text))


def surfaces(text: str) -> Mapping[str, str]:
    """Term -> the words as first written, for showing a term to a person."""
    seen: dict[str, str] = {}
    for term, surface in terms(text):
        seen.setdefault(term, surface)
    return seen
