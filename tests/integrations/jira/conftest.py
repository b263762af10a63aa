"""A connection to a served sandbox, for both flavours, and what a person does there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from integrations.jira.client import JiraConnection
from integrations.jira.session import BasicAuth, BearerAuth, Patience

if TYPE_CHECKING:
    from integrations.sandbox.site import Mounted
    from integrations.sandbox.state import Tracker

FLAVOURS = {"cloud": "jira-cloud", "data_center": "jira-data-center"}


@dataclass
class World:
    """`jira` is the bot's connection; the rest is the sandbox behind it, where people act directly."""

    jira: JiraConnection
    mounted: Mounted
    cloud: bool

    @property
    def tracker(self) -> Tracker:
        return self.mounted.tracker

    def text(self, words: str) -> Any:
        """A native text of one paragraph."""
        if not self.cloud:
            return words
        content = [{"type": "paragraph", "content": [{"type": "text", "text": words}]}] if words else []
        return {"type": "doc", "version": 1, "content": content}

    def file(self, summary: str, description: Any = None, by: str = "rae", **values: Any) -> str:
        """An issue that a person files; returns its key."""
        return self.tracker.create_item(self.tracker.user(by), "SHOP", "Bug", summary, description, **values).key

    def change(self, key: str, by: str = "dana", **values: Any) -> None:
        self.tracker.change_item(self.tracker.user(by), self.id(key), values)

    def say(self, key: str, words: str, by: str = "dana") -> str:
        return str(self.tracker.add_comment(self.tracker.user(by), self.id(key), self.text(words)).id)

    def id(self, key: str) -> int:
        return self.tracker.item(key).id


@pytest.fixture(params=[("cloud", "administrator"), ("data_center", "administrator")], ids=["cloud", "data_center"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    yield from _world(*request.param)


@pytest.fixture(params=[("cloud", "plain"), ("data_center", "plain")], ids=["cloud", "data_center"])
def plain_world(request: pytest.FixtureRequest) -> Iterator[World]:
    """The same, with a bot that is no administrator."""
    yield from _world(*request.param)


def _world(flavour: Any, bot: Any) -> Iterator[World]:
    from integrations.sandbox.site import Site, serve
    from integrations.sandbox.state import Tracker

    site = Site([Tracker("jira", FLAVOURS[flavour], bot=bot)])  # type: ignore[arg-type]
    with serve(site) as served:
        cloud = flavour == "cloud"
        auth = BasicAuth("steward@corner-shop.example", "token-steward") if cloud else BearerAuth("token-steward")
        patience = Patience(first_wait=0.01, longest_wait=0.2)
        jira = JiraConnection("shop", f"{served.url}/jira", auth, flavour, patience=patience)
        yield World(jira, site["jira"], cloud)
    site.close()
