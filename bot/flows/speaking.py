"""The one living comment of an item, and the one comment that answers: written once, then edited in place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime

import structlog

from bot import answers
from bot.comments import (
    Answer,
    ShownProposal,
    answer_comment,
    proposal_comment,
    shown_numbers,
)
from bot.flows.desk import AcceptanceDesk, Project, TriageDesk
from bot.flows.once import write_once
from bot.flows.showing import shown_proposal
from bot.store import decisions, items, proposals, spending, writes
from bot.store.erasing import texts
from bot.telemetry import metrics
from integrations.blocks import Blocks, pack, unpack
from integrations.tracker import Invalid, Missing, NoAudience, Refused, TrackerError
from rules.model import Person, WorkItem

log = structlog.get_logger(__name__)

SPEAKING_STATES = ("shown",)
SpeakingDesk = TriageDesk | AcceptanceDesk


def show(desk: SpeakingDesk, item_id: str, *, asked: bool = False) -> str:
    """Make the living comment say what the store says. Returns what was done, in a word.

    `asked`: a person asked for it, so that it is an answer and no noise: the day's budget has no part in it.
    """
    with desk.db.read() as session:
        proposal = proposals.get(session, desk.connection, item_id)
        item = items.load(session, desk.connection, item_id)
        if proposal is None or item is None:
            return "nothing"
        project = desk.projects.get(item.project)
        if project is None or not project.suggests:
            return "silent"
        if proposal.comment is None and proposal.state not in SPEAKING_STATES:
            return "silent"
        view = shown_proposal(session, project, proposal, item)
    blocks = proposal_comment(view, project.zone)
    digest = hashlib.sha256(json.dumps(pack(blocks)).encode()).hexdigest()
    if digest == proposal.shown_digest:
        return "unchanged"
    if proposal.comment is None:
        return _post(desk, project, item, view, blocks, digest, asked=asked)
    marker = proposal.comment_marker or ""
    try:
        desk.commenter.edit(item.key, proposal.comment, blocks, marker, only_for=project.comments_for)
    except Missing:
        # A person has deleted the comment: that is an answer too.
        with desk.db.write() as session:
            row = proposals.get(session, desk.connection, item_id)
            if row is not None:
                proposals.comment_deleted(session, row, desk.now())
        return "deleted"
    _shown(desk, item, proposal.comment, view, digest)
    metrics.proposals.labels(desk.connection, "comment_edited").inc()
    return "edited"


def finish_interrupted(desk: SpeakingDesk, item_id: str) -> None:
    """Record what an interrupted attempt may have shown already: people answer what they see."""
    with desk.db.read() as session:
        proposal = proposals.get(session, desk.connection, item_id)
        name = writes.comment_name(desk.connection, item_id, proposal.generation if proposal else 0)
        begun = session.get(writes.Write, name)
        rows = proposals.changes(session, desk.connection, item_id)
    unrecorded = any(row.state == proposals.OPEN and row.shown_at is None for row in rows)
    if unrecorded and begun is not None and begun.sent is not None:
        show(desk, item_id, asked=True)  # what may be there already is no more noise


def _post(
    desk: SpeakingDesk,
    project: Project,
    item: WorkItem,
    view: ShownProposal,
    blocks: Blocks,
    digest: str,
    *,
    asked: bool,
) -> str:
    with desk.db.read() as session:
        stored = proposals.get(session, desk.connection, item.id)
    name = writes.comment_name(desk.connection, item.id, stored.generation if stored else 0)
    today = desk.now().astimezone(project.zone).date()
    if not asked and not _in_budget(desk, project, item, today, name):
        return "held"
    try:
        comment, marker = _write(desk, name, item, blocks)
    except (Missing, Refused, Invalid) as error:
        with desk.db.write() as session:
            spending.give_back_comment(session, desk.connection, project.key, today, name)
            row = proposals.get(session, desk.connection, item.id)
            if row is not None and not isinstance(error, Missing):
                row.held_because = _not_taken(error)
        raise
    with desk.db.write() as session:
        row = proposals.get(session, desk.connection, item.id)
        if row is not None:
            row.comment, row.comment_marker, row.held_because = comment, marker, None
            row.asked = row.asked or view.mention_reporter
        write = session.get(writes.Write, name)
    _shown(desk, item, comment, view, digest, write.sent if write is not None else None)
    metrics.proposals.labels(desk.connection, "commented").inc()
    log.info("commented", connection=desk.connection, item=item.key)
    return "posted"


def _in_budget(desk: SpeakingDesk, project: Project, item: WorkItem, today: date, name: str) -> bool:
    """Take a place in the day's comments; where there is none left, the proposal is held."""
    with desk.db.write() as session:
        if spending.take_comment(session, desk.connection, project.key, today, name, project.daily_budget):
            return True
        row = proposals.get(session, desk.connection, item.id)
        if row is not None:
            row.state = "held"
            row.held_because = f"the project has had its {project.daily_budget} comments for the day"
    metrics.proposals.labels(desk.connection, "held").inc()
    return False


