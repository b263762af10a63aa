"""Pure: a stored proposal -> the blocks of the one comment that the bot keeps on an item.

The words follow one form: the most valuable first, what, then why with what can be checked, then what to type. What is
accepted is what stands here, so a change is described from its own values and not from somebody's prose about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.words.asked import MAX_QUESTIONS, question_blocks, still_asked, to_ask
from bot.words.changes import ShownChange, change_line
from bot.words.decided import ended
from bot.words.drafted import drafter
from bot.words.listed import decided_change, open_change
from bot.words.wording import (
    block_size,
    clean,
    command,
    enumerated,
    linked,
    plain,
    sentence,
    spoken,
    strong,
    tidy,
    to_type,
)
from integrations.blocks import Block, Blocks, Inline, ItemLink, Paragraph, Text
from integrations.tracker import DRAFT_LABEL
from languages import say, say_many
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
MAX_DECIDED = 10
MAX_ANSWERS = 5
MAX_CHARACTERS = 14_000
"""Of a whole comment: well below what the trackers take (Jira: 32,767), because their markup adds to it."""


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
    return (Paragraph((strong(say("Steward: nothing waits here:")), plain(f" {clean(reason, 300).rstrip(' .')}."))),)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one person, by display name, is told (see bot/answers.py), and on which command, where it is known."""

    to: str
    lines: Blocks
    asked: str = ""


def answer_comment(answers: Sequence[Answer]) -> Blocks:
    """The whole answer comment, of answers given oldest first: the newest first, for it may stand above the question
    that it answers, and only so many that it is found at once. It mentions nobody.
    """
    blocks: list[Block] = []
    for answer in reversed(answers[-MAX_ANSWERS:]):
        to = _addressee(answer)
        first, *rest = answer.lines or (Paragraph(()),)
        if isinstance(first, Paragraph):
            blocks += [Paragraph((*to, plain(" "), *first.inlines)), *rest]
        else:
            blocks += [Paragraph(to), first, *rest]
    return tidy(blocks)


def _addressee(answer: Answer) -> tuple[Inline, ...]:
    name = clean(answer.to, 80) or say("Answer")
    if not answer.asked:
        return (strong(say("{name}:", name=name)),)
    return spoken("{name}, on {command}:", name=strong(name), command=command(clean(answer.asked, 120)))


def draft_subtask(parent: str, reason: str, drafted_by: str, number: int | None = None) -> Blocks:
    """The description of a draft sub-task: what it is, why, what to do with it, and the comment's foot.

    `number` is the parent's change that it stands for, where there is one.
    """
    why = sentence(clean(reason, 400))
    keys = frozenset({parent})
    blocks: list[Block] = []
    if why:
        blocks.append(Paragraph(linked(why, keys)))
    keep = spoken(
        "To keep it, edit it as you like and take the label {label} off. If it is not wanted, close it.",
        label=command(DRAFT_LABEL),
    )
    blocks.append(Paragraph((strong(say("Draft.")), plain(" "), *keep)))
    origin = spoken(
        "Drafted by {source} from {parent}.", "emphasis", source=drafter(drafted_by), parent=ItemLink(parent)
    )
    there = spoken("As a comment there: {commands}", commands=_side_by_side(_typed(number)))
    blocks.append(Paragraph((*origin, plain(" "), *there)))
    return tidy(blocks)


def _comment(view: ShownProposal, zone: ZoneInfo, scale: float) -> Blocks:
    numbers = shown_numbers(view)
    decided = sorted(change.number for change in view.changes if change.state != "open")[-MAX_DECIDED:]
    listed = [change for change in view.changes if change.number in numbers or change.number in decided]
    asked = to_ask(view.questions)
    blocks: list[Block] = []
    if listed or not asked:
        blocks.append(Paragraph(_header(view, listed, numbers)))
    if (listed or asked) and (notice := clean(view.notice, 300)):
        blocks.append(Paragraph(spoken("Note: {notice}", notice=linked(sentence(notice), view.known_keys))))
    for change in listed:
        if change.state == "open":
            blocks += open_change(change, view.known_keys, scale)
        else:
            blocks.append(Paragraph(decided_change(change, view.known_keys, zone)))
    blocks += question_blocks(asked, view.reporter, view.mention_reporter, view.known_keys, alone=not listed)
    waiting = view.waiting + sum(change.state == "open" for change in view.changes) - len(numbers)
    if waiting > 0:
        waits = say_many("{number} more waits:", "{number} more wait:", waiting)
        blocks.append(Paragraph((plain(f"{waits} "), to_type("more"))))
    blocks.append(Paragraph(_foot(view, listed, numbers)))
    return tidy(blocks)


def _header(view: ShownProposal, listed: list[ShownChange], numbers: tuple[int, ...]) -> tuple[Inline, ...]:
    if not listed:
        reason = clean(view.notice, 300).rstrip(" .")
        if not reason:
            return (strong(say("Steward: nothing to suggest on this item.")),)
        why = linked(sentence(reason), view.known_keys)
        return (strong(say("Steward: nothing waits here:")), plain(" "), *why)
    if not numbers:
        head, counts = still_asked(len(to_ask(view.questions))), ended(change.state for change in listed)
        return (strong(head), plain(f" {counts}."))
    if len(listed) == len(numbers):
        said = say_many("Steward: {number} suggestion.", "Steward: {number} suggestions.", len(numbers))
    else:
        said = say_many(
            "Steward: {number} of {all} suggestions is still open.",
            "Steward: {number} of {all} suggestions are still open.",
            len(numbers),
            all=len(listed),
        )
    return (strong(said), plain(" "), *_replies(numbers))


def _replies(numbers: tuple[int, ...]) -> tuple[Inline, ...]:
    first, last = numbers[0], numbers[-1 if len(numbers) < 3 else 1]
    accept, reject = to_type("accept", first), to_type("reject", last, say("reason"))
    if len(numbers) == 1:
        return spoken("Reply {accept} or {reject}. Nothing changes until you do.", accept=accept, reject=reject)
    return spoken(
        "Reply {accept}, {accept_both}, {reject}. Nothing changes until you do.",
        accept=accept,
        accept_both=to_type("accept", first, last),
        reject=reject,
    )


def _foot(view: ShownProposal, listed: list[ShownChange], numbers: tuple[int, ...]) -> tuple[Inline, ...]:
    originals = [change.change.original for change in listed if isinstance(change.change, Duplicate)]
    keys = [ItemLink(key) for key in dict.fromkeys(originals) if key in view.known_keys]
    explained = numbers[0] if numbers else (listed[0].number if listed else None)
    return (*_origin(drafter(view.drafted_by), keys), plain(" "), *_side_by_side(_typed(explained)))


def _origin(source: str, keys: list[ItemLink]) -> tuple[Inline, ...]:
    if not keys:
        return spoken("Drafted by {source} from this item.", "emphasis", source=source)
    others = enumerated(keys, "emphasis")
    if len(keys) == 1:
        return spoken("Drafted by {source} from this item and {others}.", "emphasis", source=source, others=others)
    return spoken("Drafted by {source} from this item, {others}.", "emphasis", source=source, others=others)


def _typed(explained: int | None) -> list[Text]:
    return [*([] if explained is None else [to_type("explain", explained)]), to_type("mute"), to_type("help")]


def _side_by_side(commands: list[Text]) -> tuple[Inline, ...]:
    said: list[Inline] = []
    for position, typed in enumerate(commands):
        said += [plain(" \N{MIDDLE DOT} "), typed] if position else [typed]
    return tuple(said)
