"""One accepted change is made, or one made change is taken back: rights asked live, version checked, once.

A change goes open -> accepting -> accepted -> undoing -> undone. The plan of a write is stored before it is made, so
that an interrupted one is finished, not begun again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.flows import rights, speaking
from bot.flows.desk import AcceptanceDesk, Project, TryAgain
from bot.store import audit, items, proposals, writes
from bot.store.database import changed
from bot.store.proposals import ProposedChange
from bot.telemetry import metrics
from integrations.tracker import DRAFT_LABEL, Conflict, Invalid, Missing, Plan, Receipt, Refused, Right, Throttled
from rules.model import Person, WorkItem

log = structlog.get_logger(__name__)
GONE = "what it refers to is no longer there"
UNDER_WAY = ("accepting", "undoing")


@dataclass(frozen=True, slots=True)
class Result:
    """How one decision ended. `outcome` "refused" and "gone" leave the change as it was."""

    outcome: Literal["applied", "undone", "changed since", "refused", "not possible", "already", "busy"]
    detail: str = ""
    by: str = ""


def accept(
    desk: AcceptanceDesk,
    project: Project,
    item: WorkItem,
    number: int,
    person: Person,
    cause: str,
    *,
    checked_by_tracker: bool = False,
) -> Result:
    """Make change `number` of an item because `person` said so in `cause` (a comment or a history entry).

    `checked_by_tracker`: the word was an edit of the item itself, so the tracker has checked the right to edit.
    """
    row = _load(desk, item, number)
    if not _begin(desk, item, number, "open", "accepting", person, cause) and not _ours(row, "accepting", cause):
        return _not_begun(_load(desk, item, number), "accepted", cause, Result("applied"))
    return _perform(desk, project, item, number, person, "accepting", checked_by_tracker)


def undo(desk: AcceptanceDesk, project: Project, item: WorkItem, number: int, person: Person, cause: str) -> Result:
    """Take change `number` back."""
    row = _load(desk, item, number)
    if not _begin(desk, item, number, "accepted", "undoing", person, cause) and not _ours(row, "undoing", cause):
        return _not_begun(_load(desk, item, number), "undone", cause, Result("undone"))
    return _perform(desk, project, item, number, person, "undoing")


def finish_stranded(desk: AcceptanceDesk, item: WorkItem) -> None:
    """Finish what an interrupted attempt left half done, by what is stored.

    The word itself may be gone by now: its author has deleted or edited the comment. What was not sent is open again;
    what may have been sent is found, or made.
    """
    project = desk.projects.get(item.project)
    with desk.db.read() as session:
        rows = [row for row in proposals.changes(session, desk.connection, item.id) if row.state in UNDER_WAY]
    for row in rows:
        if row.plan is None or row.begun is None or project is None:
            _set(desk, item, row.number, "open" if row.state == "accepting" else "accepted", None)
        else:
            person = Person(row.asked_by_id or "", row.asked_by or "")
            _perform(desk, project, item, row.number, person, row.state)
    if rows:
        speaking.show(desk, item.id)


def _not_begun(row: ProposedChange, done: str, cause: str, as_before: Result) -> Result:
    """Why there is nothing to begin: this very word has been carried out, or another one was faster."""
    if _ours(row, done, cause):
        return as_before
    if row.state == "not_applied" and row.cause == cause:
        return Result("changed since", row.note or "")
    return Result("busy" if row.state in UNDER_WAY else "already", row.state)


def _ours(row: ProposedChange, state: str, cause: str) -> bool:
    """Whether an interrupted attempt for the very same word left it so."""
    return row.state == state and row.cause == cause


def _load(desk: AcceptanceDesk, item: WorkItem, number: int) -> ProposedChange:
    with desk.db.read() as session:
        row = session.get(ProposedChange, (desk.connection, item.id, number))
    if row is None:
        raise LookupError(f"change {number} does not exist")
    return row


def _begin(
    desk: AcceptanceDesk, item: WorkItem, number: int, before: str, after: str, person: Person, cause: str
) -> bool:
    """Claim the change: of many processes that try, one gets it."""
    values: dict[str, Any] = {"state": after, "cause": cause, "note": None, "plan": None, "begun": None}
    values |= {"asked_by": person.name, "asked_by_id": person.id}
    if after == "accepting":
        values |= {"decided_by": person.name, "decided_by_id": person.id, "decided_at": desk.now()}
    with desk.db.write() as session:
        query = sa.update(ProposedChange).where(*_is(desk, item, number), ProposedChange.state == before)
        return bool(changed(session, query.values(**values)))


def _perform(
    desk: AcceptanceDesk,
    project: Project,
    item: WorkItem,
    number: int,
    person: Person,
    state: str,
    checked_by_tracker: bool = False,
) -> Result:
    row = _load(desk, item, number)
    # Asked again here, whatever was answered a moment ago: between the word and the deed a right may be taken away.
    # Without it a write that was sent before is not sent again: where it has landed, that is only found out.
    right = Right(True) if checked_by_tracker else rights.may_edit(desk, project, person, item)
    if not right.allowed and not _may_have_landed(desk, item, row, state):
        _set(desk, item, number, "open" if state == "accepting" else "accepted", None)
        return Result("refused", right.missing)
    try:
        plan = _plan(desk, item, number, state)
        if state == "accepting":
            _keep_drafts(desk, item, number)
        receipt = desk.applier.perform(plan)
    except proposals.AlteredError:
        return _refuse_altered(desk, item, number)
    except Throttled:
        _set(desk, item, number, state, None)  # nothing was sent: all is asked and worked out anew
        raise
    except Conflict as error:
        return _give_up(desk, item, number, state, error)
    except Missing:
        desk.reader.fetch(item.id)  # raises Missing anew where it is the item itself that is gone
        _set(desk, item, number, "not_applied" if state == "accepting" else "accepted", GONE)
        return Result("not possible", GONE)
    except (Invalid, Refused) as error:
        why = _in_words(error)
        _set(desk, item, number, "not_applied" if state == "accepting" else "accepted", why)
        return Result("not possible", why)
    except TryAgain:
        raise
    except Exception:
        _begun(desk, item, number)  # it may still land, and is waited for from now on
        raise
    _settle(desk, item, number, state, receipt, person)
    return Result("applied" if state == "accepting" else "undone")


def _may_have_landed(desk: AcceptanceDesk, item: WorkItem, row: ProposedChange, state: str) -> bool:
    """Whether a write that was sent before has changed the item, as a person's edit may have: `perform` tells them."""
    if row.plan is None or row.begun is None:
        return False
    try:
        if state == "accepting":
            desk.applier.plan(item.key, proposals.change_of(row), row.expected, proposals.marker_of(row))
        else:
            desk.applier.plan_undo(_receipt(row), proposals.marker_of(row))
    except Conflict:
        return True
    except (Invalid, Refused, Missing, proposals.AlteredError):
        return False
    return False


