"""Triage: an item has settled; look at it, and say what there is to say in one comment.

This flow is handed a Reader, a Commenter and, by policy, a create-only Drafter. It holds no right to change an item.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import rules
from bot import answers
from bot.flows import closing, leaving, speaking
from bot.flows.desk import Drafted, Project, Silent, TriageDesk, TryAgain
from bot.flows.suggesting import drafts, guards
from bot.flows.suggesting.proposing import anything_open, propose
from bot.jobs import Run
from bot.store import audit, decisions, items, proposals
from bot.store import drafts as drafted
from bot.telemetry import metrics
from integrations.tracker import Missing
from languages import ENGLISH, language, say
from rules.changes import AddChildren, AddCriteria, AddSubtasks, FieldValue
from rules.model import Context, Finding, Person, WorkItem

SCHEDULED, ASKED = "scheduled", "asked"
EARLY_SECONDS = 1.0


def triage(run: Run, desk: TriageDesk) -> None:
    """Arguments: connection, item id, why ("scheduled" with the delivery it waits for, or "asked"), delivery."""
    _, item_id, why, delivery = run.args
    if why == SCHEDULED:
        _still_the_last(desk, item_id, delivery)
    try:
        digest = _triage(run, desk, item_id, why, delivery)
    except Silent:
        _looked(desk, item_id, delivery, None)
        raise
    _looked(desk, item_id, delivery, digest)


def _triage(run: Run, desk: TriageDesk, item_id: str, why: str, delivery: str) -> str:
    """Returns the digest of the content that was looked at."""
    run.step("read", lambda: _read(desk, item_id))
    with desk.db.read() as session:
        item = items.load(session, desk.connection, item_id)
        row = items.find(session, desk.connection, item_id)
    if item is None or row is None:
        raise Silent("the item is gone")
    if guards.made_by_bot(desk, item):
        raise Silent("the bot created it")
    project = desk.projects.get(item.project)
    if project is None:
        raise Silent(f"project {item.project} is not in the settings")
    if row.muted:
        raise Silent("muted")
    if why == SCHEDULED and row.triaged_digest == items.content_digest(item):
        raise Silent("nothing that is read has changed")
    with desk.speaking(item.project):
        run.step("look", lambda: _look(desk, project, item, asked=why == ASKED))
        said = run.step("speak", lambda: speaking.show(desk, item_id, asked=why == ASKED))
        if why == ASKED and said not in ("posted", "edited"):
            run.step("answer", lambda: _nothing_new(desk, item, delivery))
        if project.draft_subtasks and run.step("draft", lambda: drafts.draft(desk, item)):
            run.step("name the drafts", lambda: speaking.show(desk, item_id))
    return items.content_digest(item)


def _looked(desk: TriageDesk, item_id: str, delivery: str, digest: str | None) -> None:
    """The last thing of all: until the comment is there, an interrupted look is taken up again."""
    with desk.db.write() as session:
        row = items.find(session, desk.connection, item_id)
        if row is None:
            return
        if digest is not None:
            row.triaged_digest = digest
        if row.last_delivery == delivery or row.first_touch is None:
            row.due = None
        if row.asked == delivery:
            row.asked = None


def _nothing_new(desk: TriageDesk, item: WorkItem, cause: str) -> str:
    """Whoever asked for a look hears that it was taken."""
    with desk.db.read() as session:
        handled = session.get(decisions.HandledComment, (desk.connection, cause.split("#")[0]))
    if handled is None:
        return "nobody asked"
    person = Person(str(handled.commands.get("by", "")), str(handled.commands.get("name", "")))
    speaking.answer(desk, item, f"{cause}:nothing new", person, answers.nothing_found())
    return speaking.publish_answers(desk, item)


def _still_the_last(desk: TriageDesk, item_id: str, delivery: str) -> None:
    """The wait begins anew with each edit, up to its maximum; the last one scheduled carries on for all."""
    with desk.db.read() as session:
        row = items.find(session, desk.connection, item_id)
        if row is None or row.first_touch is None:
            return
        project = desk.projects.get(row.project)
        longest = timedelta(seconds=project.quiet_wait_max if project else 0.0)
        if row.last_delivery == delivery:
            _not_before(desk, row.due, longest)
            return
        if desk.now() < row.first_touch + longest:
            raise Silent("a later edit is waited for")


def _not_before(desk: TriageDesk, due: datetime | None, longest: timedelta) -> None:
    """The engine counts delays by a machine's clock, which may be wrong; the desk's is not.

    A time beyond the longest wait was noted by a clock that has been set back since: it has long come.
    """
    early = due - desk.now() if due is not None else timedelta(0)
    if timedelta(seconds=EARLY_SECONDS) < early <= longest:
        raise TryAgain(early.total_seconds())


def _read(desk: TriageDesk, item_id: str) -> str:
    try:
        item = desk.reader.fetch(item_id)
    except Missing:
        closing.close(desk, item_id, closing.GONE)
        return "gone"
    if (reason := closing.reason_to_leave(desk, item)) is not None:
        leaving.leave(desk, item, reason)
        return "gone"
    with desk.db.write() as session:
        closing.keep(desk, session, item)
        row = items.find(session, desk.connection, item.id)
        if row is not None:
            row.first_touch = None
    return item.version


def _look(desk: TriageDesk, project: Project, item: WorkItem, *, asked: bool) -> int:
    """Find, number and store; returns how many findings there were."""
    now = desk.now()
    findings = find(desk, project, item, now)
    with desk.db.write() as session:
        proposal = propose(session, item, findings, now)
        if proposal is None:
            return 0
        if proposal.comment is None:
            held = None if asked else guards.held_because(session, desk, project, item)
            proposal.held_because = held
            proposal.state = "held" if held else "shown" if project.suggests else "recorded"
            if not anything_open(session, proposal):
                proposal.state = "closed"
            if proposal.state != "shown":
                metrics.proposals.labels(desk.connection, proposal.state).inc()
        audit.record(
            session,
            "proposed",
            f"{desk.connection}:{item.id}",
            {
                "key": item.key,
                "state": proposal.state,
                "changes": _open_numbers(proposals.changes(session, desk.connection, item.id)),
            },
            now,
        )
    return len(findings)


def find(desk: TriageDesk, project: Project, item: WorkItem, now: datetime) -> tuple[Finding, ...]:
    """What the rules say, with the model's better words where there is one."""
    words = desk.words(item.project)
    policy = replace(project.policy, priorities=project.policy.priorities or words.priorities)
    context = Context(today=now, policy=policy, candidates=desk.candidates(item))
    findings = rules.check(_without_drafts(desk, item), context)
    findings = tuple(_with_required(project, finding) for finding in findings)
    if desk.draft_criteria is not None:
        findings = tuple(
            _with_model(desk.draft_criteria(item), finding) if _wants_model(finding) else finding
            for finding in findings
        )
    return tuple(map(_with_heading, findings))


