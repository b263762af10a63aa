"""The main job, walked without a person: a ticket is filed, the bot comments, people answer, and it is all checked.

People act through the sandbox as the tracker would let them; what the bot did is read from the tracker alone.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from integrations.sandbox.markup import to_html
from integrations.sandbox.records import Comment, Item
from integrations.sandbox.site import Mounted
from integrations.sandbox.state import Tracker

CRITERIA_FIELD = "Microsoft.VSTS.Common.AcceptanceCriteria"  # of Azure DevOps
PATIENCE_SECONDS = 30.0
LOOK_AGAIN_SECONDS = 0.05

VAGUE = ("Search is broken", "It does not work. Please fix it.")
URGENT = (
    "Checkout is down for all customers",
    "Open the cart and press Pay.\n\nExpected: the order is placed.\n\nSeen: error 500, nobody can pay since 9:00.",
)
STORY = (
    "Let buyers save their cart",
    "As a buyer I want to save my cart so that I can go on later on another device.\n\n"
    "The cart must be kept for 30 days. A saved cart should show the prices of today. "
    "If an item is sold out, the buyer should see a note in its place.",
)


class NotSeen(Exception):
    """What a step waited for did not come."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a walk."""

    name: str
    ok: bool
    seconds: float
    why: str = ""


@dataclass(slots=True)
class Walk:
    """The steps of one flavour."""

    name: str
    steps: list[Step] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return bool(self.steps) and all(step.ok for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        steps = [{"name": step.name, "ok": step.ok, "seconds": round(step.seconds, 2)} for step in self.steps]
        return {"name": self.name, "steps": steps}


def walk_all(
    mounted: list[Mounted],
    project: Callable[[Mounted], str],
    tell: Callable[[str, Step], None],
    stopped: threading.Event,
) -> list[Walk]:
    """Walk all flavours side by side until `stopped` is set; `tell` hears of each step as it ends."""
    with ThreadPoolExecutor(len(mounted)) as pool:
        return list(pool.map(lambda each: _Walker(each, project(each), tell, stopped).walk(), mounted))


class _Walker:
    """One flavour's walk."""

    def __init__(
        self, mounted: Mounted, project: str, tell: Callable[[str, Step], None], stopped: threading.Event
    ) -> None:
        self.tracker: Tracker = mounted.tracker
        self.project, self._tell, self._stopped = project, tell, stopped
        self.result = Walk(self.tracker.flavour)
        self.vague: Item
        self.story: Item
        self.urgent: Item

    def walk(self) -> Walk:
        for name, step in (
            ("file a vague ticket, a story and an urgent bug", self._file),
            ("the bot comments once on each", self._comments),
            ("a person without rights is refused", self._refused),
            ("a person with rights accepts a change", self._accepted),
            ("undo takes it back", self._undone),
            ("a person edits first: the bot yields", self._yields),
            ("nothing was said twice", self._once),
        ):
            began = time.monotonic()
            try:
                step()
                done = Step(name, True, time.monotonic() - began)
            except NotSeen as missing:
                done = Step(name, False, time.monotonic() - began, str(missing))
            self.result.steps.append(done)
            self._tell(self.result.name, done)
            if not done.ok:
                break
        return self.result

    def _file(self) -> None:
        self.vague = self._create("Bug", *VAGUE)
        self.urgent = self._create("Bug", *URGENT)
        self.story = self._create("User Story" if self.tracker.flavour == "azure-devops" else "Story", *STORY)

    def _create(self, kind: str, summary: str, text: str) -> Item:
        rae = self.tracker.user("rae")
        lowest = self.tracker.terms("priority")[-1].name
        return self.tracker.create_item(rae, self.project, kind, summary, self._native(text), priority=lowest)

    def _native(self, text: str) -> Any:
        if self.tracker.flavour == "jira-cloud":
            paragraphs = [
                {"type": "paragraph", "content": [{"type": "text", "text": part}]} for part in text.split("\n\n")
            ]
            return {"version": 1, "type": "doc", "content": paragraphs}
        if self.tracker.flavour == "azure-devops":
            return "".join(f"<div>{part}</div>" for part in text.split("\n\n"))
        return text

    def _comments(self) -> None:
        for item in (self.vague, self.story, self.urgent):
            self._wait(f"a proposal on {item.key}", lambda item=item: self._proposal(item))  # type: ignore[misc]  # bound now

    def _refused(self) -> None:
        before = self._written(self.story)
        self._say("rae", self.story, f"steward accept {self._number(self.story, 'Acceptance criteria')}")
        self._wait("an answer to the person without rights", lambda: self._answer(self.story))
        if self._written(self.story) != before:
            raise NotSeen("the item was changed by a person without rights")

    def _accepted(self) -> None:
        number, self.before = self._number(self.story, "Acceptance criteria"), self._written(self.story)
        self._say("dana", self.story, f"steward accept {number}")
        self._wait("the criteria on the item", lambda: self._has_criteria(self.story))
        self._wait("the comment saying so", lambda: "accepted by Dana" in self._text(self._proposal(self.story)))

    def _undone(self) -> None:
        number = self._number(self.story, "Acceptance criteria")
        self._say("dana", self.story, f"steward undo {number}")
        self._wait("the item's text as it was", lambda: self._written(self.story) == self.before)
        self._wait("the comment saying so", lambda: "undone by Dana" in self._text(self._proposal(self.story)))

    def _yields(self) -> None:
        number = self._number(self.urgent, "Priority")
        theirs = self.tracker.terms("priority")[-2].name
        self.tracker.change_item(self.tracker.user("lee"), self.urgent.id, {"priority": theirs})
        self._say("dana", self.urgent, f"steward accept {number}")
        self._wait("the comment yielding", lambda: "not applied" in self._text(self._proposal(self.urgent)))
        if self.tracker.item(self.urgent.id).priority != theirs:
            raise NotSeen("a person's edit was overwritten")

    def _once(self) -> None:
        for item, most in ((self.vague, 1), (self.story, 2), (self.urgent, 1)):
            if len(self._own(item)) > most:
                raise NotSeen(f"{len(self._own(item))} comments of the bot on {item.key}")

    def _say(self, who: str, item: Item, text: str) -> None:
        body = self._native(text)
        self.tracker.add_comment(self.tracker.user(who), item.id, body)

    def _own(self, item: Item) -> list[Comment]:
        return [comment for comment in self.tracker.comments(item.id) if comment.author == "steward"]

    def _proposal(self, item: Item) -> Comment | None:
        return next((comment for comment in self._own(item) if "Steward:" in self._text(comment)), None)

    def _answer(self, item: Item) -> Comment | None:
        return next((comment for comment in self._own(item) if "Nothing was changed" in self._text(comment)), None)

    def _written(self, item: Item) -> tuple[Any, Any]:
        """The description and, where the product has a field of its own for them, the criteria."""
        current = self.tracker.item(item.id)
        return current.description, current.fields.get(CRITERIA_FIELD) or None

    def _has_criteria(self, item: Item) -> bool:
        return self._written(item)[1] is not None or "Acceptance criteria" in self._description(item)

    def _description(self, item: Item) -> str:
        current = self.tracker.item(item.id)
        return _plain(to_html(self.tracker.flavour, current.description, current.formats.get("description", "html")))

    def _text(self, comment: Comment | None) -> str:
        return _plain(to_html(self.tracker.flavour, comment.body, comment.format)) if comment else ""

    def _number(self, item: Item, title: str) -> int:
        found = re.search(rf"(\d+)\. {re.escape(title)}", self._text(self._proposal(item)))
        if found is None:
            raise NotSeen(f"no suggestion {title!r} on {item.key}")
        return int(found.group(1))

    def _wait(self, what: str, seen: Callable[[], Any]) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while not seen():
            if time.monotonic() > until:
                raise NotSeen(f"waited {PATIENCE_SECONDS:.0f} s for {what}")
            if self._stopped.wait(LOOK_AGAIN_SECONDS):
                raise NotSeen(f"interrupted while waiting for {what}")


def _plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))