def _in_words(error: Invalid | Refused) -> str:
    """For people: the error's own message names requests."""
    if isinstance(error, Refused):
        return (
            f"the bot's account lacks a right: {error.missing}" if error.missing else "the bot's account lacks a right"
        )
    return "the tracker does not take it"


def _plan(desk: AcceptanceDesk, item: WorkItem, number: int, state: str) -> Plan:
    row = _load(desk, item, number)
    if row.plan is not None:
        waited = (desk.now() - row.begun).total_seconds() if row.begun else desk.settle
        if waited < 0:
            _begun(desk, item, number)  # the clock was set back: the wait begins anew
            raise TryAgain(desk.settle)
        if waited < desk.settle:
            raise TryAgain(desk.settle - waited)  # what was sent before may still land
        _begun(desk, item, number)
        return Plan(**row.plan)
    marker = proposals.marker_of(row)
    if state == "accepting":
        plan = desk.applier.plan(item.key, proposals.change_of(row), row.expected, marker)
    else:
        plan = desk.applier.plan_undo(_receipt(row), marker)
    with desk.db.write() as session:
        session.execute(sa.update(ProposedChange).where(*_is(desk, item, number)).values(plan=asdict(plan)))
    _begun(desk, item, number)
    return plan


def _begun(desk: AcceptanceDesk, item: WorkItem, number: int) -> None:
    with desk.db.write() as session:
        session.execute(sa.update(ProposedChange).where(*_is(desk, item, number)).values(begun=desk.now()))


