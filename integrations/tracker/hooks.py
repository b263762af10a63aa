"""The tracker's own list of webhooks: the port, and what it amounts to beside what a connection wants. Pure.

A hook is ours if it leads to the connection's own address. Nothing else is ever touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import SplitResult, urlsplit

from integrations.tracker.webhook import WebhookSecret

HookState = Literal["on", "on probation", "off"]
StandingState = Literal["present", "on probation", "off", "not signed", "filtered", "elsewhere", "missing"]


@dataclass(frozen=True, slots=True)
class Target:
    """What a connection wants to hear, and where. `projects` are the keys (Azure DevOps: names) of the settings.

    `url` is the whole address that deliveries go to, or only its path where the bot's own address is not known.
    """

    connection: str
    url: str
    projects: tuple[str, ...]
    secret: WebhookSecret

    def is_here(self, url: str) -> bool:
        """Whether a hook leads to this connection."""
        if not urlsplit(self.url).netloc:
            return self.is_path(url)
        here, there = urlsplit(self.url), _split(url)
        return there is not None and (here.scheme, here.netloc.lower(), here.path) == (
            there.scheme,
            there.netloc.lower(),
            there.path.rstrip("/"),
        )

    def is_path(self, url: str) -> bool:
        """Whether a hook leads to a connection of that name, of this bot or of another one."""
        there = _split(url)
        own = "/".join(urlsplit(self.url).path.rsplit("/", 3)[1:])
        return there is not None and there.path.rstrip("/").endswith(f"/{own}")


@dataclass(frozen=True, slots=True)
class Wish:
    """One hook that there should be. `project` is empty where one hook covers all projects of the target."""

    events: tuple[str, ...]
    project: str = ""


@dataclass(frozen=True, slots=True)
class Hook:
    """One hook that there is. `signed` None: the tracker does not tell. `filter` is the tracker's own query.

    `project` is empty for all projects. `trouble` is how its last delivery failed, where the tracker tells; `unlike` is
    set where we answered it with 401: what it signs in with is not what the settings say.
    """

    id: str
    url: str
    events: tuple[str, ...]
    project: str = ""
    state: HookState = "on"
    signed: bool | None = None
    filter: str = ""
    trouble: str = ""
    unlike: bool = False


class Hooks(Protocol):
    """Sees to the tracker's webhooks; all but `wishes` and `clicks` may raise TrackerError.

    Refused and Missing mean that this account may not, or that this product cannot.
    """

    def wishes(self, target: Target) -> tuple[Wish, ...]:
        """What there should be."""

    def found(self, target: Target) -> tuple[Hook, ...]:
        """All that this account may see, those of others too."""

    def install(self, target: Target, wish: Wish, hook: Hook | None = None) -> None:
        """Make a hook, or make the one that is there on, signed and complete. Not repeatable without a look."""

    def clicks(self, target: Target) -> tuple[str, ...]:
        """What a person does in the product instead, line by line. Holds no secret."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How one event of one project fares. `hook` is ours that there is, if any."""

    event: str
    project: str
    state: StandingState
    hook: Hook | None = None
    detail: str = ""

    @property
    def is_well(self) -> bool:
        """Whether it is heard."""
        return self.state == "present"


def standings(target: Target, wish: Wish, hooks: Sequence[Hook]) -> tuple[Standing, ...]:
    """How each event of a wish fares."""
    return tuple(_standing(target, wish, event, hooks) for event in wish.events)


def ours(target: Target, hooks: Sequence[Hook]) -> Iterator[Hook]:
    """Those that lead here."""
    return (hook for hook in hooks if target.is_here(hook.url))


def to_mend(target: Target, wish: Wish, hooks: Sequence[Hook]) -> Hook | None:
    """The hook of ours that can be made to fulfil a wish; None if one has to be made."""
    own = [hook for hook in ours(target, hooks) if hook.project == wish.project]
    told = [hook for hook in own if set(hook.events) & set(wish.events)]
    return next(iter(told), None)


def to_sign(target: Target, hooks: Sequence[Hook]) -> tuple[Hook, ...]:
    """All of ours, where one of them signs in with what the settings do not say; else none.

    No tracker reads a password back: the others may be as wrong, and have had nothing to tell since.
    """
    own = tuple(ours(target, hooks))
    return own if any(hook.unlike for hook in own) else ()


def _standing(target: Target, wish: Wish, event: str, hooks: Sequence[Hook]) -> Standing:
    telling = [hook for hook in hooks if event in hook.events and hook.project in ("", wish.project)]
    own = [_of_ours(target, wish, event, hook) for hook in ours(target, telling)]
    if own:
        return min(own, key=lambda standing: not standing.is_well)
    elsewhere = next((hook for hook in telling if target.is_path(hook.url)), None)
    if elsewhere is not None:
        return Standing(event, wish.project, "elsewhere", detail=f"one leads to {urlsplit(elsewhere.url).netloc}")
    return Standing(event, wish.project, "missing")


def _of_ours(target: Target, wish: Wish, event: str, hook: Hook) -> Standing:
    if hook.state != "on":
        return Standing(event, wish.project, hook.state, hook, hook.trouble)
    if hook.signed is False:
        return Standing(event, wish.project, "not signed", hook)
    if left_out := _left_out(target, hook):
        return Standing(event, wish.project, "filtered", hook, f"its filter does not name {', '.join(left_out)}")
    detail = "whether it is signed, the tracker does not tell" if hook.signed is None else hook.trouble
    return Standing(event, wish.project, "present", hook, detail)


def _left_out(target: Target, hook: Hook) -> list[str]:
    named = {word.casefold() for word in re.findall(r"\w+", hook.filter)}
    return [key for key in target.projects if hook.filter and key.casefold() not in named]


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None
