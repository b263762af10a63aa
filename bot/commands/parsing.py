"""The text of a comment -> the commands in it.

A command is one whole line of the author's own words: `steward verb arguments` or `/verb arguments`, with the words of
any language (typed_words.py). A line that was meant as one and is not is answered with the line that would have worked
(guesses.py), never acted on; a line that merely mentions the bot is nobody's business.
"""

from __future__ import annotations

import re

from bot.commands.guesses import BARE, guess
from bot.commands.typed_words import COURTESIES, PRAISE, THANKS, TYPED, any_of
from bot.commands.verbs import Accept, Choice, Command, Expand, Explain, Help, More, Mute, NotUnderstood, Reject, Undo
from bot.words.command_words import typed
from bot.words.own_words import own_words
from languages import say

MAX_COMMANDS = 10
MAX_OWN_LINES = 50
MAX_OWN_LINE = 1000
MAX_LINE = 4000
MAX_LINE_SHOWN = 120

_CHOICE = r"#?[0-9]{1,4}[a-z]?(?![0-9a-z])"
_CHOICES = rf"{_CHOICE}(?:(?:,? (?:{any_of(TYPED['and'])}|&) | ?[,;&+] ?| ){_CHOICE})*"
_ALL, _WITHOUT = any_of(TYPED["all"]), any_of(TYPED["without"])
_WHICH = rf"(?:(?P<all>{_ALL})(?:,? {_WITHOUT} (?P<without>{_CHOICES}))?|(?P<choices>{_CHOICES}))"
_ADDRESS = r"(?:@?steward(?: ?[:,] ?| )|/(?:steward )?)"
_THANKS = any_of(THANKS)
_NOD = (  # only those that agree: a thumb down beside an accept is no courtesy
    "(?:[\u2705\u2714\u2764\U0001f389\U0001f44c\U0001f44d\U0001f44f\U0001f4af\U0001f600\U0001f601\U0001f603\U0001f604"
    "\U0001f609\U0001f60a\U0001f642\U0001f64c\U0001f64f\U0001f680\U0001f91d][\U0001f3fb-\U0001f3ff\ufe0f]{0,2}|[:;]-?[)])"
)
_STOP = rf"(?:(?: ?[,.;!-] ?| ){_THANKS}| ?[.!]? ?{_NOD}){{0,3}} ?[.!]{{0,3}}"
_FLAGS = re.ASCII | re.IGNORECASE  # ASCII: otherwise a long s or a Kelvin sign would pass for a letter


def _verbs(*verbs: str) -> str:
    return f"(?:{'|'.join(f'(?P<{verb}>{any_of(TYPED[verb])})' for verb in verbs)})"


_ACCEPT = re.compile(rf"{_ADDRESS}{_verbs('accept')} {_WHICH}{_STOP}", _FLAGS)
_ACCEPT_OWN = re.compile(rf"{_ADDRESS}{_verbs('accept')} (?P<choices>#?[0-9]{{1,4}}) ?:(?P<own>.*)", _FLAGS)
_REJECT = re.compile(
    rf"{_ADDRESS}{_verbs('reject')} {_WHICH}"
    rf"(?:{_STOP}|(?P<apart> ?[:,;\N{{EN DASH}}\N{{EM DASH}}-] ?| )(?P<reason>\S.*))",
    _FLAGS,
)
_NUMBERED = re.compile(rf"{_ADDRESS}{_verbs('undo', 'explain')} (?P<choices>{_CHOICES}){_STOP}", _FLAGS)
_BARE = re.compile(rf"{_ADDRESS}{_verbs(*BARE)}{_STOP}", _FLAGS)
_ONE = re.compile(r"([0-9]{1,4})([a-z]?)", _FLAGS)

_COURTESY = re.compile(rf"{any_of(COURTESIES)}(?: ?[,:] ?| )(?=@?steward)", _FLAGS)
_PRAISE = re.compile(rf"{any_of((*THANKS, *PRAISE))}(?:,? [a-z\u00c0-\u017f]{{1,20}})? ?[.!]{{0,3}}", _FLAGS)

_LONE_BULLET = re.compile(r"[-*+\u2022]\s+")
_BULLET = re.compile(r"(?:[-*+\u2022\u2013\u00b7]|[0-9]{1,3}[.)])\s+(?:\[[ xX]?\]\s+)?")
_UNSEEN = str.maketrans(dict.fromkeys("\u200b\u2060\ufeff\u00ad"))  # editors leave these behind; none moves a letter
_OPENING, _CLOSING = "\"'\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb", "\"'\u201c\u201d\u2018\u2019\u00ab\u00bb"
_QUOTATION = str.maketrans({"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'"})


def parse(text: str) -> tuple[Command, ...]:
    """The commands of a comment in their order, at most ten; empty for a comment that is not for the bot.

    `text` is a reading (see rules.model). Never raises; takes time linear in the text.
    """
    lines = _without_lone_bullet(own_words(text))
    commands: list[Command] = []
    position = 0
    while position < len(lines) and len(commands) < MAX_COMMANDS:
        line = lines[position]
        position += 1
        if line is None or (command := _command(line)) is None:
            continue
        if isinstance(command, Accept) and (match := _ACCEPT_OWN.fullmatch(_normal(line))):
            own, position = _own_lines(lines, position)
            command = _in_own_words(line, command, _with_first(match["own"].strip(), own))
        commands.append(command)
    return tuple(commands)


