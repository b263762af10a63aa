"""Sentences that must never become a criterion: plans, vague wishes, and what carries links, markup or a secret."""

from __future__ import annotations

import re
from itertools import pairwise

from rules.reading import words

_I = re.IGNORECASE
_MUST = r"(?:should|must|shall|will|needs?\s+to|ha(?:s|ve)\s+to|ought\s+to)"
_TEAM = re.compile(
    r"^\W*(?:(?:the|our|their|another|each)\s+)?(?:[\w-]+\s+){0,2}(?:teams?|squads?|department|stakeholders?|colleagues?"
    r"|product\s+owners?|scrum\s+masters?|qa|po|designers?|testers?|architects?|management|committee)"
    rf"\s+(?:\w+\s+)?{_MUST}\s+(?!be\s+able|not\s+be\s+able)",
    _I,
)
_BARE = re.compile(rf"^\W*([A-Z][a-z]+)(?:\s+(?:and|or|&)\s+([A-Z][a-z]+))?\s+{_MUST}\s+(?:\w+ly\s+)?(\w+)\s*(\w*)")
_PERSON_DOES_WORDS = """
    add agree approve ask buy call check clarify confirm contact consult coordinate create decide deliver design
    discuss do email estimate explain finish fix follow give help implement investigate know look mail meet ping plan
    prepare present prioritise prioritize provide research review schedule send sign speak start talk take tell test
    update wait work write
"""
_PERSON_DOES = frozenset(_PERSON_DOES_WORDS.split())
_PERSON_IS = frozenset({"asked", "consulted", "contacted", "informed", "involved", "told"})
_DATED = re.compile(
    r"\b(?:by|before|until|till|on|this|next)\s+(?:the\s+)?(?:end\s+of\s+(?:the\s+)?(?:day|week|month|quarter|year"
    r"|sprint)|(?:next\s+)?(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|tomorrow|tonight|next\s+\w+|weekend|sprint|eod"
    r"|(?:january|february|march|april|june|july|august|september|october|november|december)\b)"
    r"|\b(?:asap|as\s+soon\s+as\s+possible|next\s+(?:week|month|sprint|year)|this\s+(?:week|sprint|month)|deadline)\b",
    _I,
)
_NOTE = re.compile(
    r"^\W*(?:notes?|nb|n\.b\.|fyi|ps|p\.s\.|to-?do|reminder|remember|update|edit)\b\s{0,3}[:,\-\u2013]", _I
)
_UNDECIDED = re.compile(
    r"\b(?:decide|discuss|figure\s+out|find\s+out|clarify|unclear|unsure|not\s+sure|question\s+(?:is|of)|investigate"
    r"|evaluate|consider|think\s+about|wonder\w*)\s+(?:\w+\s+){0,2}whether\b|^\W*whether\b"
    r"|\bwhether\s+(?:\S+\s+){1,12}?(?:should|must|shall|ought|needs?)\b",
    _I,
)
_PRAISE = (
    r"(?:fast(?:er)?|quick(?:er|ly)?|nicer?|good|great|better|best|modern|pretty|prettier|beautiful|intuitive"
    r"|user[\s-]?friendly|easy|easier|simpler?|clean(?:er)?|robust|stable|scalable|reliable|flexible|performant"
    r"|responsive|smooth(?:er)?|cool|awesome|perfect|seamless|efficient|convenient|maintainable|professional"
    r"|state[\s-]of[\s-]the[\s-]art|(?<!as\s)well|properly|correctly|fine|secure|safe|important)"
)
_WISHED = re.compile(
    rf"\b(?:should|must|shall|needs?\s+to|has\s+to|have\s+to|will|can)\s+(?:\w+\s+)?"
    rf"(?:be|become|feel|look|work|run|perform|behave)\s+(?:\w+\s+){{0,2}}?{_PRAISE}"
    r"(?:\W*$|\s*,|\s+(?:and|or|as|enough|like|for\s+(?:all|every\w*|us|the\s+users?)|to\s+(?:use|read|look))\b)",
    _I,
)
_ONLY_WORKS = re.compile(
    r"\b(?:should|must|shall|has\s+to|needs\s+to)\s+(?:just\s+|also\s+)?(?:work|function|run)\W*$", _I
)
_ALIKE = re.compile(
    r"\b(?:look|feel|work|behave|be|act)s?\s+(?:\w+\s+){0,2}?(?:like|similar\s+to|the\s+same\s+(?:as|way)|as\s+(?:in|on|at))\b",
    _I,
)
_FOREIGN_MATTER = re.compile(
    r"https?:|\bwww\.|\w@\w|(?<!\w)@\w|\[~|\]\(|!\[|</?[a-z!]|&[a-z#]\w{1,6};|\*\*|~~|\|\||\{\w+[:}]|\[[^\[\]|]{1,100}\|",
    _I,
)
_SECRET = re.compile(
    r"\b(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|credentials?|api[\s_-]?key|access[\s_-]?key|private[\s_-]?key|pin)"
    r"\s{0,3}(?:=|:|\bis\b\s+[\"'`])\s{0,3}\S"
    r"|\b(?:gh[opsu]_|github_pat_|glpat-|xox[abposr]-|sk-|sk_|pk_|AKIA|ASIA|eyJ|ya29\.|ATATT)\w"
    r"|\bbearer\s+\w{8}|-----BEGIN",
    _I,
)
_RUN = re.compile(r"[A-Za-z0-9+/_=\-]{16,}")
_TWICE_DENIED = re.compile(
    r"\b(?:nobody|no\s+one|nothing|none|never)\s+(?:\w+\s+){0,3}?(?:not|cannot|\w+n['\u2019]t|never)\b", _I
)


def is_checkable(text: str, known: frozenset[str] = frozenset()) -> bool:
    """Whether a sentence may become a criterion; `known` are lower-case words that name things and not people."""
    vetoes = (_TEAM, _DATED, _NOTE, _UNDECIDED, _WISHED, _ONLY_WORKS, _ALIKE, _FOREIGN_MATTER, _SECRET, _TWICE_DENIED)
    measured = any(char.isdigit() for char in text)
    if any(veto.search(text) for veto in vetoes if not (measured and veto is _WISHED)):
        return False
    return not _says_who(text, known) and not any(_looks_random(run) for run in _RUN.findall(text))


def things(summary: str, texts: tuple[str, ...]) -> frozenset[str]:
    """The words of the title, and those the text writes small: what they name is no person."""
    written_small = {word for text in texts for word in words(text) if word.islower()}
    return frozenset({word.casefold() for word in words(summary)} | written_small)


def _says_who(text: str, known: frozenset[str]) -> bool:
    """Whether somebody is told to do something: "Bob should call Alice"."""
    found = _BARE.match(text)
    if found is None or (found[1].casefold() in known and not found[2]):
        return False
    verb, after = found[3].casefold(), found[4].casefold()
    return verb in _PERSON_DOES or (verb == "be" and after in _PERSON_IS)


def _looks_random(run: str) -> bool:
    """Whether a long run of characters mixes letters and digits as keys and tokens do."""
    turns = sum(a.isdigit() != b.isdigit() for a, b in pairwise(run))
    return turns >= 4
