"""Whether nobody has touched what the bot created, and deleting it while that is so."""

from __future__ import annotations

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.live import LiveIssues
from integrations.jira.items import PROPERTY, marker_of, person
from integrations.jira.search import issue_path
from integrations.jira.session import JiraSession
from integrations.tracker import DRAFT_LABEL, Conflict, HistoryEntry, Missing

KIND = "subtasks"

# What Jira itself may note when an item comes into being below another.
_BY_CREATION = frozenset({"rank", "parent", "issueparentassociation", "epic_link", "epic link"})


class UntouchedItems:
    """Issues of the bot's own; a sprint that somebody put one into is a touch like any other."""

    def __init__(self, session: JiraSession, live: LiveIssues) -> None:
        self._session = session
        self._live = live

    def discard(self, key: str, marker: str, *, only_labelled: bool = False) -> None:
        """Deletes an issue that carries this marker; one that is gone is no matter.

        Raises Conflict for what is not the bot's own, was touched, or (`only_labelled`) is no draft any longer.
        """
        try:
            self._refuse_if_foreign(key, marker, only_labelled)
        except Missing:
            return
        self.refuse_if_touched(key, KIND)
        self.delete(key)

    def delete(self, key: str) -> None:
        """One that is gone is no matter."""
        try:
            self._session.delete(issue_path(key), needs=f"Delete Issues on {key}")
        except Missing:
            return

    def refuse_if_touched(self, key: str, kind: str) -> None:
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
                raise Conflict(f"{key} was changed meanwhile", kind, entry.actor.name)
        for comment in comments:
            if comment.marker is None:
                raise Conflict(f"{key} has a comment", kind, comment.author.name)
        with UNDERSTOOD:
            worklog = (fields.get("worklog") or {}).get("total")
            if worklog or any(fields.get(name) for name in ("attachment", "issuelinks", "subtasks")):
                raise Conflict(f"{key} is in use", kind)

    def _refuse_if_foreign(self, key: str, marker: str, only_labelled: bool) -> None:
        params = {"fields": "creator,labels", "properties": PROPERTY}
        raw = self._session.get(issue_path(key), params, needs=f"Browse Projects for {key}")
        with UNDERSTOOD:
            creator, labels = person(raw["fields"].get("creator")), raw["fields"].get("labels") or ()
            carried = marker_of(raw.get("properties"))
        if carried != marker or creator.id != self._live.account().id:
            raise Conflict(f"{key} is not the bot's own", KIND)
        if only_labelled and DRAFT_LABEL not in labels:
            raise Conflict(f"{key} is no draft any longer", "labels")


def _keeps_a_draft(entry: HistoryEntry) -> bool:
    """Whether an entry does nothing but take the label of drafts off."""
    if [edit.field for edit in entry.edits] != ["labels"]:
        return False
    before, after = (set(labels.split()) for labels in (entry.edits[0].before, entry.edits[0].after))
    return DRAFT_LABEL in before and after == before - {DRAFT_LABEL}
