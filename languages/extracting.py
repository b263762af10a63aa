"""For maintainers: the sentences of the code, and the catalogues brought in line with them.

A sentence is the first argument of `say`, `say_many` (the first two), `spoken` or `to_say`, written out in one string.
"""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
DOMAINS: Mapping[str, tuple[str, ...]] = {"comments": ("bot", "integrations"), "rules": ("rules", "prompts")}
"""Catalogue -> the rooms whose sentences it holds."""

_KEYWORDS: dict[str, tuple[int, ...] | None] = {"say": None, "say_many": (1, 2), "spoken": None, "to_say": None}
_CALL = re.compile(rb"\b(?:say|say_many|spoken|to_say)\(")
_WIDTH = 120


@functools.cache
def sentences(domain: str) -> Catalog:
    """What the code says, without translations."""
    found = Catalog(domain=domain)
    for path in sources(domain):
        for line, message, comments, _ in extract_from_file("python", path, keywords=_KEYWORDS):
            found.add(message, locations=[(path.relative_to(ROOT).as_posix(), line)], auto_comments=comments)
    return found


def sources(domain: str) -> Iterator[Path]:
    """The modules that say something, in the order of their names."""
    for room in DOMAINS[domain]:
        yield from (path for path in sorted((ROOT / room).rglob("*.py")) if _CALL.search(path.read_bytes()))


def translations(code: str, domain: str) -> Catalog:
    """The catalogue of a language as it is; empty where there is none yet."""
    try:
        source = _path(code, domain).read_bytes()
    except FileNotFoundError:
        return Catalog(locale=code, domain=domain)
    return read_po(io.BytesIO(source), locale=code, domain=domain, abort_invalid=True)


def bring_up_to_date(code: str, domain: str) -> None:
    """Add new sentences to a catalogue and drop those that nobody says.

    A sentence that was reworded keeps its translation, marked as fuzzy until somebody has looked at it.
    """
    known = translations(code, domain)
    known.update(sentences(domain), update_creation_date=False)
    if not len(known):
        return
    written = io.BytesIO()
    write_po(written, known, width=_WIDTH, omit_header=True, ignore_obsolete=True, include_lineno=False)
    header = (f"Language: {code}", "Content-Type: text/plain; charset=utf-8", f"Plural-Forms: {known.plural_forms}")
    lines = "".join(f'"{line}\\n"\n' for line in header)
    _path(code, domain).parent.mkdir(exist_ok=True)
    _path(code, domain).write_bytes(f'msgid ""\nmsgstr ""\n{lines}\n'.encode() + written.getvalue())


def _path(code: str, domain: str) -> Path:
    return ROOT / "languages" / code / f"{domain}.po"
