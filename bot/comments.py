"""Pure: a stored proposal -> the blocks of the one comment that the bot keeps on an item.

The words follow one form: the most valuable first, what, then why with what can be checked, then what to type. What is
accepted is what stands here, so a change is described from its own values and not from somebody's prose about it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.words.changes import (
    STATE_WORDS,
    ShownChange,
    change_line,
)
from bot.words.listed import decided_change, open_change
from bot.words.wording import (
    block_size,
    clean,
    command,
    emphasis,
    enumeration,
    linked,
    plain,
    sentence,
    strong,
    tidy,
)
from integrations.blocks import Block, Blocks, Bullets, Inline, ItemLink, Mention, Paragraph
from integrations.tracker import DRAFT_LABEL
from rules.changes import Duplicate
from rules.model import Person

__all__ = [
    "MAX_CHANGES",
    "MAX_QUESTIONS",
    "Answer",
    "ShownChange",
    "ShownProposal",
    "answer_comment",
    "change_line",
    "closed_comment",
    "draft_subtask",
    "proposal_comment",
    "shown_numbers",
]

MAX_CHANGES = 5
"""Open changes that a caller shows at first; after `steward more`, twice as many."""
MAX_QUESTIONS = 3
MAX_DECIDED = 10
MAX_ANSWERS = 5
MAX_CHARACTERS = 14_000
"""Of a whole comment: well below what the trackers take (Jira: 32,767), because their markup adds to it."""

_COUNTED = ("One question", "Two questions", "Three questions")


@dataclass(frozen=True, slots=True)
class ShownProposal:
    """All that a comment shows. `changes` come most valuable first.

    The reporter is mentioned (that is, notified) only together with a question and only if `mention_reporter` is true.
    Only a key in `known_keys` becomes a link. `waiting` says how many open changes are kept back for `steward more`.
    `notice` is a note above what is shown or, where nothing is, why.
    """

    changes: tuple[ShownChange, ...]
    questions: tuple[str, ...] = ()
    reporter: Person | None = None
    mention_reporter: bool = False
    drafted_by: str = "rules"
    known_keys: frozenset[str] = frozenset()
    notice: str = ""
    waiting: int = 0


def proposal_comment(view: ShownProposal, zone: ZoneInfo) -> Blocks:
    """The whole comment. At most twice MAX_CHANGES open changes and MAX_QUESTIONS questions are shown."""
    blocks: Blocks = ()
    for scale in (1.0, 0.5, 0.25, 0.1):
        blocks = _comment(view, zone, scale)
        if sum(map(block_size, blocks)) <= MAX_CHARACTERS:
            break
    return blocks


def shown_numbers(view: ShownProposal) -> tuple[int, ...]:
    """The numbers of the open changes that the comment shows, in its order: what "accept all" can mean."""
    return tuple(change.number for change in view.changes if change.state == "open")[: 2 * MAX_CHANGES]


def closed_comment(reason: str) -> Blocks:
    """What stays of the comment on an item that the bot no longer looks after."""
    return (Paragraph((strong("Steward: nothing waits here:"), plain(f" {clean(reason, 300).rstrip(' .')}."))),)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person, by display name, is told (see bot/answers.py)."""

    to: str
    lines: Blocks


def answer_comment(answers: Sequence[Answer]) -> Blocks:
    """The whole answer comment: the last few answers, oldest first. It mentions nobody."""
    blocks: list[Block] = []
    for answer in answers[-MAX_ANSWERS:]:
        to = strong(f"{clean(answer.to, 80) or 'Answer'}:")
        first, *rest = answer.lines or (Paragraph(()),)
        if isinstance(first, Paragraph):
            blocks += [Paragraph((to, plain(" "), *first.inlines)), *rest]
        else:
            blocks += [Paragraph((to,)), first, *rest]
    return tidy(blocks)


def draft_subtask(parent: str, reason: str, drafted_by: str, number: int | None = None) -> Blocks:
    """The description of a draft sub-task: what it is, why, what to do with it, and the comment's foot.

    `number` is the parent's change that it stands for, where there is one.
    """
    why = sentence(clean(reason, 400))
    keys = frozenset({parent})
    blocks: list[Block] = []
    if why:
        blocks.append(Paragraph(linked(why, keys)))
    keep = (
        strong("Draft."),
        plain(" To keep it, edit it as you like and take the label "),
        command(DRAFT_LABEL),
        plain(" off. If it is not wanted, close it."),
    )
    blocks.append(Paragraph(keep))
    origin = (emphasis(f"Drafted by {clean(drafted_by, 80)} from "), ItemLink(parent), emphasis("."))
    blocks.append(Paragraph((*origin, plain(" As a comment there: "), *_side_by_side(_typed(number)))))
    return tidy(blocks)


