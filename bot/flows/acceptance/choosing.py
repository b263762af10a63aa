"""Which stored changes a person means: numbers that exist, are open, and were shown before they spoke."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.commands import Accept, Choice, Reject
from bot.flows.acceptance.rewording import may_give_values, reworded, takes_values, values_in
from bot.flows.desk import AcceptanceDesk
from bot.flows.showing import decider, shown_state
from bot.store import proposals
from bot.store.proposals import ProposedChange
from bot.words.changes import State
from integrations.tracker import Conflict, Incomplete, Invalid, Missing, NoSuchField, Refused
from languages import say
from rules.changes import AddChildren, AddSubtasks, Change
from rules.model import Finding, WorkItem


@dataclass(frozen=True, slots=True)
class Chosen:
    """`numbers` can be decided; `unknown` were never shown; `settled` have been decided before.

    `lettered` name a variant that was not offered.
    """

    numbers: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()
    lettered: tuple[tuple[int, str], ...] = ()
    settled: tuple[int, ...] = ()
    still_open: tuple[int, ...] = ()
    nothing_shown: bool = False


def choose(desk: AcceptanceDesk, item: WorkItem, command: Accept | Reject, spoken: datetime, cause: str) -> Chosen:
    """The changes an accept or reject covers. "all" covers only what was shown before the comment was written."""
    rows = _shown(desk, item)
    still_open = tuple(row.number for row in rows if row.state in (proposals.OPEN, "accepting"))
    if command.everything:
        without = {choice.number for choice in command.without}
        seen = [row for row in rows if _wanted(row, (proposals.OPEN, "accepting"), cause) and _before(row, spoken)]
        numbers = tuple(row.number for row in seen if row.number not in without)
        return Chosen(numbers=numbers, still_open=still_open, nothing_shown=not seen)
    return _split(rows, command.choices, (proposals.OPEN, "accepting"), still_open, cause)


def choose_decided(desk: AcceptanceDesk, item: WorkItem, choices: Sequence[Choice], cause: str) -> Chosen:
    """The changes an undo covers."""
    rows = _shown(desk, item)
    choices = [_followed(choice, rows) for choice in choices]
    accepted = tuple(row.number for row in rows if row.state == "accepted")
    return _split(rows, choices, ("accepted", "undoing"), accepted, cause)


def _followed(choice: Choice, rows: Sequence[ProposedChange]) -> Choice:
    """A change that somebody's own words replaced leads to the one that took its place."""
    row = next((row for row in rows if row.number == choice.number), None)
    if row is None or row.state != "withdrawn" or row.cause is None:
        return choice
    heirs = (other for other in rows if other.rule == row.rule and other.source.startswith(proposals.OWN_WORDS))
    heir = next((other for other in heirs if other.number > row.number and other.state != "withdrawn"), None)
    return Choice(heir.number) if heir else choice


def state_of(desk: AcceptanceDesk, item: WorkItem, number: int) -> tuple[State, str, datetime | None]:
    """State of a change as people are told it, who decided it, and when."""
    with desk.db.read() as session:
        row = session.get(ProposedChange, (desk.connection, item.id, number))
    if row is None:
        return "withdrawn", "", None
    return shown_state(row.state), decider(row), row.decided_at


def in_own_words(desk: AcceptanceDesk, item: WorkItem, number: int, lines: Sequence[str], cause: str) -> int | None:
    """Store a person's own lines as a new change in place of a draft; None where lines cannot stand for it."""
    known = _known(desk, item, number, lines)
    with desk.db.write() as session:
        row = session.get(ProposedChange, (desk.connection, item.id, number))
        proposal = proposals.get(session, desk.connection, item.id)
        if row is None or proposal is None or not proposals.is_intact(row):
            return None
        for later in proposals.changes(session, desk.connection, item.id):
            if later.number != number and later.cause == cause:
                return later.number
        drafted = proposals.change_of(row)
        change = reworded(drafted, lines, known)
        if change is None:
            return None
        # A drafted title counts what was drafted.
        title = row.title if _summaries(change) == _summaries(drafted) else ""
        reason = say("In the words of the person who accepted it.")
        finding = Finding(row.rule, title, reason, row.value, row.subject, source=_own_source(cause))
        own = proposals.add_change(session, proposal, finding, change, row.expected, desk.now())
        own.shown_at, own.cause = desk.now(), cause
        row.state, row.cause = "withdrawn", cause
        return own.number


def _known(desk: AcceptanceDesk, item: WorkItem, number: int, lines: Sequence[str]) -> tuple[str, ...]:
    """The fields that a value can be given for beside a change, asked where a line may be meant for one."""
    with desk.db.read() as session:
        row = session.get(ProposedChange, (desk.connection, item.id, number))
    if row is None or not proposals.is_intact(row) or not may_give_values(lines):
        return ()
    change = proposals.change_of(row)
    if not takes_values(change):
        return ()
    given = values_in(lines)
    named, known = tuple(one.field for one in given), tuple(one.field for one in change.fields)
    for fields in (given, ()) if given else ((),):
        try:
            desk.applier.plan(item.key, replace(change, fields=fields), row.expected, proposals.marker_of(row))
        except NoSuchField as error:
            named = tuple(name for name in named if name not in error.fields)
        except Incomplete as wanting:
            known = (*known, *wanting.fields)
        except (Conflict, Invalid, Missing, Refused):
            pass  # the accept itself finds it out anew, and says so
    return (*known, *named)


def _summaries(change: Change) -> tuple[str, ...]:
    return change.summaries if isinstance(change, AddSubtasks | AddChildren) else ()


def _own_source(cause: str) -> str:
    return f"{proposals.OWN_WORDS}, in comment {cause.split('#')[0].split('/')[-1]}"


def _shown(desk: AcceptanceDesk, item: WorkItem) -> list[ProposedChange]:
    with desk.db.read() as session:
        return [row for row in proposals.changes(session, desk.connection, item.id) if row.shown_at is not None]


def _wanted(row: ProposedChange, wanted: tuple[str, ...], cause: str) -> bool:
    """Whether a word can decide on a change; one that this very word has decided on is not told "already"."""
    return row.state in wanted or row.cause == cause or cause in row.carried_out


def _before(row: ProposedChange, spoken: datetime) -> bool:
    return row.shown_at is not None and row.shown_at <= spoken


def _split(
    rows: Sequence[ProposedChange],
    choices: Sequence[Choice],
    wanted: tuple[str, ...],
    still_open: tuple[int, ...],
    cause: str,
) -> Chosen:
    states = {row.number: _wanted(row, wanted, cause) for row in rows}
    # No change offers variants so far: a letter names something that was never shown.
    lettered = tuple(
        (choice.number, choice.variant) for choice in choices if choice.variant and choice.number in states
    )
    numbers = dict.fromkeys(choice.number for choice in choices if not choice.variant or choice.number not in states)
    known = [number for number in numbers if number in states]
    return Chosen(
        numbers=tuple(number for number in known if states[number]),
        unknown=tuple(number for number in numbers if number not in states),
        lettered=lettered,
        settled=tuple(number for number in known if not states[number]),
        still_open=still_open,
    )
