"""A command that a person gave: whose it is, where the answer goes, and whether they may."""

from __future__ import annotations

from dataclasses import dataclass

from bot import answers
from bot.flows import rights, speaking
from bot.flows.desk import AcceptanceDesk, Project
from bot.store import audit
from bot.telemetry import metrics
from integrations.blocks import Blocks
from integrations.tracker import Comment, Right
from rules.model import Person, WorkItem


@dataclass(frozen=True, slots=True)
class Word:
    """One command of one person, with what identifies it for ever; `asked` is the command as the bot writes it."""

    desk: AcceptanceDesk
    project: Project
    item: WorkItem
    person: Person
    comment: Comment
    cause: str
    asked: str = ""

    def answer(self, lines: Blocks, *, about: str = "") -> None:
        """Tell the person, in the item's answer comment."""
        speaking.answer(self.desk, self.item, f"{self.cause}:{about}", self.person, lines, self.asked)

    def help(self) -> None:
        """Tell the person what can be typed, and who may."""
        decides = rights.who_decides(self.desk, self.project, self.person, self.item)
        self.answer(answers.help_answer(decides, self.project.key))

    def may_edit(self, *, accepting: bool = False) -> bool:
        """Ask for the right; a refusal is told to the person who asked."""
        return self._allowed(rights.may_edit(self.desk, self.project, self.person, self.item, accepting=accepting))

    def may_reject(self) -> bool:
        """As `may_edit`, for a no."""
        return self._allowed(rights.may_reject(self.desk, self.project, self.person, self.item))

    def _allowed(self, right: Right) -> bool:
        if not right.allowed:
            self.refuse(right.missing)
        return bool(right.allowed)

    def refuse(self, missing: str, *, about: str = "refused") -> None:
        """Tell the person what is missing, and record it."""
        self.answer(answers.refusal(missing), about=about)
        metrics.decisions.labels(self.desk.connection, "refused").inc()
        with self.desk.db.write() as session:
            subject = f"{self.desk.connection}:{self.item.id}"
            content = {"by": self.person.id, "missing": missing, "comment": self.comment.id}
            audit.record(session, "refused", subject, content, self.desk.now())
