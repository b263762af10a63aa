"""What the living comment shows of what is stored."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from bot.comments import MAX_CHANGES, ShownChange, ShownProposal
from bot.flows.desk import Project
from bot.store import drafts, proposals
from bot.store.erasing.someone import FORMER
from bot.words.changes import State
from bot.words.drafted import counted, drafted_as
from languages import say
from rules.changes import AddCriteria, Duplicate
from rules.model import WorkItem

VISIBLE = ("open", "accepting", "accepted", "undoing", "undone", "rejected", "not_applied")


def shown_proposal(session: Session, project: Project, proposal: proposals.Proposal, item: WorkItem) -> ShownProposal:
    """A proposal as its comment shows it now."""
    rows = [row for row in proposals.changes(session, proposal.connection, proposal.item) if _visible(row)]
    still_open = sorted((row for row in rows if row.state == proposals.OPEN), key=lambda row: (-row.value, row.number))
    decided = [row for row in rows if row.state != proposals.OPEN]
    limit = MAX_CHANGES * (2 if proposal.more_shown else 1)
    listed = (*still_open[:limit], *decided)
    shown = tuple(shown_change(row, _fates(session, row)) for row in listed)
    asked_by = (question.get("source", "rules") for question in proposal.questions)
    sources = sorted({*(row.source for row in still_open), *asked_by}, key=len)
    # The mention stays in later edits, which are silent: taking it out would make the comment change for nothing.
    asks = project.mentions_reporter and bool(proposal.questions) and item.reporter is not None
    return ShownProposal(
        changes=shown,
        questions=tuple(question["text"] for question in proposal.questions),
        reporter=item.reporter,
        mention_reporter=asks and (proposal.asked or proposal.comment is None),
        drafted_by=sources[-1] if sources else "rules",
        known_keys=known_keys(rows),
        waiting=max(0, len(still_open) - limit),
    )


def _visible(row: proposals.ProposedChange) -> bool:
    if row.state == "withdrawn" and row.note == drafts.UNTOUCHED:
        return row.shown_at is not None
    return row.state in VISIBLE and (row.state == proposals.OPEN or row.shown_at is not None)


def _fates(session: Session, row: proposals.ProposedChange) -> tuple[str, ...]:
    found = drafts.of_change(session, row.connection, row.item, row.number) if row.drafts else ()
    return tuple(one.state for one in found)


def shown_change(row: proposals.ProposedChange, fates: tuple[str, ...] = ()) -> ShownChange:
    """A stored change as the comment shows it. One that was altered shows nothing of what stands there now.

    `fates` holds the states of its drafts.
    """
    if not proposals.is_intact(row):
        empty = AddCriteria(())
        return ShownChange(row.number, row.title, empty, "", (), row.source, "not_applied", note=say(proposals.ALTERED))
    return ShownChange(
        number=row.number,
        title=row.title,
        change=proposals.change_of(row),
        reason=f"{row.reason} {drafted_as(row.drafts, fates)}".strip(),
        evidence=tuple(row.evidence),
        source=row.source,
        state=shown_state(row.state),
        by=decider(row),
        at=row.decided_at,
        note=counted(fates) if row.state == "accepted" else _note(row),
        drafted=bool(row.drafts),
    )


def _note(row: proposals.ProposedChange) -> str:
    """What is stored in words of the bot's own is said in the language of now; the rest was said when it was stored."""
    return say(row.note) if row.note in (proposals.ALTERED, drafts.UNTOUCHED) else row.note or ""


def decider(row: proposals.ProposedChange) -> str:
    """Who decided a change, as people are told it."""
    return say("a former user") if row.decided_by == FORMER else row.decided_by or ""


def shown_state(stored: str) -> State:
    """What is under way is told as what it was before."""
    states: dict[str, State] = {
        "accepting": "open",
        "undoing": "accepted",
        "open": "open",
        "accepted": "accepted",
        "rejected": "rejected",
        "undone": "undone",
        "not_applied": "not_applied",
    }
    return states.get(stored, "withdrawn")


def known_keys(rows: Sequence[proposals.ProposedChange]) -> frozenset[str]:
    """Keys that code, not text, brought into a proposal: only these may become links."""
    changes = map(proposals.change_of, filter(proposals.is_intact, rows))
    originals = {change.original for change in changes if isinstance(change, Duplicate) and change.original}
    return frozenset(originals.union(*(row.drafts for row in rows)))
