"""The separable parts that an item names itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from rapidfuzz import fuzz

from rules.reading import Line, words

MOST = 12
_LONGEST = 120
_SAME = 88.0

_VERB = re.compile(
    r"(?:re-?)?(?:add|adapt|adjust|allow|analy[sz]e|apply|automate|build|bundle|change|check|clean(?:\s?up)?"
    r"|collect|configure|connect|convert|copy|create|decide|define|delete|deploy"
    r"|deprecate|design|detect|develop|disable|display|document|download|draft|drop|enable|ensure|establish"
    r"|evaluate|expose|export|extend|extract|fetch|fix|generate|get|handle|hide|hook"
    r"|identify|implement|import|improve|include|install|integrate|introduce|investigate|keep|limit|list|load|make"
    r"|merge|migrate|modify|monitor|move|notify|optimi[sz]e|package|parse"
    r"|plan|port|prepare|print|provide|publish|read|record|redesign|refactor|register|release|remove|rename|render"
    r"|replace|report|research|review|rewrite|save|schedule|secure|send|set(?:\s?up)?"
    r"|show|split|store|support|switch|sync|test|track|translate|turn|unify|update|upgrade|upload|use|validate"
    r"|verify|wire|wrap|write)\b",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r".{0,200}\b(?:tasks?|sub-?tasks?|steps\s+(?:needed|required|involved)|work|parts|phases|deliverables?|need(?:s"
    r"|ed)?|needs\s+to|required|require[sd]?|include[sd]?|includes|to\s?-?do|must|should|has\s+to|have\s+to"
    r"|implement(?:ed)?|changes|will\s+be)\b.{0,80}:\s*",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(
    r"\b(?:run|click|tap|open|launch|press|select|scroll|observe|notice|reproduce|repro|log\s?in"
    r"|install\s+the\s+(?:app|attached)|expected|actual|attached|following\s+code|sample)\b|https?://",
    re.IGNORECASE,
)
_KEY = re.compile(r"\b[A-Z][A-Z0-9]{1,9}-\d{1,6}\b|(?<!\w)#\d{2,6}\b")
_CODEY = re.compile(r"[{};=]|\(\)\s*$|</|\$")


def named_parts(lines: Sequence[Line]) -> tuple[str, ...]:
    """The longest list whose entries are plainly pieces of work, in the order of the text; empty where there is none.

    A list counts under a heading such as "Tasks" or "Scope", or under a line that announces work and ends in a colon,
    and only when nearly all of its entries begin with a verb of doing; done entries and entries that already are
    items of their own (they carry a key) are left out.
    """
    found = [kept for entries in _lists(lines) if (kept := _as_parts(entries))]
    return max(found, key=len, default=())


def without(parts: Iterable[str], existing: Sequence[str]) -> tuple[str, ...]:
    """The parts that no existing child already covers."""
    held = [" ".join(words(summary)).casefold() for summary in existing]
    return tuple(part for part in parts if not any(_covers(part, other) for other in held))


def _covers(part: str, other: str) -> bool:
    ours = " ".join(words(part)).casefold()
    return fuzz.token_sort_ratio(ours, other) >= _SAME or (
        len(ours) > 10 and (ours in other or (len(other) > 10 and other in ours))
    )


def _lists(lines: Sequence[Line]) -> Iterator[list[Line]]:
    entries: list[Line] = []
    announced = False
    for line in lines:
        if line.kind == "entry" and line.section not in (
            "steps",
            "actual",
            "expected",
            "criteria",
            "aside",
            "environment",
        ):
            if announced or line.section == "parts" or line.checked is not None:
                entries.append(line)
            continue
        if entries:
            yield entries
            entries = []
        announced = (
            line.kind == "text" and _LEAD.fullmatch(line.text[-300:]) is not None and not _INSTRUCTION.search(line.text)
        )
    if entries:
        yield entries


def _as_parts(entries: list[Line]) -> tuple[str, ...]:
    shallowest = min(line.depth for line in entries)
    top = [line for line in entries if line.depth == shallowest]
    doing = [line for line in top if _VERB.match(line.text) and not _INSTRUCTION.search(line.text)]
    if len(doing) < 0.8 * len(top):
        return ()
    kept = [
        line.text.strip(" .;,:")
        for line in doing
        if not line.checked
        and not _KEY.search(line.text)
        and not _CODEY.search(line.text)
        and len(words(line.text)) >= 2
        and len(line.text) <= _LONGEST
    ]
    return tuple(dict.fromkeys(kept))[:MOST]
