"""What is filed and what people do with it, from a seed: the same seed is the same story, whatever happens to the bot.

Each ticket is one that the rules have something to say about. Its number stands in its title, so that no two are taken
for the same, apart from twins, which are meant to be.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

Kind = Literal["story", "large", "vague", "outage", "original", "twin"]
Wish = Literal["nothing", "accept", "accept twice", "undo", "reject"]
Moment = Literal["early", "before", "any time", "after"]
"""When a person adds words to the description: before the bot has spoken, between its comment and the person's word
to it, at any time after its comment, or after it has done what it was told."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket. `edits` are the moments at which somebody adds a word of their own; `helps`: somebody asks for help.

    `twin_of` is the ticket it repeats; it is filed once the bot has commented on that one. `pause` is how many
    seconds people think before each of their acts.
    """

    number: int
    kind: Kind
    summary: str
    text: str
    wish: Wish
    edits: tuple[Moment, ...] = ()
    helps: bool = False
    twin_of: int | None = None
    pause: float = 0.5

    @property
    def type(self) -> str:
        return "Story" if self.kind in ("story", "large") else "Bug"

    def word(self, moment: Moment) -> str:
        """The word that is written at a moment, to be found again at the end."""
        return f"kettle{self.number:05d}{moment.replace(' ', '')}"


def tickets(seed: int, count: int, *, edits_at_any_time: bool = False, edits_between: bool = True) -> list[Ticket]:
    """The story of one run.

    `edits_at_any_time`: also while a write of the bot may be on its way. `edits_between`: at all between the bot's
    comment and its answer to the person's word, and of a ticket that another one may just be compared with.
    """
    chance = random.Random(seed)  # noqa: S311 - a story, nothing secret
    made: list[Ticket] = []
    originals: list[Ticket] = []
    for number in range(1, count + 1):
        kinds: tuple[Kind, ...] = ("story", "story", "large", "vague", "outage", "original")
        kind: Kind = "twin" if originals and chance.random() < 0.08 else chance.choice(kinds)
        first = originals.pop() if kind == "twin" else None
        ticket = Ticket(
            number=number,
            kind=kind,
            summary=first.summary if first else _summary(kind, number),
            text=first.text if first else _text(kind, number),
            wish=chance.choice(("nothing", "accept", "accept", "accept twice", "undo", "undo", "reject")),
            edits=_edits(chance, kind, ("any time" if edits_at_any_time else "before") if edits_between else None),
            helps=chance.random() < 0.1,
            twin_of=first.number if first else None,
            pause=chance.uniform(0.0, 1.5),
        )
        made.append(ticket)
        if kind == "original":
            originals.append(ticket)
    return made


def _edits(chance: random.Random, kind: Kind, between: Moment | None) -> tuple[Moment, ...]:
    # More words would make a vague ticket a clear one, or a twin another story: nothing could be expected of them.
    moments: list[Moment] = []
    if kind in ("story", "large") and chance.random() < 0.15:
        moments.append("early")
    if kind in ("story", "large", "outage") and chance.random() < 0.15:
        moments += [between] if between else []
    if chance.random() < 0.3 and (between is not None or kind != "original"):
        moments.append("after")
    return tuple(moments)


def _summary(kind: Kind, number: int) -> str:
    return {
        "story": f"Let buyers save cart {number}",
        "large": f"Loyalty programme {number}",
        "vague": f"Search number {number} is broken",
        "outage": f"Checkout {number} is down for all customers",
    }.get(kind, f"Export of invoices fails with error E{number:05d}")


def _text(kind: Kind, number: int) -> str:
    return {
        "story": f"As a buyer I want to save my cart. The cart must be kept for {number} days.",
        "large": (
            "As a shop owner I want a loyalty programme so that customers come back.\n\n## Tasks\n\n"
            f"- Show the points of order {number} in the account\n- Add vouchers for points\n"
            "- Send a birthday bonus by mail\n- List all bonus partners on a page\n"
            "- Import the points of the old programme"
        ),
        "outage": (
            "Open the cart and press Pay.\n\nExpected: the order is placed.\n\n"
            f"Seen: error {number}, nobody can pay since 9:00."
        ),
    }.get(kind, "It does not work. Please fix it.")
