"""The people of a scenario: they file tickets on schedule, and act on what the bot says, each a while later."""

from __future__ import annotations

import heapq
import itertools
import queue
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from integrations.sandbox.records import Happening
from tests import texts
from tests.chaos.scenario import Moment, Ticket
from tests.chaos.stage import Stage

BOT = "steward"
_NUMBER = re.compile(r"(?m)^\s*(\d+)\. ")
_OUTCOME = re.compile(r"(accepted|rejected|undone) by|not applied")


@dataclass
class Life:
    """What has become of one ticket. `said` are the words that decided on change `number`, in order."""

    ticket: Ticket
    item: int
    commented: bool = False
    number: int | None = None
    said: list[str] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    edited_since_shown: bool = False


class People:
    """They act in a thread of their own. `rate` is in tickets a second."""

    def __init__(self, stage: Stage, tickets: Iterable[Ticket], rate: float) -> None:
        self.stage, self.tracker = stage, stage.tracker
        self.lives: dict[int, Life] = {}
        self._by_number: dict[int, Life] = {}
        self._waiting: dict[int, Ticket] = {}
        self._acts: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._heard: queue.SimpleQueue[Happening | None] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._live, name="people", daemon=True)
        self._tickets, self._rate = list(tickets), rate
        self.broken: BaseException | None = None
        self.tracker.subscribe(self._hear)

    def start(self) -> None:
        position = 0
        for ticket in self._tickets:
            if ticket.twin_of is not None:
                self._waiting[ticket.twin_of] = ticket
                continue
            self._later(position / self._rate, lambda ticket=ticket: self._file(ticket))  # type: ignore[misc]
            position += 1
        self._thread.start()

    def stop(self) -> None:
        self._closed.set()
        self._heard.put(None)
        self._thread.join(10)

    @property
    def filed(self) -> int:
        return len(self.lives)

    @property
    def commented(self) -> int:
        return sum(life.commented for life in list(self.lives.values()))

    def through(self) -> bool:
        """Whether all is filed and nobody is about to do anything. Raises what has befallen the people."""
        if self.broken is not None:
            raise RuntimeError("the people of the scenario have stopped") from self.broken
        return not self._acts and not self._waiting and self._heard.empty() and self.filed == len(self._tickets)

    # their life

    def _hear(self, happening: Happening) -> None:
        if happening.actor.name == BOT and happening.kind in ("commented", "comment_edited"):
            self._heard.put(happening)

    def _live(self) -> None:
        try:
            while not self._closed.is_set():
                wait = max(0.0, self._acts[0][0] - time.monotonic()) if self._acts else 1.0
                try:
                    happening = self._heard.get(timeout=wait)
                except queue.Empty:
                    happening = None
                if happening is not None:
                    self._read(happening)
                while self._acts and self._acts[0][0] <= time.monotonic():
                    self._acts[0][2]()
                    heapq.heappop(self._acts)
        except BaseException as error:  # noqa: BLE001 - told by `through`, in the thread that asks
            self.broken = error

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._acts, (time.monotonic() + seconds, next(self._count), act))

    def _file(self, ticket: Ticket) -> None:
        kind = "User Story" if ticket.type == "Story" and self.stage.flavour == "azure-devops" else ticket.type
        scheme = self.tracker.terms("priority")
        values: dict[str, Any] = {"priority": scheme[-1].name} if ticket.kind == "outage" else {}
        body = texts.native(self.stage.flavour, ticket.text)
        with self.tracker.transaction():  # nobody hears of it before it is written down here
            rae = self.tracker.user("rae")
            item = self.tracker.create_item(rae, self.stage.project, kind, ticket.summary, body, **values)
            self.lives[item.id] = self._by_number[ticket.number] = Life(ticket, item.id)
        if "early" in ticket.edits:
            self._later(ticket.pause / 4, lambda: self._edit(self.lives[item.id], "early"))

    def _read(self, happening: Happening) -> None:
        life = self.lives.get(happening.item.id)
        comment = happening.comment
        if life is None or comment is None:
            return
        text = texts.seen(self.stage.flavour, comment.body, comment.format)
        if not text.startswith("Steward:"):
            return
        if not life.commented and (found := _NUMBER.search(text)):
            life.commented, life.number = True, int(found[1])
            self._decide(life)
        elif life.said and (outcome := _OUTCOME.search(text)) and outcome[0] not in life.outcomes:
            life.outcomes.append(outcome[0])
            self._go_on(life)

    def _decide(self, life: Life) -> None:
        """The bot has spoken for the first time."""
        ticket = life.ticket
        if (twin := self._waiting.pop(ticket.number, None)) is not None:
            self._later(ticket.pause, lambda: self._file(twin))
        if ticket.helps:
            self._later(ticket.pause / 2, lambda: self._say("rae", life, "steward help"))
        if "before" in ticket.edits:
            self._later(ticket.pause / 2, lambda: self._edit(life, "before"))
        if "any time" in ticket.edits:
            # A moment after the word, when the bot is about to write.
            self._later(ticket.pause * 1.05, lambda: self._edit(life, "any time"))
        if ticket.wish == "nothing":
            if "after" in ticket.edits:
                self._later(ticket.pause, lambda: self._edit(life, "after"))
            return
        word = "reject" if ticket.wish == "reject" else "accept"
        self._later(ticket.pause, lambda: self._decree("dana", life, word))
        if ticket.wish == "accept twice":
            self._later(ticket.pause + 0.02, lambda: self._decree("lee", life, word))

    def _go_on(self, life: Life) -> None:
        """The bot has said what came of a word."""
        ticket = life.ticket
        if ticket.wish == "undo" and life.said == ["accept"] and life.outcomes[-1] == "accepted by":
            self._later(ticket.pause, lambda: self._decree("dana", life, "undo"))
        elif "after" in ticket.edits and ticket.word("after") not in life.written:
            life.written.append(ticket.word("after"))
            self._later(ticket.pause, lambda: self._edit(life, "after"))

    def _decree(self, who: str, life: Life, word: str) -> None:
        life.said.append(word)
        self._say(who, life, f"steward {word} {life.number}")

    def _say(self, who: str, life: Life, text: str) -> None:
        body = texts.native(self.stage.flavour, text)
        self.tracker.add_comment(self.tracker.user(who), life.item, body)

    def _edit(self, life: Life, moment: Moment) -> None:
        """Lee adds a word below what stands there, as one act."""
        word, flavour = life.ticket.word(moment), self.stage.flavour
        with self.tracker.transaction():
            body = texts.below(flavour, self.tracker.item(life.item).description, f"Lee has seen the {word} too.")
            self.tracker.change_item(self.tracker.user("lee"), life.item, {"description": body})
        if word not in life.written:
            life.written.append(word)
        life.edited_since_shown = life.edited_since_shown or life.commented
