"""From findings to numbered changes: what is new gets a new number, what no longer holds is withdrawn.

A number is never used twice, a no is remembered, and what has been accepted or undone is not offered again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from bot.store import drafts, proposals
from bot.store.proposals import Proposal, ProposedChange
from rules.changes import FIELDS_TOUCHED, Change, change_hash
from rules.model import Finding, WorkItem

SETTLED = ("accepted", "undone", "accepting", "undoing")


def propose(session: Session, item: WorkItem, findings: Iterable[Finding], now: datetime) -> Proposal | None:
    """Bring the stored proposal of an item in line with what was found now. None if there never was anything."""
    proposal = proposals.get(session, item.connection, item.id)
    findings = list(findings)
    if proposal is None:
        if not findings:
            return None
        proposal = Proposal(
            connection=item.connection,
            item=item.id,
            key=item.key,
            project=item.project,
            state="recorded",
            last_number=0,
            questions=[],
            created=now,
            updated=now,
        )
        session.add(proposal)
        session.flush()
    proposal.key, proposal.project, proposal.updated = item.key, item.project, now
    dismissed = proposals.dismissed(session, item.connection, item.id)
    known = proposals.changes(session, item.connection, item.id)
    kept: set[int] = set()
    questions: list[dict[str, str]] = []
    for finding in findings:
        if (finding.rule, finding.subject) in dismissed:
            continue
        told = {"rule": finding.rule, "subject": finding.subject[:200], "source": finding.source[:200]}
        questions.extend(told | {"text": question} for question in finding.questions)
        if finding.change is not None:
            row = _place(session, proposal, item, finding, finding.change, known, now)
            if row is not None:
                kept.add(row.number)
    for row in known:
        if row.state == proposals.OPEN and row.number not in kept:
            row.state = "withdrawn"
    proposal.questions = questions
    return proposal


def _place(
    session: Session,
    proposal: Proposal,
    item: WorkItem,
    finding: Finding,
    change: Change,
    known: Iterable[ProposedChange],
    now: datetime,
) -> ProposedChange | None:
    same = [row for row in known if (row.rule, row.subject) == (finding.rule, finding.subject)]
    if any(row.state in SETTLED for row in same) or any(_ignored(row, change) for row in same):
        return None
    expected = {name: item.digests[name] for name in FIELDS_TOUCHED[change.kind] if name in item.digests}
    for row in same:
        if row.state == proposals.OPEN and row.payload_hash == change_hash(change) and proposals.is_intact(row):
            row.expected, row.value = expected, finding.value
            row.title, row.reason, row.evidence = finding.title, finding.reason, list(finding.evidence)
            return row
    return proposals.add_change(session, proposal, finding, change, expected, now)


def _ignored(row: ProposedChange, change: Change) -> bool:
    """Whether the very same was drafted, and nobody wanted it: it is not offered again as long as it is the same."""
    return row.state == "withdrawn" and row.note == drafts.UNTOUCHED and row.payload_hash == change_hash(change)


def anything_open(session: Session, proposal: Proposal) -> bool:
    """Whether the proposal has something to say that nobody has answered yet."""
    rows = proposals.changes(session, proposal.connection, proposal.item)
    return bool(proposal.questions) or any(row.state == proposals.OPEN for row in rows)