def _comment(view: ShownProposal, zone: ZoneInfo, scale: float) -> Blocks:
    numbers = shown_numbers(view)
    decided = sorted(change.number for change in view.changes if change.state != "open")[-MAX_DECIDED:]
    listed = [change for change in view.changes if change.number in numbers or change.number in decided]
    blocks: list[Block] = []
    if listed or not _asked(view):
        blocks.append(Paragraph(_header(view, listed, numbers)))
    if (listed or _asked(view)) and (notice := clean(view.notice, 300)):
        blocks.append(Paragraph((plain("Note: "), *linked(sentence(notice), view.known_keys))))
    for change in listed:
        if change.state == "open":
            blocks += open_change(change, view.known_keys, scale)
        else:
            blocks.append(Paragraph(decided_change(change, view.known_keys, zone)))
    blocks += _questions(view, alone=not listed)
    waiting = view.waiting + sum(change.state == "open" for change in view.changes) - len(numbers)
    if waiting > 0:
        waits = f"{waiting} more {'waits' if waiting == 1 else 'wait'}: "
        blocks.append(Paragraph((plain(waits), command("steward more"))))
    blocks.append(Paragraph(_foot(view, listed, numbers)))
    return tidy(blocks)


def _header(view: ShownProposal, listed: list[ShownChange], numbers: tuple[int, ...]) -> tuple[Inline, ...]:
    if not listed:
        reason = clean(view.notice, 300).rstrip(" .")
        if not reason:
            return (strong("Steward: nothing to suggest on this item."),)
        return (strong("Steward: nothing waits here:"), *linked(sentence(f" {reason}"), view.known_keys))
    counts = Counter[str](change.state for change in listed)
    if not numbers:
        ended = enumeration(f"{counts[state]} {words}" for state, words in STATE_WORDS.items() if counts[state])
        return (strong(_still_asked(len(_asked(view)))), plain(f" {ended}."))
    one = len(numbers) == 1
    if len(listed) == len(numbers):
        said = f"Steward: {len(numbers)} suggestion{'' if one else 's'}."
    else:
        said = f"Steward: {len(numbers)} of {len(listed)} suggestions {'is' if one else 'are'} still open."
    first, last = numbers[0], numbers[-1 if len(numbers) < 3 else 1]
    replies: tuple[Inline, ...] = (command(f"steward accept {first}"),)
    if one:
        replies += (plain(" or "),)
    else:
        replies += (plain(", "), command(f"steward accept {first} {last}"), plain(", "))
    replies += (command(f"steward reject {last} reason"), plain(". Nothing changes until you do."))
    return (strong(said), plain(" Reply "), *replies)


def _asked(view: ShownProposal) -> list[str]:
    return [cleaned for question in view.questions if (cleaned := clean(question, 300))][:MAX_QUESTIONS]


def _still_asked(questions: int) -> str:
    if not questions:
        return "Steward: nothing waits for an answer."
    return f"Steward: {_COUNTED[questions - 1].lower()} {'waits' if questions == 1 else 'wait'} for an answer."


def _questions(view: ShownProposal, *, alone: bool) -> list[Block]:
    asked = _asked(view)
    if not asked:
        return []
    count = _COUNTED[len(asked) - 1]
    count = f"Steward: {count[0].lower()}{count[1:]}" if alone else count
    addressee: tuple[Inline, ...] = ()
    if view.reporter is not None:
        addressee = (strong(" for the reporter"),)
        if view.mention_reporter:
            addressee = (strong(" for "), Mention(view.reporter.id, clean(view.reporter.name, 80)))
    end = plain if view.reporter is not None and view.mention_reporter else strong
    if len(asked) == 1:
        question = linked(" " + sentence(asked[0]), view.known_keys)
        return [Paragraph((strong(count), *addressee, end(":"), *question, plain(" Answer in a comment.")))]
    heading = Paragraph((strong(count), *addressee, end("."), plain(" Answer in a comment.")))
    return [heading, Bullets(tuple(linked(question, view.known_keys) for question in asked))]


def _foot(view: ShownProposal, listed: list[ShownChange], numbers: tuple[int, ...]) -> tuple[Inline, ...]:
    originals = [change.change.original for change in listed if isinstance(change.change, Duplicate)]
    keys = [key for key in dict.fromkeys(originals) if key in view.known_keys]
    said: list[Inline] = [emphasis(f"Drafted by {clean(view.drafted_by, 80)} from this item")]
    for position, key in enumerate(keys):
        said += [emphasis(" and " if position == len(keys) - 1 else ", "), ItemLink(key)]
    said.append(emphasis(". "))
    explained = numbers[0] if numbers else (listed[0].number if listed else None)
    said += _side_by_side(_typed(explained))
    return tuple(said)


def _typed(explained: int | None) -> list[str]:
    return [*([] if explained is None else [f"steward explain {explained}"]), "steward mute", "steward help"]


def _side_by_side(commands: list[str]) -> list[Inline]:
    said: list[Inline] = []
    for position, typed in enumerate(commands):
        said += [plain(" \N{MIDDLE DOT} "), command(typed)] if position else [command(typed)]
    return said
