"""What the kinds of change that create items share: each made exactly once, and deleted while nobody has touched it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from integrations.blocks import Blocks
from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.live import LiveIssues
from integrations.jira.markup.sections import Sections
from integrations.jira.reader import JiraReader
from integrations.jira.search import issue_path
from integrations.jira.session import JiraSession
from integrations.jira.subtasks import SubTasks
from integrations.tracker import DRAFT_LABEL, Conflict, HistoryEntry, Missing, Plan, Receipt

# What Jira itself may note when an item comes into being below another.
_BY_CREATION = frozenset({"rank", "parent", "issueparentassociation", "epic_link", "epic link"})


class CreatedItems(ABC):
    """`after` of a plan holds summaries and fields; the n-th item carries the plan's marker with ":n" behind it."""

    kind: str

    def __init__(self, session: JiraSession, live: LiveIssues, reader: JiraReader, sections: Sections) -> None:
        self._session = session
        self._live = live
        self._reader = reader
        self._sections = sections
        self._subtasks = SubTasks(session, reader)

    @abstractmethod
    def marked(self, plan: Plan) -> dict[str, str]:
        """Marker -> key of what was created before, each read directly."""

    def perform(self, plan: Plan) -> Receipt:
        with UNDERSTOOD:
            if isinstance(plan.after, list):  # planned before there were fields
                summaries, fields = plan.after, self._subtasks.home(plan.item)
            else:
                summaries, fields = plan.after["summaries"], plan.after["fields"]
        marked = self.marked(plan)
        keys: list[str] = []
        for index, summary in enumerate(summaries):
            marker = f"{plan.marker}:{index}"
            found = marked.get(marker)
            keys.append(found or self._subtasks.create_with({**fields, "summary": summary}, marker))
        return Receipt(plan.item, self.kind, self.kind, tuple(keys), {"created": keys})

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        with UNDERSTOOD:
            keys = [str(key) for key in receipt.details["created"]]
        for key in keys:
            self._refuse_if_touched(key)
        return Plan(receipt.item, f"undo_{self.kind}", self.kind, marker, keys, None)

    def undo(self, plan: Plan) -> Receipt:
        for key in plan.before:
            self._refuse_if_touched(key)
        for key in plan.before:
            try:
                self._session.delete(issue_path(key), needs=f"Delete Issues on {key}")
            except Missing:
                continue
        return Receipt(plan.item, plan.kind, self.kind, tuple(plan.before))

    def _rich(self, blocks: Blocks) -> Any:
        return self._sections.add(None, blocks).description

    def _refuse_if_touched(self, key: str) -> None:
        """Raises Conflict where anything happened to what was created since it was created, whoever did it.

        The bot takes the label off a draft that is kept and edits nothing else; a person may work with its account.
        """
        try:
            fields = self._live.fields(key, "attachment", "worklog", "issuelinks", "subtasks")
            entries = self._live.history(key)
            comments = self._live.comments(key)
        except Missing:
            return
        for entry in entries:
            if any(edit.field not in _BY_CREATION for edit in entry.edits) and not _keeps_a_draft(entry):
                raise Conflict(f"{key} was changed meanwhile", self.kind, entry.actor.name)
        for comment in comments:
            if comment.marker is None:
                raise Conflict(f"{key} has a comment", self.kind, comment.author.name)
        with UNDERSTOOD:
            worklog = (fields.get("worklog") or {}).get("total")
            if worklog or any(fields.get(name) for name in ("attachment", "issuelinks", "subtasks")):
                raise Conflict(f"{key} is in use", self.kind)


def _keeps_a_draft(entry: HistoryEntry) -> bool:
    """Whether an entry does nothing but take the label of drafts off."""
    if [edit.field for edit in entry.edits] != ["labels"]:
        return False
    before, after = (set(labels.split()) for labels in (entry.edits[0].before, entry.edits[0].after))
    return DRAFT_LABEL in before and after == before - {DRAFT_LABEL}
