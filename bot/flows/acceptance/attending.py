"""People's words: read an item's comments, act on each command once, and say what came of it.

Comments are read from the tracker, never from a delivery. One that was edited, that an integration wrote, that is the
bot's own, or that was there before the bot was connected, is not acted on.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot import commands
from bot.flows import closing, speaking
from bot.flows.acceptance.obeying import obey
from bot.flows.acceptance.word import Word
from bot.flows.desk import AcceptanceDesk, Project
from bot.store import audit, decisions, items, proposals, writes
from integrations.tracker import Comment, Missing
from rules.model import WorkItem


def attend(desk: AcceptanceDesk, item: WorkItem) -> int:
    """Act on the new commands in an item's comments; returns how many comments had any."""
    project = desk.projects.get(item.project)
    if project is None or not project.suggests:
        return 0
    try:
        comments = desk.reader.comments(item.key)
    except Missing:
        closing.close(desk, item.id, closing.GONE)
        return 0
    _notice_deletion(desk, item, comments)
    acted = [name for comment in comments if (name := _act_on(desk, project, item, comment))]
    if acted:
        speaking.show(desk, item.id)
        speaking.publish_answers(desk, item)
    # Last of all: until everything is said, an interrupted word is taken up again.
    with desk.db.write() as session:
        for name in acted:
            decisions.finish(session, desk.connection, name)
        row = items.find(session, desk.connection, item.id)
        if row is not None and (row.attended is None or row.attended < item.updated):
            row.attended = item.updated
    return len(acted)


def _notice_deletion(desk: AcceptanceDesk, item: WorkItem, comments: Sequence[Comment]) -> None:
    with desk.db.write() as session:
        proposal = proposals.get(session, desk.connection, item.id)
        there = {comment.id for comment in comments}
        if proposal is not None and proposal.comment is not None and proposal.comment not in there:
            proposals.comment_deleted(session, proposal, desk.now())


def _act_on(desk: AcceptanceDesk, project: Project, item: WorkItem, comment: Comment) -> str:
    """Carry out the commands of one comment; returns the name under which it is handled, or nothing."""
    if comment.edited:
        return ""
    found = commands.parse(comment.text)
    if not found or not _counts(desk, item, comment):
        return ""
    handled = f"{item.id}/{comment.id}"
    with desk.db.write() as session:
        author = {"by": comment.author.id, "name": comment.author.name}
        verbs = {"verbs": [type(command).__name__ for command in found], **author}
        if decisions.take(session, desk.connection, handled, item.id, verbs, desk.now()) == "done":
            return ""
    if comment.author.is_app:
        _record_app(desk, item, comment)
        return handled
    for position, command in enumerate(found):
        word = Word(desk, project, item, comment.author, comment, f"{handled}#{position}", commands.spelled(command))
        obey(word, command)
    return handled


def _record_app(desk: AcceptanceDesk, item: WorkItem, comment: Comment) -> None:
    """An integration cannot decide; it is not answered either, because two that answer each other never end."""
    with desk.db.write() as session:
        content = {"by": comment.author.id, "missing": "a person", "comment": comment.id}
        audit.record(session, "refused", f"{desk.connection}:{item.id}", content, desk.now())


def _counts(desk: AcceptanceDesk, item: WorkItem, comment: Comment) -> bool:
    with desk.db.read() as session:
        if writes.is_ours(session, desk.connection, item.id, comment.id, comment.marker):
            return False
        progress = session.get(items.Progress, (desk.connection, item.project))
    return progress is None or comment.created >= progress.connected
