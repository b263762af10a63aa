"""One change of one item under a test of its revision, made once however often it is tried.

Where the test fails the item is read again: if what is to be changed is still as it was, the write is tried again,
otherwise a person was faster and the write is given up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from integrations.azure_devops import parts
from integrations.azure_devops.reader import AzureDevOpsReader, number
from integrations.azure_devops.writing.taken import wanting, wrong_value
from integrations.tracker import Conflict, FieldEdit, HistoryEntry, Incomplete, Invalid, Plan, Receipt

if TYPE_CHECKING:  # importing it for real needs the package's cache directory to be named first
    from collections.abc import Iterator

    from integrations.azure_devops.sdk import Session

Raw = Mapping[str, Any]
Operations = Sequence[Mapping[str, Any]]
Attempt = Callable[[Raw], Receipt]

_TRIES = 5


class Edits:
    """What all writes of items share. `own_id` gives the identity of the bot's account."""

    def __init__(self, session: Session, reader: AzureDevOpsReader, own_id: Callable[[], str]) -> None:
        self.session = session
        self.reader = reader
        self.processes = reader.processes
        self._own_id = own_id

    def item(self, key: str) -> Raw:
        """The item as it is now."""
        return self.session.item(number(key))

    def perform(self, plan: Plan, attempt: Attempt) -> Receipt:
        """Lets `attempt` look at the live item and write, again where the item has moved in between."""
        for _ in range(_TRIES):
            try:
                return attempt(self.item(plan.item))
            except Conflict as conflict:
                if conflict.field != "rev":
                    raise
        raise Conflict("the item does not come to rest", plan.field)

    def write(self, raw: Raw, operations: Operations) -> tuple[Raw, tuple[str, ...]]:
        """Writes under a test of the revision; returns the item as written and the revision that it made."""
        with self.in_words_of(raw, operations):
            written = self.session.patch(parts.number_of(raw), parts.revision_of(raw), operations)
        return written, (str(parts.revision_of(written)),)

    def attempt(self, raw: Raw, operations: Operations) -> Raw | None:
        """Tries a write without making it. Raises what the write would raise.

        None where the server does not know how, or where the item has moved: then the write itself will tell.
        """
        if not self.session.knows_trials():
            return None
        try:
            with self.in_words_of(raw, operations):
                return self.session.patch(parts.number_of(raw), parts.revision_of(raw), operations, only_try=True)
        except Conflict:
            return None

    @contextmanager
    def in_words_of(self, raw: Raw, operations: Operations) -> Iterator[None]:
        """Names the fields that a rule wants filled in, or filled otherwise, as the item's project calls them."""
        try:
            yield
        except Incomplete as error:
            words = self.processes.words(*parts.place_of(parts.fields_of(raw)))
            raise wanting(str(error), words.fields, error.fields) from None
        except Invalid as error:
            sent = {str(one["path"]).removeprefix("/fields/"): one.get("value") for one in operations}
            known = self.processes.fields(*parts.place_of(parts.fields_of(raw)))
            raise wrong_value(error, self.processes, known, sent) from None

    def last_editor(self, key: str, field: str) -> str:
        """The name of who changed a field last; empty where the history does not tell."""
        for entry in reversed(self.reader.history(key)):
            if any(edit.field == field for edit in entry.edits):
                return entry.actor.name
        return ""

    def changed(self, key: str, field: str) -> Conflict:
        """The error for a field that a person has changed."""
        return Conflict(f"the {field} is no longer as it was", field, self.last_editor(key, field))

    def own_entry(self, key: str, field: str, is_it: Callable[[FieldEdit], bool]) -> HistoryEntry | None:
        """The latest history entry of a kind, if the bot's account made it."""
        for entry in reversed(self.reader.history(key)):
            if any(edit.field == field and is_it(edit) for edit in entry.edits):
                own = not entry.actor.id or entry.actor.id.lower() == self._own_id().lower()
                return entry if own else None
        return None


def nothing(plan: Plan) -> Receipt:
    """The receipt of a plan that has nothing to do."""
    return Receipt(plan.item, plan.kind, plan.field)
