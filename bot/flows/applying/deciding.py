"""One accepted change is made, or one made change is taken back: rights asked live, version checked, once.

A change goes open -> accepting -> accepted -> undoing -> undone. The plan of a write is stored before it is made, so
that an interrupted one is finished, not begun again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
import structlog

from bot.flows import rights, speaking
from bot.flows.applying import drafted
from bot.flows.applying.planned import is_change, load, may_have_landed, plan_of, set_state
from bot.flows.applying.settled import settle
from bot.flows.desk import AcceptanceDesk, Project, TryAgain
from bot.store import audit, proposals
from bot.store.database import changed
from bot.store.proposals import ProposedChange
from bot.telemetry import metrics
from bot.words.decided import changed_meanwhile
from bot.words.not_taken import no_way_back, why_not_made
from integrations.exchanges import before_writes
from integrations.tracker import DRAFT_LABEL, Conflict, Incomplete, Invalid, Missing, Plan, Receipt, Refused, Throttled
from languages import say
from rules.model import Person, WorkItem

log = structlog.get_logger(__name__)
UNDER_WAY = ("accepting", "undoing")
SEVERAL_WRITES = ("subtasks", "children", "close_duplicate")


@dataclass(frozen=True, slots=True)
class Result:
    """How one decision ended. `outcome` "refused" and "incomplete" leave the change as it was.

    `fields` names what the project requires and nobody has said yet. "not taken": somebody's own words cannot be
    written, and the draft that they were to replace is open again under its `number`; or a field wants a person.
    """

    outcome: Literal[
        "applied", "undone", "changed since", "refused", "incomplete", "not taken", "not possible", "already", "busy"
    ]
    detail: str = ""
    by: str = ""
    fields: tuple[str, ...] = ()
    number: int = 0


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

    `checked_by_tracker`: the word was an edit of the item itself, so the tracker has checked the right to edit; it
    only counts no more where the tracker says that it has been taken away.
    """
    row = load(desk, item, number)
    if not _begin(desk, item, number, "open", "accepting", person, cause) and not _ours(row, "accepting", cause):
        return _not_begun(load(desk, item, number), "accepted", cause, Result("applied"))
    return _perform(desk, project, item, number, person, "accepting", checked_by_tracker)


def undo(desk: AcceptanceDesk, project: Project, item: WorkItem, number: int, person: Person, cause: str) -> Result:
    """Take change `number` back."""
    row = load(desk, item, number)
    if not _begin(desk, item, number, "accepted", "undoing", person, cause) and not _ours(row, "undoing", cause):
        return _not_begun(load(desk, item, number), "undone", cause, Result("undone"))
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
            set_state(desk, item, row.number, "open" if row.state == "accepting" else "accepted", None)
        else:
            person = Person(row.asked_by_id or "", row.asked_by or "")
            _perform(desk, project, item, row.number, person, row.state)
    if rows:
        speaking.show(desk, item.id)


def _not_begun(row: ProposedChange, done: str, cause: str, as_before: Result) -> Result:
    """Why there is nothing to begin: this very word has been carried out, or another one was faster."""
    if _ours(row, done, cause) or cause in row.carried_out:
        return as_before
    if row.state == "not_applied" and row.cause == cause:
        return Result("changed since", row.note or "")
    return Result("busy" if row.state in UNDER_WAY else "already", row.state)


def _ours(row: ProposedChange, state: str, cause: str) -> bool:
    """Whether an interrupted attempt for the very same word left it so."""
    return row.state == state and row.cause == cause