def _without_drafts(desk: TriageDesk, item: WorkItem) -> WorkItem:
    """A draft covers nothing until its change is decided: else drafts would be why that is withdrawn or another."""
    with desk.db.read() as session:
        drafts_still = drafted.not_yet_work(session, desk.connection, [child.key for child in item.children])
    children = tuple(child for child in item.children if child.key not in drafts_still)
    return replace(item, children=children) if drafts_still else item


def _with_required(project: Project, finding: Finding) -> Finding:
    """What is to be created gets the values that the settings name, so that people see them before they accept."""
    change = finding.change
    if not project.required_fields or not isinstance(change, AddSubtasks | AddChildren):
        return finding
    fields = tuple(FieldValue(name, value) for name, value in project.required_fields.items())
    return replace(finding, change=replace(change, fields=fields))


def _wants_model(finding: Finding) -> bool:
    return finding.rule == "missing_criteria"


def _with_model(told: Drafted | None, finding: Finding) -> Finding:
    """With the model's criteria; or, where the rules ask as well and draft nothing, with its questions."""
    if told is None:
        return finding
    by_both = replace(finding, source="rules and a language model")
    if told.criteria is not None:
        return replace(by_both, change=told.criteria)
    if told.questions and finding.questions:
        return replace(by_both, questions=told.questions)
    return finding


def _with_heading(finding: Finding) -> Finding:
    """The heading is part of what people accept; the English one is understood, as in changes of earlier releases."""
    if language() == ENGLISH or not isinstance(finding.change, AddCriteria):
        return finding
    return replace(finding, change=replace(finding.change, heading=say("Acceptance criteria")))


def _open_numbers(rows: Iterable[proposals.ProposedChange]) -> list[int]:
    return [row.number for row in rows if row.state == proposals.OPEN]