def _without_lone_bullet(lines: tuple[str | None, ...]) -> tuple[str | None, ...]:
    """Where the only line is a bullet, without it. In any other list a command may be part of what is talked about."""
    filled = [line.strip() for line in lines if line is not None and line.strip()]
    if len(filled) != 1 or not (bullet := _LONE_BULLET.match(filled[0])):
        return lines
    return (filled[0][bullet.end() :],)


def _normal(line: str) -> str:
    """The line with plain single spaces, and without emphasis or quotation marks around the whole of it.

    A courtesy before the bot's name is left out where the rest is a command; before anything else it is prose.
    """
    bare = _unwrapped(line)
    courtesy = _COURTESY.match(bare)
    if courtesy and _is_command(rest := bare[courtesy.end() :]):
        return rest
    return bare


def _unwrapped(line: str) -> str:
    bare = " ".join(line.translate(_UNSEEN).split())
    for mark in ("**", "__", "*", "_"):
        if bare.startswith(mark) and bare.endswith(mark) and len(bare) > 2 * len(mark):
            bare = bare[len(mark) : -len(mark)].strip()
            break
    inner = bare[1:-1]
    if bare[:1] in _OPENING and bare[-1:] in _CLOSING and not any(mark in _OPENING for mark in inner):
        return inner.strip()
    return bare


def _command(line: str) -> Command | None:
    if len(line) > MAX_LINE and not _ACCEPT_OWN.match(_normal(line)):
        return None
    normal = _normal(line)
    if "steward" not in normal[:10].lower() and not normal.startswith("/"):
        return _misread(normal)
    return _understood(normal) or _misread(normal)


def _misread(normal: str) -> NotUnderstood | None:
    suggestion = guess(normal)
    if suggestion is None:
        return None
    return NotUnderstood(_cut(normal), suggestion)


def _is_command(line: str) -> bool:
    return bool(_ACCEPT_OWN.fullmatch(line)) or (len(line) <= MAX_LINE and _understood(line) is not None)


def _understood(line: str) -> Command | None:
    if match := _ACCEPT.fullmatch(line):
        return Accept(_choices(match["choices"]), bool(match["all"]), _choices(match["without"]))
    if match := _ACCEPT_OWN.fullmatch(line):
        return Accept(_choices(match["choices"]))
    if match := _REJECT.fullmatch(line):
        return _reject(match)
    if match := _NUMBERED.fullmatch(line):
        choices = _choices(match["choices"])
        return Undo(choices) if match["undo"] else Explain(choices)
    if match := _BARE.fullmatch(line):
        return _bare(next(verb for verb in BARE if match[verb]))
    return None


def _reject(match: re.Match[str]) -> Reject | None:
    reason = (match["reason"] or "").translate(_QUOTATION).strip()
    first = reason.split(" ", 1)[0].strip("#,.;:")
    if match["apart"] in {" ", ", "} and first.isnumeric():
        return None  # a number we do not read (too long, or not ASCII) is not a reason
    if len(reason) > 1 and reason[0] == reason[-1] and reason[0] in "\"'":
        reason = reason[1:-1].strip()
    return Reject(_choices(match["choices"]), bool(match["all"]), _choices(match["without"]), reason)


def _bare(verb: str) -> Command:
    match verb:
        case "expand":
            return Expand()
        case "more":
            return More()
        case "help":
            return Help()
    return Mute(on=verb == "mute")


def _choices(listed: str | None) -> tuple[Choice, ...]:
    found = (Choice(int(number), variant.lower()) for number, variant in _ONE.findall(listed or ""))
    return tuple(dict.fromkeys(found))


def _own_lines(lines: tuple[str | None, ...], position: int) -> tuple[tuple[str, ...], int]:
    """The person's lines below the line of `accept 1:` and where reading goes on.

    Empty lines between them do not count, because some editors put one after each paragraph; a quote, code or the next
    command ends them, and so does an empty line below a bullet list that no further bullet follows.
    """
    own: list[str] = []
    bulleted = after_gap = False
    while position < len(lines):
        line = lines[position]
        if line is None or (line.strip() and not _BULLET.match(line.strip()) and _command(line) is not None):
            break
        bare = " ".join(line.translate(_UNSEEN).split())
        bullet = _BULLET.match(bare)
        if bulleted and after_gap and bare and not bullet:
            break
        position += 1
        after_gap = not bare
        text = bare[bullet.end() :] if bullet else bare
        if any(character.isalnum() for character in text):
            bulleted = bulleted or bool(bullet)
            own.append(text)
    return tuple(own), position


def _with_first(first: str, below: tuple[str, ...]) -> tuple[str, ...]:
    """The own lines with the one that stands behind `accept 1:`, less a last word of thanks or praise."""
    own = (first, *below) if any(map(str.isalnum, first)) else below
    return own[:-1] if first and own and len(own[-1]) <= MAX_LINE_SHOWN and _PRAISE.fullmatch(own[-1]) else own


def _in_own_words(line: str, accept: Accept, own: tuple[str, ...]) -> Command:
    number = accept.choices[0].number
    if not own:
        return NotUnderstood(_cut(_normal(line)), typed("accept", number))
    if len(own) > MAX_OWN_LINES or any(len(text) > MAX_OWN_LINE for text in own):
        shown = _cut(_normal(line))
        if len(own) > MAX_OWN_LINES:
            shown = say("{line} ({number} lines)", line=shown, number=len(own))
        return NotUnderstood(shown, typed("accept", f"{number}:"))
    return Accept(accept.choices, own_lines=own)


def _cut(shown: str) -> str:
    return shown if len(shown) <= MAX_LINE_SHOWN else shown[: MAX_LINE_SHOWN - 1] + "\N{HORIZONTAL ELLIPSIS}"