def _begin(
    desk: AcceptanceDesk, item: WorkItem, number: int, before: str, after: str, person: Person, cause: str
) -> bool:
    """Claim the change: of many processes that try, one gets it."""
    values: dict[str, Any] = {"state": after, "cause": cause, "note": None, "plan": None, "begun": None}
    values |= {"asked_by": person.name, "asked_by_id": person.id}
    if after == "accepting":
        values |= {"decided_by": person.name, "decided_by_id": person.id, "decided_at": desk.now()}
    with desk.db.write() as session:
        query = sa.update(ProposedChange).where(*is_change(desk, item, number), ProposedChange.state == before)
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
    row = load(desk, item, number)
    # Asked again here, whatever was answered a moment ago: between the word and the deed a right may be taken away.
    # Without it a write that was sent before is not sent again: where it has landed, that is only found out.
    asked = rights.still_may_edit(desk, person, item) if checked_by_tracker else None
    right = asked or rights.may_edit(desk, project, person, item)
    if not right.allowed and not may_have_landed(desk, item, row, state):
        set_state(desk, item, number, "open" if state == "accepting" else "accepted", None)
        return Result("refused", right.missing)
    beginning = None
    try:
        plan, beginning = plan_of(desk, item, number, state)
        if state == "accepting" and plan.kind != drafted.KEEP:
            _keep_drafts(desk, item, row, person)
        # What is read before the write may take long, and the wait for a late one counts from the write.
        with before_writes(beginning.now):
            receipt = _made(desk, item, row, plan, person)
    except proposals.AlteredError:
        return _refuse_altered(desk, item, number)
    except Throttled:
        set_state(desk, item, number, state, None)  # nothing was sent: all is asked and worked out anew
        raise
    except Conflict as error:
        return _give_up(desk, item, number, state, error)
    except Missing:
        desk.reader.fetch(item.id)  # raises Missing anew where it is the item itself that is gone
        gone = say("what it refers to is no longer there")
        set_state(desk, item, number, "not_applied" if state == "accepting" else "accepted", gone)
        return Result("not possible", gone)
    except Incomplete as error:
        return _ask_for(desk, item, number, state, error)
    except (Invalid, Refused) as error:
        # Of several writes the first may be made already, and a second attempt would make it twice.
        in_part = beginning is not None and row.kind in SEVERAL_WRITES
        return _not_made(desk, item, number, state, error, in_part=in_part)
    except TryAgain:
        raise
    except Exception:
        if beginning is not None:
            beginning.now()  # it may still land, and is waited for from now on
        raise
    settle(desk, item, number, state, receipt, person)
    return Result("applied" if state == "accepting" else "undone")


def _ask_for(desk: AcceptanceDesk, item: WorkItem, number: int, state: str, wanting: Incomplete) -> Result:
    """What the project requires beside a change can be given with an accept; an undo has nowhere to take it from."""
    if state == "accepting":
        set_state(desk, item, number, "open", None)
        if wanting.by_hand:
            return Result("not taken", why_not_made(wanting), number=number)
        return Result("incomplete", fields=wanting.fields)
    set_state(desk, item, number, "accepted", None)
    return Result("not possible", no_way_back())


def _not_made(
    desk: AcceptanceDesk, item: WorkItem, number: int, state: str, error: Invalid | Refused, *, in_part: bool
) -> Result:
    """What a person put in place of a draft can be put right: the draft is open again. All else has ended."""
    why = why_not_made(error)
    if isinstance(error, Invalid) and state == "accepting" and not in_part:
        with desk.db.write() as session:
            own = session.get_one(ProposedChange, (desk.connection, item.id, number))
            told = {"key": item.key, "number": number, "by": own.decided_by_id}
            draft = proposals.give_back(session, own)
            if draft is not None:  # the row is gone, but that somebody said it stays known
                audit.record(session, "not taken", f"{desk.connection}:{item.id}", told | {"draft": draft}, desk.now())
        if draft is not None:
            return Result("not taken", why, number=draft)
    set_state(desk, item, number, "not_applied" if state == "accepting" else "accepted", why)
    return Result("not possible", why)


def _made(desk: AcceptanceDesk, item: WorkItem, row: ProposedChange, plan: Plan, person: Person) -> Receipt:
    if plan.kind in (drafted.KEEP, drafted.TAKE_BACK):
        return drafted.perform(desk, item, row, plan, person)
    return desk.applier.perform(plan)


def _keep_drafts(desk: AcceptanceDesk, item: WorkItem, row: ProposedChange, person: Person) -> None:
    """Of sub-tasks that are not all drafted yet, those that are will be found, and are drafts no longer."""
    known = [draft.key for draft in drafted.keep(desk, item, row, person)]
    for key in dict.fromkeys((*row.drafts, *known)):
        desk.applier.remove_label(key, DRAFT_LABEL)


def _give_up(desk: AcceptanceDesk, item: WorkItem, number: int, state: str, error: Conflict) -> Result:
    """A person was faster: their edit stands."""
    metrics.conflicts.labels(desk.connection).inc()
    if state == "accepting":
        set_state(desk, item, number, "not_applied", changed_meanwhile(error.field, error.by))
    else:
        set_state(desk, item, number, "accepted", None)
    told = {"number": number, "field": error.field}
    with desk.db.write() as session:
        audit.record(session, "conflict", f"{desk.connection}:{item.id}", told, desk.now())
    return Result("changed since", error.field, error.by)


def _refuse_altered(desk: AcceptanceDesk, item: WorkItem, number: int) -> Result:
    """What would be applied is not what people were shown."""
    log.error("altered", connection=desk.connection, item=item.id, number=number)
    set_state(desk, item, number, "not_applied", proposals.ALTERED)
    with desk.db.write() as session:
        audit.record(session, "altered", f"{desk.connection}:{item.id}", {"number": number}, desk.now())
    return Result("not possible", say(proposals.ALTERED))