def _keep_drafts(desk: AcceptanceDesk, item: WorkItem, number: int) -> None:
    """Sub-tasks that were drafted beforehand are drafts no longer."""
    for key in _load(desk, item, number).drafts:
        desk.applier.remove_label(key, DRAFT_LABEL)


def _receipt(row: ProposedChange) -> Receipt:
    stored = dict(row.receipt or {})
    return Receipt(**(stored | {"writes": tuple(stored.get("writes", ()))}))


def _settle(desk: AcceptanceDesk, item: WorkItem, number: int, state: str, receipt: Receipt, person: Person) -> None:
    """The write is made: store it, and take the item as it is now for read, so that nobody is told of our own edit."""
    done = "accepted" if state == "accepting" else "undone"
    log.info(done, connection=desk.connection, item=item.key, number=number)
    metrics.decisions.labels(desk.connection, done).inc()
    fresh = desk.reader.fetch(item.id)
    now = desk.now()
    values: dict[str, Any] = {"state": done, "note": None, "plan": None}
    if done == "accepted":
        values["receipt"] = asdict(replace(receipt, details=dict(receipt.details)))
    else:
        values |= {"decided_by": person.name, "decided_by_id": person.id, "decided_at": now}
    with desk.db.write() as session:
        session.execute(sa.update(ProposedChange).where(*_is(desk, item, number)).values(**values))
        known = items.find(session, desk.connection, item.id)
        untouched = known is not None and known.first_touch is None
        items.save(session, fresh)
        if known is not None and untouched:
            known.triaged_digest = items.content_digest(fresh)
        _follow(session, item, fresh, number, receipt.field)
        if receipt.kind == "subtasks":
            writes.add_own_items(session, desk.connection, receipt.writes)
        audit.record(
            session,
            done,
            f"{desk.connection}:{item.id}",
            {"key": item.key, "number": number, "by": person.id, "name": person.name, "writes": list(receipt.writes)},
            now,
        )


def _follow(session: Session, before: WorkItem, after: WorkItem, number: int, written: str) -> None:
    """Our own write moved the field that other open changes were shown against: they still stand, on the new value."""
    for row in proposals.changes(session, before.connection, before.id):
        if row.state == proposals.OPEN and row.number != number:
            row.expected = {
                name: after.digests.get(name, "") if name == written and before.digests.get(name) == seen else seen
                for name, seen in row.expected.items()
            }


def _give_up(desk: AcceptanceDesk, item: WorkItem, number: int, state: str, error: Conflict) -> Result:
    """A person was faster: their edit stands."""
    metrics.conflicts.labels(desk.connection).inc()
    if state == "accepting":
        _set(
            desk,
            item,
            number,
            "not_applied",
            f"the {error.field} was changed" + (f" by {error.by}" if error.by else ""),
        )
    else:
        _set(desk, item, number, "accepted", None)
    with desk.db.write() as session:
        audit.record(
            session, "conflict", f"{desk.connection}:{item.id}", {"number": number, "field": error.field}, desk.now()
        )
    return Result("changed since", error.field, error.by)


def _refuse_altered(desk: AcceptanceDesk, item: WorkItem, number: int) -> Result:
    """What would be applied is not what people were shown."""
    log.error("altered", connection=desk.connection, item=item.id, number=number)
    _set(desk, item, number, "not_applied", proposals.ALTERED)
    with desk.db.write() as session:
        audit.record(session, "altered", f"{desk.connection}:{item.id}", {"number": number}, desk.now())
    return Result("not possible", proposals.ALTERED)


def _set(desk: AcceptanceDesk, item: WorkItem, number: int, state: str, note: str | None) -> None:
    with desk.db.write() as session:
        query = sa.update(ProposedChange).where(*_is(desk, item, number))
        session.execute(query.values(state=state, note=note, plan=None))


def _is(desk: AcceptanceDesk, item: WorkItem, number: int) -> tuple[Any, ...]:
    return (
        ProposedChange.connection == desk.connection,
        ProposedChange.item == item.id,
        ProposedChange.number == number,
    )
