"""Draft sub-tasks are decided on where they are: a person takes the label off (accepted), closes or deletes one (no).

The tracker has checked that person's right to edit. Only the draft's history counts, read anew, and only a person's
entry in it: an automation, an integration and the bot itself decide nothing. A clone is no draft of the bot's.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.flows import closing
from bot.flows.desk import AcceptanceDesk, TryAgain
from bot.store import drafts, items, proposals
from bot.store.drafts import Draft
from bot.store.inbox import Delivery
from bot.store.proposals import ProposedChange
from bot.telemetry import metrics
from integrations.tracker import DRAFT_LABEL, FieldEdit, HistoryEntry
from rules.model import Person, WorkItem


def attend_draft(desk: AcceptanceDesk, item: WorkItem) -> bool:
    """Decide on a draft if a person has; True if one had. Raises TryAgain while a word on its change is carried out."""
    draft = _undecided(desk, item.key)
    project = desk.projects.get(item.project)
    if draft is None or project is None or not project.suggests:
        return False
    if all(label.casefold() != DRAFT_LABEL for label in item.labels):
        return _by_history(desk, item, draft, drafts.KEPT, _takes_the_label_off)
    if item.status_category == "done":
        return _by_history(desk, item, draft, drafts.REJECTED, lambda edit: edit.field == "status")
    return False


def draft_deleted(desk: AcceptanceDesk, delivery: Delivery) -> None:
    """An item is gone: if it was a draft, and a delivery names who deleted it, that was a no."""
    with desk.db.read() as session:
        known = items.find(session, desk.connection, delivery.item)
    draft = _undecided(desk, known.key if known is not None else delivery.item)
    if draft is None or draft.leaving or delivery.kind != "deleted" or not delivery.actor:
        return
    person = Person(delivery.actor, "")
    if not _is_the_bot(desk, person):
        _decide(desk, draft, drafts.REJECTED, person, f"{delivery.item}/deleted")


def _by_history(
    desk: AcceptanceDesk, item: WorkItem, draft: Draft, state: str, decides: Callable[[FieldEdit], bool]
) -> bool:
    """By the last entry that brought the item where it is."""
    entries = [entry for entry in desk.reader.history(item.key) if any(map(decides, entry.edits))]
    if not entries or not _by_a_person(desk, entries[-1]):
        return False
    return _decide(desk, draft, state, entries[-1].actor, f"{item.id}/history/{entries[-1].id}")


def _decide(desk: AcceptanceDesk, draft: Draft, state: str, person: Person, cause: str) -> bool:
    with desk.db.write() as session:
        change = session.get(ProposedChange, (draft.connection, draft.item, draft.number))
        if change is not None and change.state in ("accepting", "undoing"):
            raise TryAgain(desk.settle)
        if change is None or change.state != proposals.OPEN:
            return False
        decided = drafts.decide(session, draft, state, person, cause, desk.now())
        concluded = drafts.conclude(session, draft, desk.now()) if decided else None
    if concluded is not None:
        metrics.decisions.labels(desk.connection, concluded).inc()
    closing.tell_again(desk)
    return decided


def _undecided(desk: AcceptanceDesk, key: str) -> Draft | None:
    with desk.db.read() as session:
        draft = drafts.get(session, desk.connection, key)
    return draft if draft is not None and draft.state == drafts.OPEN else None


def _takes_the_label_off(edit: FieldEdit) -> bool:
    before, after = (labels.casefold().split() for labels in (edit.before, edit.after))
    return edit.field == "labels" and DRAFT_LABEL in before and DRAFT_LABEL not in after


def _by_a_person(desk: AcceptanceDesk, entry: HistoryEntry) -> bool:
    return bool(entry.actor.id) and not entry.actor.is_app and not _is_the_bot(desk, entry.actor)


def _is_the_bot(desk: AcceptanceDesk, person: Person) -> bool:
    # It takes no label off and deletes nothing that is undecided: on a shared account it was the person who owns it.
    return desk.own_account and person.id == desk.people.me().id
