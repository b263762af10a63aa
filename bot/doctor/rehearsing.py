"""A rehearsal on the real tracker: a scratch item is made, and what the bot does with items is done to it and undone.

It goes through the same ports as the bot's daily work. Whatever happens on the way, the item is removed at the end; of
one that could not be, for the process was killed, the label and marker are found at the next rehearsal. Two at the same
time in one project take each other's items for leftovers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.doctor.findings import remedy_for, what_is
from bot.doctor.scratch import FIRST, SECOND, comment_blocks, face, new_marker, section
from bot.doctor.stepping import Interrupted, Skipped, Step, Unlike, Walk
from bot.settings import ProjectSettings
from bot.wiring import Client
from bot.words.command_words import typed
from integrations.tracker import ACCEPT_LABEL, Missing, Receipt, TrackerError, Unintelligible, Unreachable
from languages import say, speaking
from rules.changes import FIELDS_TOUCHED, AddLabel, Change, FieldValue, SetPriority
from rules.model import WorkItem

DEFAULT_LABEL = "needs-details"
CLOSED = "the right to delete items lacks, so it is closed"


def rehearse(
    client: Client,
    project: ProjectSettings,
    tell: Callable[[Step], None],
    stopped: Callable[[], bool] = lambda: False,
    *,
    keep: bool = False,
) -> bool:
    """Walk through a rehearsal and tell each step as it ends. False if one of them failed.

    With `keep` the scratch item stays until the next rehearsal. `stopped` is asked between steps.
    """
    walk = _Rehearsal(tell, stopped, client=client, project=project)
    try:
        with speaking(project.language):
            walk.perform()
    except Interrupted:
        walk.fail("interrupted", "What was made is removed now.")
        keep = False
    finally:
        walk.clean_up(keep=keep)
    return walk.is_well


@dataclass
class _Rehearsal(Walk):
    client: Client = field(kw_only=True)
    project: ProjectSettings = field(kw_only=True)
    key: str = ""
    is_unsure: bool = False
    has_written: bool = False
    comments: list[str] = field(default_factory=list)

    def perform(self) -> None:
        if not self.step("looked for what earlier rehearsals left", self._sweep):
            return
        self.go_on()
        if not self.step("made a scratch item", self._create):
            return
        self.walk("read it back", self._read)
        if self.walk("posted a comment and found it by its marker", self._comment):
            self.walk("edited the comment in place", self._edit)
        self._change("a label", AddLabel(self.project.vague_label or DEFAULT_LABEL), self._has_label)
        added = section()
        self._change("a section of the description", added, lambda item: added.heading in item.description)
        self.walk("read in its history who has changed it", self._history)
        if priority := self._priority():
            self._change("a priority", priority, lambda item: item.priority == priority.new)
        self.walk("asked whether a person may edit it", self._ask)

    def clean_up(self, *, keep: bool) -> None:
        """Remove what was made. Never asks whether to stop."""
        if keep and self.key:
            self.told("skipped", f"{self.key} is kept, until the next rehearsal", 0.0)
            return
        for comment in self.comments:
            self.step("deleted the comment", lambda comment=comment: self._take_back(comment))  # type: ignore[misc]
        if self.key:
            self.step(f"deleted {self.key}", self._remove)
        elif self.is_unsure:
            self.step("looked for what was made although no answer came", self._look_again)

    def _sweep(self) -> str | None:
        done = [self._swept(key) for key in self.client.rehearser.leftovers(self.project.key)]
        return ", ".join(done) or None

    def _swept(self, key: str) -> str:
        if words := self._left_alone(key):
            return words
        return f"{key} is deleted" if self.client.rehearser.remove(key) else f"{key}: {CLOSED}"

    def _create(self) -> str:
        values = tuple(FieldValue(name, value) for name, value in self.project.required_fields.items())
        try:
            self.key = self.client.rehearser.create(self.project.key, self.project.scope, values)
        except (Unreachable, Unintelligible):
            self.is_unsure = True
            raise
        return self.key

    def _look_again(self) -> str:
        found = self._sweep()
        if found is None:
            raise Skipped("Nothing is to be seen. The tracker's index may be late: the next rehearsal looks again.")
        return found

    def _read(self) -> str | None:
        item = self._item()
        if item.project.casefold() != self.project.key.casefold():
            raise Unlike("it is in another project")
        return f"the tracker has assigned it to {item.assignee.name}, who may get mail" if item.assignee else None

    def _comment(self) -> None:
        marker = new_marker()
        made = self.client.commenter.post(self.key, comment_blocks(FIRST), marker, only_for=self.project.comments_for)
        self.comments.append(made)
        if self.client.commenter.find(self.key, marker) != made:
            raise Unlike("it is not found by its marker")
        self._see(made, FIRST)

    def _edit(self) -> None:
        made, audience = self.comments[0], self.project.comments_for
        self.client.commenter.edit(self.key, made, comment_blocks(SECOND), new_marker(), only_for=audience)
        self._see(made, SECOND)

    def _see(self, comment: str, words: str) -> None:
        texts = [one.text for one in self.client.reader.comments(self.key) if one.id == comment]
        if not any(say(words) in text and typed("accept", 1) in text for text in texts):
            raise Unlike("its text is read back otherwise")

    def _change(self, name: str, change: Change, is_seen: Callable[[WorkItem], bool]) -> None:
        receipts: list[Receipt] = []
        before = self._known(name)
        if before is None:
            return

        def write() -> None:
            expected = {name: before.digests[name] for name in FIELDS_TOUCHED[change.kind] if name in before.digests}
            plan = self.client.applier.plan(self.key, change, expected, new_marker())
            receipts.append(self.client.applier.perform(plan))
            self.has_written = True
            if not is_seen(self._item()):
                raise Unlike("it is not to be seen on the item")

        def undo() -> None:
            self.client.applier.perform(self.client.applier.plan_undo(receipts[0], new_marker()))
            if face(self._item()) != face(before):
                raise Unlike("the item is not as it was before")

        self.walk(f"wrote {name}", write)
        if receipts:
            self.walk(f"undid {name}", undo)

    def _known(self, name: str) -> WorkItem | None:
        """The item as it is; None where it cannot be read, which is told."""
        found: list[WorkItem] = []
        try:
            found.append(self._item())
        except TrackerError as error:
            self.fail(f"wrote {name}: {what_is(error)}", remedy_for(error))
        return next(iter(found), None)

    def _has_label(self, item: WorkItem) -> bool:
        return (self.project.vague_label or DEFAULT_LABEL) in item.labels

    def _priority(self) -> SetPriority | None:
        try:
            now = self._item().priority
            known = self.client.reader.vocabulary(self.project.key).priorities
        except TrackerError as error:
            self.fail(f"wrote a priority: {what_is(error)}", remedy_for(error))
            return None
        others = [one for one in known if one != now]
        if now is None or not others:
            self.told("skipped", "wrote a priority", 0.0, "The item has none, or the project knows no other.")
            return None
        return SetPriority(now, others[0])

    def _history(self) -> None:
        if not self.has_written:
            raise Skipped("Nothing was written that it could name.")
        mine = self.client.people.me().id.casefold()
        entries = self.client.reader.history(self.key)
        if not any(entry.actor.id.casefold() == mine and entry.edits for entry in entries):
            raise Unlike("its history does not name the bot's account")

    def _ask(self) -> str:
        me = self.client.people.me()
        if me.is_app:
            raise Skipped("The bot's account is no person's: steward doctor tries it on somebody else's item.")
        right = self.client.people.may_edit(me, self.key)
        if right.allowed is None:
            lists = self.project.accept_people or self.project.accept_groups
            others = (
                "those under accept_people and accept_groups decide" if lists else f"the label {ACCEPT_LABEL} decides"
            )
            raise Skipped(f"The bot may not ask: {others}. What stands in the way: {right.missing.rstrip('.')}.")
        return "it may" if right.allowed else "it may not"

    def _take_back(self, comment: str) -> None:
        if not self.client.rehearser.take_back(self.key, comment):
            raise Skipped("The right to delete one's own comments lacks; the bot does not need it.")

    def _remove(self) -> None:
        if words := self._left_alone(self.key):
            raise Unlike(words, "Delete it by hand when you have read that.")
        try:
            is_gone = self.client.rehearser.remove(self.key)
        except TrackerError as error:
            raise Unlike(
                what_is(error), f"{self.key} remains: the next rehearsal removes it. {remedy_for(error)}"
            ) from None
        if not is_gone:
            raise Skipped(f"{CLOSED}; the bot does not need that right. Delete it by hand.")
        try:
            self._item()
        except Missing:
            return
        raise Unlike("it is still there", "Delete it by hand.")

    def _left_alone(self, key: str) -> str:
        """Why an item is not removed: what a person says is never deleted. Empty where it may be."""
        mine = self.client.people.me().id.casefold()
        try:
            others = [one for one in self.client.reader.comments(key) if one.author.id.casefold() != mine]
        except Missing:
            return ""
        return f"{others[0].author.name} has commented on {key}, so it stays" if others else ""

    def _item(self) -> WorkItem:
        return self.client.reader.fetch(self.key)
