"""Words that say how bad something is, counted only where they are meant: not negated, quoted, supposed or planned."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from rules.reading import Line, sentences

_I = re.IGNORECASE
_EVERYONE = (
    r"(?:all|every|any|most\s+of\s+(?:our|the))\s+(?:of\s+)?(?:our\s+|the\s+)?(?:users?|customers?|clients?|people"
    r"|accounts?|buyers?|orders?|tenants?)|everyone|everybody|no\s?body|no\s+one|no\s+(?:user|customer|buyer)s?"
)
_MATTER = (
    r"(?:data|files?|records?|orders?|documents?|messages?|database|bookings?|invoices?|contacts?|photos?|entries)"
)
_SEVERE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("data loss", re.compile(
        rf"\bdata\s?(?:loss|corruption)\b|\b(?:los(?:e|es|ing|t)|wip(?:es?|ed|ing)|eras(?:es?|ed|ing)|destroy(?:s"
        rf"|ed)?|corrupt(?:s|ed|ing)?)\s+(?:all\s+|the\s+|my\s+|our\s+|their\s+|users?['\u2019]?s?\s+"
        rf"|customers?['\u2019]?s?\s+|saved\s+|entire\s+|of\s+){{1,4}}{_MATTER}\b"
        rf"|\b(?:all|my|our|their|customer|user)\s+(?:\w+\s+)?{_MATTER}\s+(?:is|are|was|were|gets?|got|has\s+been"
        rf"|have\s+been)\s+(?:lost|gone|wiped|erased|corrupted|destroyed|deleted)\b", _I)),
    ("outage", re.compile(
        rf"\b(?:production|prod|(?:the\s+)?(?:whole\s+|entire\s+|live\s+)?(?:site|website|shop|store|system|service"
        rf"|platform|server))\s+(?:is|was|went|goes|has\s+been|keeps\s+going)\s+(?:completely\s+|entirely\s+"
        rf"|totally\s+)?(?:down|offline)\b(?!\s+for\s+maintenance)"
        rf"|^\W{{0,3}}(?:(?!(?:shut|bring|tak|turn|put|knock|let|mak|keep)\w{{0,4}}\b)\w+\W{{1,3}}){{0,2}}?(?:production|prod|(?:site|website|shop|store|system|service|platform|server))\s+"
        rf"(?:completely\s+|entirely\s+|totally\s+)?(?:down|offline)\s+(?:for\s+(?:{_EVERYONE})|since\s)"
        rf"|\b(?:complete|total|full|production|system|service)\s+outage\b|\b(?:{_EVERYONE})\s+(?:is\s+able\s+to"
        rf"|are\s+able\s+to|can(?:not|'t|\u2019t)?|(?:is|are)\s+unable\s+to|fails?\s+to)\s+(?:log\s?in|sign\s?in"
        rf"|pay|check\s?out|order|open|access|use|connect)\b", _I)),
    ("security", re.compile(
        r"\b(?:sql\s+injection|remote\s+code\s+execution|privilege\s+escalation|authentication\s+bypass"
        r"|CVE-\d{4}-\d{3,7}|(?:security|xss)\s+(?:vulnerability|hole|breach|flaw)|data\s+breach"
        r"|cross[- ]site\s+scripting)\b"
        r"|\bpasswords?\s+(?:is|are|was|were)\s+(?:\w+\s+)?(?:stored|sent|logged|shown|saved|visible|exposed"
        r"|leaked)\s+(?:in|as|over)\s+(?:plain\s?-?text|clear\s?-?text|the\s+logs?)"
        r"|\b(?:anyone|anybody|any\s+user|unauthori[sz]ed\s+users?|other\s+users)\s+can\s+(?:see|read|view|access"
        r"|edit|delete|download|change)\b|\bleaks?\s+(?:\w+\s+){0,2}(?:passwords?|tokens?|credentials"
        r"|personal\s+data|credit\s+cards?)", _I)),
    ("payments", re.compile(
        rf"\b(?:payments?|checkouts?|orders?|purchases?)\s+(?:\w+\s+)?(?:fails?|failing|failed|(?:is"
        rf"|are)\s+(?:broken|down|failing|impossible))\s+(?:\w+\s+){{0,2}}(?:{_EVERYONE})\b|\b(?:charged|billed"
        rf"|debited)\s+(?:twice|two\s+times|double|multiple\s+times)\b|\bdouble[- ]charg", _I)),
)  # fmt: skip
_SLIGHT = re.compile(
    r"\b(?:typos?|misspell(?:ing|ed|ings)|spelling\s+(?:mistakes?|errors?)|mis-?spelt|cosmetic"
    r"|wrong\s+(?:capitali[sz]ation|indentation)|pixels?\s+(?:off|too)|misaligned\s+by|grammar\s+(?:mistakes?"
    r"|errors?)|grammatical)\b",
    _I,
)
_NEGATED = re.compile(
    r"\b(?:no|not|n't|never|without|avoid(?:s|ing)?|prevent(?:s|ing)?|against|instead\s+of|rather\s+than|isn't"
    r"|wasn't|doesn't|didn't|protect\w*|detect\w*|handle|in\s+case\s+of|like)\W+(?:\w+\W+){0,3}$"
    r"|n['\u2019]t\W+(?:\w+\W+){0,3}$",
    _I,
)
_SUPPOSED = re.compile(
    r"\b(?:would|could|might|may|if|potential(?:ly)?|possib(?:le|ly)|risks?|in\s+theory|theoretical(?:ly)?|imagine"
    r"|suppose|worr(?:y|ied)|what\s+if|e\.g|for\s+example|should|unless|in\s+case|afraid|fear|maybe|perhaps"
    r"|think|simulat\w*|pretend|fixed|resolved|no\s+longer|used\s+to|was\s+caused|plan(?:ned)?|on\s+purpose"
    r"|intentional\w*|expected|by\s+design|warning|example|test(?:ing)?)\b|\?",
    _I,
)
_SOFTENED = re.compile(
    r"\b(?:work-?\s?arounds?|rare(?:ly)?|edge\s+case|only\s+(?:in|on)\s+(?:test|staging|dev|debug|local"
    r"|the\s+emulator|the\s+simulator)\w*|staging|sandbox|test\s+(?:system|environment|server|data)"
    r"|dev(?:elopment)?\s+(?:environment|server|build)|emulator|simulator|localhost|demo)\b",
    _I,
)
_WEIGHTY = re.compile(
    r"\b(?:crash\w*|fatal|loses?|lost|fail\w*|broken|breaks?|block\w*|security|legal\w*|complian\w*|contract"
    r"|customers?|demo|launch|release|price|prices|payment|wrong\s+(?:amount|value|result|data)|cannot|can't"
    r"|unable|error|exception|hang\w*|not\s+work\w*|doesn't\s+work|api|code|variable|method|function|property"
    r"|undefined|config\w*|trademark|brand|law)\b",
    _I,
)
_QUOTED = re.compile(r"[\"“„«][^\"“”„«»\n]{1,300}[\"”»]")
_EVERYONE_SAID = re.compile(
    rf"\b(?:{_EVERYONE}|in\s+production|production\s+(?:is|was|system|database|site|server)|for\s+everyone"
    rf"|completely)\b",
    _I,
)


class Heard(NamedTuple):
    """Words found, what they speak of, and whether they say that everyone is hit."""

    about: Literal["data loss", "outage", "security", "payments", "cosmetic"]
    words: str
    everyone: bool


def severe(summary: str, lines: Sequence[Line]) -> Heard | None:
    """The first words that say something grave and mean it; None where anything softens them."""
    texts = [summary, *(text for text, section in sentences(lines) if section not in ("aside", "expected", "criteria"))]
    if any(_SOFTENED.search(text) for text in texts):
        return None
    everyone = any(_EVERYONE_SAID.search(text) for text in texts)
    for text in texts:
        meant = _QUOTED.sub(" ", text)
        if _SUPPOSED.search(meant):
            continue
        for about, pattern in _SEVERE:
            found = pattern.search(meant)
            if found and not _NEGATED.search(meant[max(0, found.start() - 60) : found.start()]):
                return Heard(about, " ".join(found.group().split()), everyone)  # type: ignore[arg-type]  # the names of _SEVERE
    return None


def slight(summary: str, lines: Sequence[Line]) -> Heard | None:
    """Words in the title that call the matter cosmetic, where nothing in the whole text speaks against it."""
    found = _SLIGHT.search(_QUOTED.sub(" ", summary))
    if found is None or _NEGATED.search(summary[max(0, found.start() - 60) : found.start()]):
        return None
    texts = [summary, *(line.text for line in lines)]
    if any(_WEIGHTY.search(text) for text in texts) or any(
        pattern.search(text) for text in texts for _, pattern in _SEVERE
    ):
        return None
    return Heard("cosmetic", found.group(), False)
