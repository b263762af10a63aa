"""Draft acceptance criteria from an item's own sentences: nothing is invented, and what is a guess is marked as one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rules.changes import Criterion
from rules.checkable import is_checkable, things
from rules.duplicates.tokens import is_filler, stem
from rules.reading import Line, sentences, words

MOST = 6
_LONGEST = 240
_FEWEST_WORDS = 4

_I = re.IGNORECASE
_STORY = re.compile(
    r"\W{0,3}as\s+(?:an?\s+|the\s+)?([^,.;:\n]{2,60}?)\s*,?\s+i(?:\s+(?:really|also|would|just))?\s+(want|need"
    r"|like|wish|would like|'d like|must|should|can)\s+([^\n]{3,400})",
    _I,
)
_BENEFIT = re.compile(r"[\s,;.]+(?:so\s+that|so\s+(?=(?:i|we|they|it|that)\b)|in\s+order\s+(?:to|that)|because)\s+", _I)
_ABLE = re.compile(
    r"(?:to\s+)?(?:be\s+able\s+to|have\s+the\s+(?:ability|option|possibility)\s+to|the\s+(?:ability|option)\s+to"
    r"|to)\s+",
    _I,
)
_OTHER_ACTOR = re.compile(r"((?:the|an?|my|our|all|each|every)\s[^,.;]{2,60}?)\s+to\s+(?=[a-z])", _I)
_MODAL = re.compile(
    r"\b(?:should|must|shall|needs?\s+to\s+be|ha(?:s|ve)\s+to\s+be|is\s+(?:expected|required|supposed)\s+to"
    r"|are\s+(?:expected|required|supposed)\s+to|ought\s+to|will\s+be\s+able\s+to)\b",
    _I,
)
_PLAN = re.compile(
    r"\b(?:(?:we|i|you|one|someone|somebody|they)\s+(?:may|might|could|also|will|would|probably|really|definitely"
    r"|just)?\s*(?:should|must|shall|need\s+to|needs\s+to|have\s+to|had\s+to|ought\s+to)"
    r"|(?:^|[:\-\u2013,]\s{0,3})(?:also\s+)?needs?\s+to|\b(?:may|might|could|would|will|do|does|don't)\s+need\s+to"
    r"|\b(?:who|which|that|and|to|if|because|when|while|since|where|for|as|what)\s+(?:\w+\s+){0,2}(?:need(?:s"
    r"|ed)?\s+to|ha(?:s|ve|d)\s+to|(?:is|are)\s+(?:required|supposed|expected)\s+to)"
    r"|\b(?:who|which|that)\s+(?:should|must|shall)|like\s+this|for\s+example|in\s+this\s+example|meant\s+to"
    r"|no\s+(?:need|reason)"
    r"|\b(?:developers?|clients?|customers?|people|users?)\s+(?:should\s+never|should\s+be\s+aware|need\s+to"
    r"|have\s+to|currently)|feature\s+request|\b(?:customers?|clients?|sometimes|often|as\s+it\s+looks|proposals?"
    r"|pull\s+requests?|branch(?:es)?|hypothesis|experiment)\b|workshops?|meetings?|do(?:es)?\s+the\s+same|currently|our\s+current|figured\s+out|^\W*please\b"
    r"|testing\s+should|really|(?:ticket|issue|story|bug"
    r"|pr)s?\s+(?:should|must|needs?)"
    r"|^\W*(?:we|i|you)\b|\bmy\b|\bi(?:'m|'d|'ve)?\s"
    r"|should\s+(?:we|i|you|it|this|there|they)\b|need\s+to\s+(?:know|figure|find|see|think|decide|discuss|check)"
    r"|how\s+(?:should|must)|what\s+(?:should|must)|why\s+(?:should|must))",
    _I,
)
_ESTIMATE = re.compile(
    r"(?:should|must|shall)\s+(?:(?:just|only|also|now|probably|really|all|already|then|again|not|be"
    r"|have)\s+){0,3}(?:been\s+|a\s+|an\s+)?(?:fairly\s+|pretty\s+|very\s+|quite\s+|relatively\s+|more\s+"
    r"|as\s+)?(?:eas\w+|simple|trivial\w*|possible|straight\w*"
    r"|enough|fine|ok|okay|done|fixed|addressed|looked|noted|considered|investigated|discussed|reviewed|tested"
    r"|great|nice|good|small|quick|closed|merged|backported|handled|resolved|able\s+to\s+(?:reproduce"
    r"|see\s+the\s+(?:issue|bug|problem|error|crash)))\b",
    _I,
)
_HEDGE = re.compile(
    r"\b(?:maybe|perhaps|probably|possibly|might|could|ideally|i\s+(?:think|guess|believe|assume|suppose|suspect)"
    r"|not\s+sure|nice\s+to\s+have|preferably|optionally|eventually|if\s+possible)\b",
    _I,
)
_OPENING = re.compile(
    r"(?:(?:and|but|so|also|then|thus|therefore|however|basically|additionally|furthermore|i\s+(?:think|guess"
    r"|believe)(?:\s+that)?|ideally|maybe|perhaps|note\s+that|in\s+addition)\b,?\s+){1,3}",
    _I,
)
_PAST = re.compile(r"\b(?:should|must|could|would)\s+(?:not\s+)?have\s+been\b|\bhad\s+to\b", _I)
_TURN = re.compile(r"[,;]?\s+(?:but|however|yet|although|whereas|instead\s+it)\s+(?=\w+\s)", _I)
_DANGLING = re.compile(r"\b(?:as\s+follows|the\s+following|like\s+this|below|above|here|attached|example)\W*$|:$", _I)
_CODEY = re.compile(r"[{};]|=>|==|\(\)\.|</|\bvar\s|\\n")
_LEAD = re.compile(
    r"[^\n]{0,160}\b(?:should|must|shall|needs?\s+to|has\s+to|have\s+to|require[sd]?|requirements?"
    r"|support)\b[^\n]{0,80}:\s*"
)
_NUMBER = re.compile(r"^\W{0,3}\d{1,2}[.)]\s{0,3}(?=[^\W\d])")
_PERSON = (
    (re.compile(r"\bmy\b", _I), "their"), (re.compile(r"\bmyself\b", _I), "themselves"),
    (re.compile(r"\bi'm\b|\bi\s+am\b", _I), "they are"), (re.compile(r"\bi've\b", _I), "they have"),
    (re.compile(r"\bi'll\b", _I), "they will"), (re.compile(r"\bi\b", _I), "they"),
    (re.compile(r"\bme\b", _I), "them"), (re.compile(r"\bmine\b", _I), "theirs"),
)  # fmt: skip
_BARE_VERB = re.compile(
    r"(?:see|save|know|get|choose|select|edit|delete|remove|create|pay|receive|send|use|add|find|manage|read|write)\s",
    _I,
)
_UNCHECKABLE_WISH = re.compile(
    r"(?:be|feel)\s+(?:\w+ly\s+)?(?:sure|certain|confident|aware|happy|satisfied|able|safe)\b|(?:know|understand|trust)\b"
    r"|(?:to\s+have\s+)?(?:all|any|some|more|much|better|everything|something|anything)(?:\s+of)?(?:\s+(?:it|this|that|these|those"
    r"|them))?\W*$|(?:to\s+have\s+)?(?:an?\s+|the\s+)?(?:more|better|faster|nicer|good|great)\b",
    _I,
)
_SAYS_NOTHING = frozenset({"want", "like", "able", "must", "should", "need", "their", "my"})
_SKIPPED = frozenset({"aside", "actual", "steps", "environment"})


def draft(summary: str, lines: Sequence[Line]) -> tuple[Criterion, ...]:
    """At most six criteria, in the order of the text; empty where the text says nothing that could be checked."""
    drafted: list[Criterion] = []
    seen: list[frozenset[str]] = []
    for criterion in _all(summary, lines):
        bag = frozenset(word.casefold() for word in words(criterion.text))
        if len(bag) < _FEWEST_WORDS - 1 or any(
            bag <= other or len(bag & other) >= 0.8 * len(bag | other) for other in seen
        ):
            continue
        seen.append(bag)
        drafted.append(criterion)
    return tuple(drafted[:MOST])


def only_restates(criterion: Criterion, summary: str, lines: Sequence[Line]) -> bool:
    """Whether a criterion says no more than the title, or than the "As a ..., I want ..." it was made of."""
    told = _telling(criterion.text)
    stories = (text for text, _ in sentences(lines) if _STORY.match(text))
    return any(len(told & _telling(text)) >= 0.8 * len(told) for text in (summary, *stories))


def _telling(text: str) -> frozenset[str]:
    found = (word.casefold() for word in words(text))
    return frozenset(stem(word) for word in found if word not in _SAYS_NOTHING and not is_filler(word))


def _all(summary: str, lines: Sequence[Line]) -> Iterator[Criterion]:
    said = [(summary.strip(), None), *sentences(lines)]
    known = things(summary, tuple(text for text, _ in said))
    for text, section in said:
        if section in _SKIPPED or len(text) > 2 * _LONGEST:
            continue
        text = _NUMBER.sub("", text)
        if story := _STORY.match(text):
            yield from _of_story(story[1].strip(), story[3], modal=story[2].lower() in ("must", "should", "can"))
        elif text != summary.strip() and is_checkable(text, known):
            yield from _of_sentence(text, expected=section == "expected")
    yield from _of_lists(lines)


def _of_story(role: str, wish: str, *, modal: bool) -> Iterator[Criterion]:
    """ "As a buyer, I want to save my card so that ..." -> "A buyer can save their card"."""
    action = _BENEFIT.split(wish, maxsplit=1)[0].strip(" .,;!")
    if len(words(action)) < 2 or len(action) > _LONGEST or "[" in action or "<" in action:
        return
    wished = _ABLE.sub("", action, count=1) if _ABLE.match(action) else action
    if _UNCHECKABLE_WISH.match(wished) or not is_checkable(f"{role} must {wished}"):
        return
    action = re.sub(r"^(?:to\s+)?(?:like\s+)?", "", action, flags=_I) if not _ABLE.match(action) else action
    action = re.sub(r"^to\s+have\s+(?=an?\s)", "", action, flags=_I)
    able = _ABLE.match(action)
    actor = _OTHER_ACTOR.match(action)
    if able:
        text = f"{_article(role)} can {_third_person(action[able.end() :])}"
    elif actor:
        text = f"{_third_person(actor[1])} must {_third_person(action[actor.end() :])}"
    elif re.match(r"(?:an?|the|my|all|some|more|\w+s)\b", action, _I):
        text = f"{_article(role)} has {_third_person(action)}"
    elif modal or _BARE_VERB.match(action):
        text = f"{_article(role)} can {_third_person(action)}"
    else:
        return
    yield Criterion(_capital(text))


def _capital(text: str) -> str:
    """A capital first, unless the sentence opens with a name whose letters matter ("moveNext")."""
    first = text.split(" ", 1)[0]
    return text if not first.isalpha() or not first.islower() else text[:1].upper() + text[1:]


def _article(role: str) -> str:
    bare = role.strip()
    if re.match(r"(?:an?|the|any|all|each|every)\s", bare, _I):
        return bare
    return f"{'An' if bare[:1].lower() in 'aeio' else 'A'} {bare}"


def _third_person(text: str) -> str:
    for pattern, word in _PERSON:
        text = pattern.sub(word, text)
    return text.strip()


def _of_sentence(text: str, *, expected: bool) -> Iterator[Criterion]:
    if "?" in text or _CODEY.search(text) or _DANGLING.search(text) or _PAST.search(text):
        return
    if _PLAN.search(text) or (not expected and not _MODAL.search(text)):
        return
    if _ESTIMATE.search(text):
        return
    hedged = _HEDGE.search(text) is not None
    stated = _OPENING.sub("", text, count=1) if _OPENING.match(text) else text
    stated = _TURN.split(stated, maxsplit=1)[0].strip(" .;,-*_!")
    if not expected and not _MODAL.search(stated):
        return
    if len(words(stated)) >= _FEWEST_WORDS and len(stated) <= _LONGEST:
        yield Criterion(_capital(stated), hedged)


def _of_lists(lines: Sequence[Line]) -> Iterator[Criterion]:
    """Entries under a line that ends in a colon and says what must be: "The report must show:"."""
    lead = ""
    for line in lines:
        if line.kind == "text" and line.section not in _SKIPPED:
            lead = line.text.strip() if _LEAD.fullmatch(line.text[:300]) and not _PLAN.search(line.text) else ""
        elif line.kind != "entry":
            lead = ""
        elif (
            lead
            and line.depth < 2
            and 1 <= len(words(line.text)) <= 30
            and not _CODEY.search(line.text)
            and not _MODAL.search(line.text)
            and is_checkable(f"{lead} {line.text}")
        ):
            yield Criterion(f"{lead} {line.text.strip(' .;,!')}"[:_LONGEST], _HEDGE.search(line.text) is not None)
