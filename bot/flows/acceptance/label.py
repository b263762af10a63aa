"""Acceptance without typing: the label `steward-accept`, put on the item by a person, accepts all that is shown.

The tracker has checked that person's right to edit, and is asked once more before a change is made. It counts only if
the item's history names a person as the one who put it there, after the comment's last edit; a clone, an import or an
automation brings no such entry.
"""

from __future__ import annotations

from bot import answers
from bot.flows import applying, speaking
from bot.flows.desk import AcceptanceDesk, Project
from bot.store import audit, decisions, proposals
from bot.telemetry import watched
from integrations.tracker import ACCEPT_LABEL, HistoryEntry
from rules.model import WorkItem


def attend_label(desk: AcceptanceDesk, item: WorkItem) -> bool:
    """Act on the label if it counts, and take it away. True if something was accepted."""
    project = desk.projects.get(item.project)
    label = next((label for label in item.labels if label.casefold() == ACCEPT_LABEL), None)
    if project is None or label is None:
        return False
    entry = _entry(desk, item)
    if entry is None or not _by_a_person(desk, entry):
        return False
    cause = f"{item.id}/label/{entry.id}"
    numbers = _shown_before(desk, item, entry, cause)
    if not numbers:
        # It accepts nothing now, and must not accept what is shown later.
        desk.applier.remove_label(item.key, label)
        return False
    with desk.db.write() as session:
        if decisions.take(session, desk.connection, cause, item.id, {"by": entry.actor.id}, desk.now()) == "done":
            return False
    outcomes = [_accept(desk, project, item, number, entry, cause) for number in numbers]
    desk.applier.remove_label(item.key, label)
    speaking.show(desk, item.id)
    if refused := [result.detail for result in outcomes if result.outcome == "refused"]:
        speaking.answer(desk, item, f"{cause}:refused", entry.actor, answers.refusal(refused[0]))
        speaking.publish_answers(desk, item)
    with desk.db.write() as session:
        decisions.finish(session, desk.connection, cause)
    return True


def _shown_before(desk: AcceptanceDesk, item: WorkItem, entry: HistoryEntry, cause: str) -> tuple[int, ...]:
    """All open changes, if the comment has shown each of them since before the label was put on; else none."""
    with desk.db.read() as session:
        rows = proposals.changes(session, desk.connection, item.id)
    shown = [row for row in rows if row.shown_at is not None]
    covered = [row for row in shown if row.state in (proposals.OPEN, "accepting") or row.cause == cause]
    if any(row.shown_at > entry.at for row in covered if row.shown_at is not None and row.state == proposals.OPEN):
        return ()
    return tuple(row.number for row in covered)


def _accept(
    desk: AcceptanceDesk, project: Project, item: WorkItem, number: int, entry: HistoryEntry, cause: str
) -> applying.Result:
    result = applying.accept(desk, project, item, number, entry.actor, cause, checked_by_tracker=True)
    watched.applied(desk.connection, result.outcome, entry.at, desk.now())
    if result.outcome == "incomplete":
        asked = answers.incomplete(number, result.fields)
        speaking.answer(desk, item, f"{cause}:incomplete {number}", entry.actor, asked)
    with desk.db.write() as session:
        content = {"number": number, "by": entry.actor.id, "outcome": result.outcome}
        audit.record(session, "label", f"{desk.connection}:{item.id}", content, desk.now())
    return result


def _entry(desk: AcceptanceDesk, item: WorkItem) -> HistoryEntry | None:
    """The last history entry that put the label there."""
    for entry in reversed(desk.reader.history(item.key)):
        for edit in entry.edits:
            if edit.field == "labels" and _has(edit.after) and not _has(edit.before):
                return entry
    return None


def _has(labels: str) -> bool:
    return ACCEPT_LABEL in labels.casefold().split()


def _by_a_person(desk: AcceptanceDesk, entry: HistoryEntry) -> bool:
    # The bot never puts this label on, so a shared account can only mean the person who owns it.
    if entry.actor.is_app or not entry.actor.id:
        return False
    return not desk.own_account or entry.actor.id != desk.people.me().id
