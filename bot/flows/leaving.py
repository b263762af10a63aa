"""An item is none of the bot's business any more: what is kept of it goes, and its comment says that nothing waits."""

from __future__ import annotations

from bot.comments import closed_comment
from bot.flows import closing, speaking
from bot.flows.desk import Project
from bot.store import items, proposals
from bot.store.erasing import retellings
from integrations.tracker import Invalid, Missing, Refused, TrackerError
from rules.model import WorkItem


def leave(desk: speaking.SpeakingDesk, item: WorkItem, reason: str) -> None:
    """Close what is open on an item that is none of the bot's business any more, and say why where it was shown.

    What is kept of it goes even where that cannot be said now; then the comment is edited later. Raises TrackerError.
    """
    with desk.db.read() as session:
        proposal = proposals.get(session, desk.connection, item.id)
        row = items.find(session, desk.connection, item.id)
    project = desk.projects.get(row.project) if row is not None and not row.deleted else None
    shown = proposal is not None and proposal.comment is not None and proposal.state != "closed"
    try:
        if shown and proposal is not None and project is not None:
            _say_closed(desk, project, item.key, proposal, reason)
    except Missing:
        pass
    except TrackerError:
        with desk.db.write() as session:
            retellings.ask(session, desk.connection, [item.id], desk.now())
        raise
    finally:
        closing.close(desk, item.id, reason)


def say_left(desk: speaking.SpeakingDesk, item_id: str) -> str:
    """Close the comment on an item that was let go of. Returns what was done, in a word; raises TrackerError."""
    with desk.db.read() as session:
        proposal = proposals.get(session, desk.connection, item_id)
    project = desk.projects.get(proposal.project) if proposal is not None else None
    if proposal is None or project is None or proposal.comment is None or proposal.state != "closed":
        return "nothing"
    return _say_closed(desk, project, proposal.key, proposal, proposal.held_because or closing.GONE)


def _say_closed(
    desk: speaking.SpeakingDesk, project: Project, key: str, proposal: proposals.Proposal, reason: str
) -> str:
    if not project.suggests:
        return "silent"
    comment, marker = str(proposal.comment), proposal.comment_marker or ""
    try:
        with desk.speaking(project.key):
            blocks = closed_comment(closing.in_words(reason))
        desk.commenter.edit(key, comment, blocks, marker, only_for=project.comments_for)
    except (Refused, Invalid):  # where the item went, the bot may have no right to speak: the comment stays as it is
        return "silent"
    return "closed"
