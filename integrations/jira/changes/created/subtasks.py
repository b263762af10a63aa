"""Creating sub-tasks exactly once, and deleting them while nobody has touched them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.live import LiveIssues
from integrations.jira.reader import issue_path
from integrations.jira.session import JiraSession
from integrations.jira.subtasks import SubTasks, summary_line
from integrations.tracker import DRAFT_LABEL, Conflict, HistoryEntry, Missing, Plan, Receipt
from rules.changes import AddSubtasks

FIELD = "subtasks"

# What Jira itself may note when a sub-task comes into being.
_BY_CREATION = frozenset({"rank", "parent", "issueparentassociation"})


class CreatedSubTasks:
    """`after` of a plan lists the summaries; the n-th sub-task carries the plan's marker with ":n" behind it."""

    fields = (FIELD,)

    def __init__(self, session: JiraSession, live: LiveIssues, subtasks: SubTasks) -> None:
        self._session = session
        self._live = live
        self._subtasks = subtasks

    def plan(self, key: str, change: AddSubtasks, fields: Mapping[str, Any], marker: str) -> Plan:
        return Plan(key, "subtasks", FIELD, marker, None, [summary_line(summary) for summary in change.summaries])

    def perform(self, plan: Plan) -> Receipt:
        marked = self._subtasks.marked(plan.item)
        keys: list[str] = []
        for index, summary in enumerate(plan.after):
            marker = f"{plan.marker}:{index}"
            keys.append(marked.get(marker) or self._subtasks.create(plan.item, {"summary": summary}, marker))
        return Receipt(plan.item, "subtasks", FIELD, tuple(keys), {"created": keys})

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        with UNDERSTOOD:
            keys = [str(key) for key in receipt.details["created"]]
        for key in keys:
            self._refuse_if_touched(key)
        return Plan(receipt.item, "undo_subtasks", FIELD, marker, keys, None)

    def undo(self, plan: Plan) -> Receipt:
        for key in plan.before:
            self._refuse_if_touched(key)
        for key in plan.before:
            try:
                self._session.delete(issue_path(key), needs=f"Delete Issues on {key}")
            except Missing:
                continue
        return Receipt(plan.item, plan.kind, FIELD, tuple(plan.before))

    def _refuse_if_touched(self, key: str) -> None:
        """Raises Conflict where anything happened to the sub-task since it was created, whoever did it.

        The bot takes the label off a draft that is kept and edits nothing else; a person may work with its account.
        """
        try:
            fields = self._live.fields(key, "attachment", "worklog", "issuelinks")
            entries = self._live.history(key)
            comments = self._live.comments(key)
        except Missing:
            return
        for entry in entries:
            if any(edit.field not in _BY_CREATION for edit in entry.edits) and not _keeps_a_draft(entry):
                raise Conflict(f"{key} was changed meanwhile", FIELD, entry.actor.name)
        for comment in comments:
            if comment.marker is None:
                raise Conflict(f"{key} has a comment", FIELD, comment.author.name)
        with UNDERSTOOD:
            worklog = (fields.get("worklog") or {}).get("total")
            if fields.get("attachment") or fields.get("issuelinks") or worklog:
                raise Conflict(f"{key} is in use", FIELD)


def _keeps_a_draft(entry: HistoryEntry) -> bool:
    """Whether an entry does nothing but take the label of drafts off."""
    if [edit.field for edit in entry.edits] != ["labels"]:
        return False
    before, after = (set(labels.split()) for labels in (entry.edits[0].before, entry.edits[0].after))
    return DRAFT_LABEL in before and after == before - {DRAFT_LABEL}