def _not_taken(error: TrackerError) -> str:
    """Why a comment is not there yet, in a sentence for those who run the bot."""
    if isinstance(error, NoAudience):
        return str(error)
    if isinstance(error, Refused) and error.missing:
        return f"the tracker refuses: {error.missing} is missing"
    return "the tracker does not take it"


def _write(
    desk: SpeakingDesk, name: str, item: WorkItem, blocks: Blocks, reply_to: str | None = None
) -> tuple[str, str]:
    """Post a comment once for ever; if an earlier attempt had posted it, with the words of now."""
    posted: list[str] = []
    project = desk.projects.get(item.project)
    only_for = project.comments_for if project is not None else ""

    def send(marker: str) -> str:
        posted.append(desk.commenter.post(item.key, blocks, marker, reply_to=reply_to, only_for=only_for))
        return posted[0]

    comment, marker = write_once(desk, name, item.id, send, lambda marker: desk.commenter.find(item.key, marker))
    if not posted:
        desk.commenter.edit(item.key, comment, blocks, marker, only_for=only_for)
    with desk.db.write() as session:
        if writes.own_comment(session, desk.connection, comment) is None:
            session.add(writes.OwnComment(connection=desk.connection, comment=comment, item=item.id, marker=marker))
    return comment, marker


def _shown(
    desk: SpeakingDesk, item: WorkItem, comment: str, view: ShownProposal, digest: str, sent: datetime | None = None
) -> None:
    """Record what the comment shows, and since when by the tracker's own clock.

    `sent` is when the comment was sent: an interrupted attempt may have shown all along what was there by then.
    """
    fresh = shown_numbers(view)
    first, last = _shown_since(desk, item, comment)
    with desk.db.write() as session:
        row = proposals.get(session, desk.connection, item.id)
        if row is not None:
            row.shown_digest = digest
        for change in proposals.changes(session, desk.connection, item.id):
            if change.number in fresh and change.shown_at is None:
                change.shown_at = first if sent is not None and change.created <= sent else last


def _shown_since(desk: SpeakingDesk, item: WorkItem, comment: str) -> tuple[datetime, datetime]:
    """When the comment was written, and when it was last edited."""
    for entry in desk.reader.comments(item.key):
        if entry.id == comment:
            return entry.created, entry.updated or entry.created
    return desk.now(), desk.now()


def answer(desk: SpeakingDesk, item: WorkItem, cause: str, to: Person, lines: Blocks, asked: str = "") -> None:
    """Keep an answer to a person; `publish_answers` brings it to the item. Once for one cause.

    `asked` is the command that it answers, as the bot writes it.
    """
    content = {"lines": pack(lines), "asked": asked}
    with desk.db.write() as session:
        decisions.add_answer(session, desk.connection, item.id, cause, to.name, content, desk.now())


def _lines(line: decisions.AnswerLine) -> Blocks:
    return answers.unsaid() if line.content.get(texts.UNSAID) else unpack(line.content["lines"])


def publish_answers(desk: SpeakingDesk, item: WorkItem) -> str:
    """Write the item's answer comment, or edit it in place."""
    with desk.db.read() as session:
        kept: Sequence[decisions.AnswerLine] = decisions.answers(session, desk.connection, item.id)
        known = writes.own_answer(session, desk.connection, item.id)
        proposal = proposals.get(session, desk.connection, item.id)
    if not kept:
        return "nothing"
    blocks = answer_comment([Answer(line.to, _lines(line), line.content.get("asked", "")) for line in kept])
    digest = hashlib.sha256(json.dumps(pack(blocks)).encode()).hexdigest()
    if known is not None and known.shown_digest == digest:
        return "unchanged"
    answered = proposal.comment if proposal is not None else None
    comment, _ = _write(desk, writes.answer_name(desk.connection, item.id), item, blocks, answered)
    with desk.db.write() as session:
        row = writes.own_comment(session, desk.connection, comment)
        if row is not None:
            row.purpose, row.shown_digest = "answer", digest
    return "answered"
