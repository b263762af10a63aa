"""An issue as it is at this moment: its values, who edited them, and which history entries are the bot's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.items import native
from integrations.jira.reader import JiraReader
from integrations.jira.search import issue_path
from integrations.jira.session import JiraSession
from integrations.tracker import Comment, Conflict, HistoryEntry, Refused, TrackerError
from rules.model import Person

_EXTRA = frozenset({"estimate", "acceptance_criteria"})


class LiveIssues:
    """Direct reads and plain writes of single issues; no value is remembered.

    `quiet`: fields are written without mail, as far as the account may: on Data Center the edit of the comment that
    tells of it is mailed to the same people, and cannot be silenced.
    """

    def __init__(
        self, session: JiraSession, reader: JiraReader, account: Callable[[], Person], *, quiet: bool = False
    ) -> None:
        self._quiet = quiet
        self._must_tell: set[str] = set()
        self._session = session
        self._reader = reader
        self.account = account

    def fields(self, key: str, *names: str) -> Mapping[str, Any]:
        """The native values of these fields, by Jira's ids or by words of rules.model."""
        ids = [identity for name in names for identity in self.extra_ids(name)]
        params = {"fields": ",".join(dict.fromkeys(ids))}
        answer = self._session.get(issue_path(key), params, needs=f"Browse Projects for {key}")
        with UNDERSTOOD:
            fields: Mapping[str, Any] = {**answer["fields"]}
        return fields

    def extra_ids(self, word: str) -> tuple[str, ...]:
        """The fields of Jira that a word stands for; none where the site has no such field."""
        return self._reader.extra().ids(word) if word in _EXTRA else (word,)

    def native(self, fields: Mapping[str, Any], name: str) -> Any:
        """What is compared and digested of a field, out of these native values."""
        with UNDERSTOOD:
            return native(fields, name, self._reader.extra())

    def set(self, key: str, name: str, value: Any) -> None:
        """Writes one field; never repeated, because a person may have edited between two tries."""
        self._write(key, {"fields": {name: value}}, repeatable=False)

    def edit_screen(self, key: str) -> Mapping[str, Any]:
        """Id -> description of the fields that the bot may set on this item."""
        answer = self._session.get(issue_path(key, "editmeta"), needs=f"Edit Issues on {key}")
        with UNDERSTOOD:
            screen: Mapping[str, Any] = {**(answer["fields"] or {})}
        return screen

    def amend(self, key: str, name: str, verbs: Sequence[Mapping[str, Any]]) -> None:
        """Adds or removes single entries of a list and leaves the others to whoever edits them; repeatable."""
        body = {"update": {name: [dict(verb) for verb in verbs]}}
        self._write(key, body, repeatable=True)

    def _write(self, key: str, body: Mapping[str, Any], *, repeatable: bool) -> None:
        needs, project = f"Edit Issues on {key}", key.partition("-")[0]
        if self._quiet and project not in self._must_tell:
            try:
                quiet = {"notifyUsers": "false"}
                self._session.put(issue_path(key), body, quiet, needs=needs, repeatable=repeatable)
            except Refused:
                self._must_tell.add(project)  # silence takes the right to administer the project
            else:
                return
        self._session.put(issue_path(key), body, needs=needs, repeatable=repeatable)

    def history(self, key: str) -> tuple[HistoryEntry, ...]:
        return self._reader.history(key)

    def comments(self, key: str) -> tuple[Comment, ...]:
        return self._reader.comments(key)

    def conflict(self, key: str, field: str) -> Conflict:
        """The Conflict for a field that is not as it was, naming who edited it last where the history tells."""
        by = ""
        try:
            for entry in self.history(key):
                if any(edit.field == field for edit in entry.edits):
                    by = entry.actor.name
        except TrackerError:
            by = ""
        return Conflict(f"{field} of {key} was changed meanwhile", field, by)

    def entries(self, key: str) -> frozenset[str]:
        """The ids of the history so far, to tell afterwards what a write has added."""
        return frozenset(entry.id for entry in self.history(key))

    def writes(self, key: str, field: str, before: frozenset[str] | None = None) -> tuple[str, ...]:
        """The bot's history entries on a field: those not in `before`, or the last one where that is not known."""
        mine = self.account().id
        own = [
            entry.id
            for entry in self.history(key)
            if entry.actor.id == mine and any(edit.field == field for edit in entry.edits)
        ]
        return tuple(own[-1:]) if before is None else tuple(entry for entry in own if entry not in before)
